"""The log of a run shows what every address had at once and within a second."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from cityshield.adapters.history import asked
from cityshield.adapters.history.asked import AskedLog, politeness_of
from cityshield.adapters.sites.log import Line
from cityshield.vocabulary.errors import StoreError


def line(began: float, took: float, address: str, status: int = 200) -> Line:
    return Line(began, began + took, address, "town.example", "/", status)


def test_what_a_log_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "SEGMENT_LINES", 4)
    log, now = AskedLog(tmp_path, 2, 3.0), time.monotonic()
    for number in range(5):  # one after the other, five a second
        log.note(line(now + number / 5, 0.2, "192.0.2.1"))
    log.note(line(now, 5.0, "192.0.2.2"))
    log.note(line(now + 1, 5.0, "192.0.2.2"))
    log.note(line(now + 5, 1.0, "192.0.2.2", 0))
    log.close()
    assert not list(tmp_path.glob("*.jsonl"))
    shown = politeness_of(tmp_path)
    assert shown is not None
    assert (shown.lines, shown.addresses) == (8, 2)
    assert (shown.at_once, shown.worst_at_once) == (2, "192.0.2.2")
    assert (shown.per_s, shown.worst_per_s) == (5, "192.0.2.1")
    assert not shown.is_kept


def test_a_log_that_was_cut_off_is_read_and_packed_later(tmp_path: Path) -> None:
    log = AskedLog(tmp_path, 2, 10.0)
    log.note(line(1.0, 0.5, "192.0.2.1"))
    log.close()
    (tmp_path / "asked-000002.jsonl").write_bytes(
        b'[1000.5,1001.5,"192.0.2.9","a.example","/",200]\n[1000.75,1001.0,"192.0.2.9","a.ex'
    )
    shown = politeness_of(tmp_path)
    assert shown is not None and (shown.lines, shown.addresses, shown.at_once) == (2, 2, 1)
    AskedLog(tmp_path, 2, 10.0).close()
    assert politeness_of(tmp_path) == shown
    assert not list(tmp_path.glob("*.jsonl"))


def test_a_run_without_a_log_shows_nothing(tmp_path: Path) -> None:
    assert politeness_of(tmp_path) is None


def test_a_full_disk_and_an_edited_file_are_errors_that_name_the_place(tmp_path: Path) -> None:
    log = AskedLog(tmp_path, 2, 3.0)
    log.note(line(1.0, 0.5, "192.0.2.1"))
    assert log._file is not None
    log._file.close()
    log._file = Path("/dev/full").open("wb", buffering=1 << 16)  # noqa: SIM115
    log.note(line(1.0, 0.5, "192.0.2.1"))
    with pytest.raises(StoreError):
        log.close()
    (tmp_path / "asked.json").write_bytes(b"{")
    with pytest.raises(StoreError):
        politeness_of(tmp_path)
