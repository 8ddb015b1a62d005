"""An import that is killed at any moment leaves whole batches, and the next reader mends the rest."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from cityshield.adapters.clock import SystemClock
from cityshield.adapters.store.indicators import BATCH_LINES
from cityshield.adapters.store.lookup import IndicatorLookup
from tests.conftest import run_cli

LINES = 1_000_000
MOMENTS = 3


def rows_in(home: Path) -> int:
    with closing(sqlite3.connect(home / "cityshield.sqlite3")) as connection:
        assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
        return int(connection.execute("SELECT count(*) FROM indicators").fetchone()[0])


def count_at(home: Path) -> int:
    """How many rows there are while an import runs, which may not have made the store yet."""
    try:
        with closing(sqlite3.connect(f"file:{home}/cityshield.sqlite3?mode=ro", uri=True)) as store:
            return int(store.execute("SELECT count(*) FROM indicators").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def values_in(home: Path) -> set[str]:
    with closing(sqlite3.connect(home / "cityshield.sqlite3")) as connection:
        return {row[0] for row in connection.execute("SELECT value FROM indicators")}


def listed(home: Path, numbers: list[int]) -> list[bool]:
    asked = b"".join(b"http://h%07d.example/\n" % number for number in numbers)
    done = run_cli("check", "--lines", "-", "--json", home=home, stdin=asked)
    assert done.returncode in (1, 3), done.stderr.decode()
    levels = [msgspec.json.decode(line)["level"] for line in done.stdout.splitlines()]
    assert set(levels) <= {"malicious", "unknown"}
    return [level == "malicious" for level in levels]


@pytest.mark.slow
def test_an_import_killed_at_any_moment_is_whole_batches_and_can_be_done_again(home: Path) -> None:
    file = home.parent / "million.txt"
    with file.open("wb") as out:
        out.writelines(b"h%07d.example\n" % number for number in range(LINES))
    command = [sys.executable, "-m", "cityshield.serve", "feeds", "import", str(file)]
    command += ["--source", "s", "--data", str(home)]
    chance = random.Random(7)
    before = 0
    held_at: list[int] = []
    for _ in range(MOMENTS):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while count_at(home) <= before and process.poll() is None:
            time.sleep(0.05)
        time.sleep(chance.uniform(0.0, 2.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if not (home / "cityshield.sqlite3").exists():
            continue
        if run_cli("audit", "verify", home=home).returncode:
            raise AssertionError("the audit is broken")
        held = rows_in(home)
        held_at.append(held)
        assert held % BATCH_LINES == 0 or held == LINES
        assert held >= before
        before = held
        names = values_in(home)
        sample = sorted({0, 1, LINES - 1, *chance.sample(range(LINES), 200)})
        assert listed(home, sample) == [f"h{number:07d}.example/" in names for number in sample]
        assert not list(home.glob("*.part"))
        if held:
            assert len(IndicatorLookup(home, SystemClock())) == held
    assert any(0 < held < LINES for held in held_at), held_at
    done = subprocess.run(command, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    assert rows_in(home) == LINES
    assert len(IndicatorLookup(home, SystemClock())) == LINES
    assert not (home / "indicators.stale").exists()
    assert all(listed(home, [0, 123_456, LINES - 1]))
    assert run_cli("audit", "verify", home=home).returncode == 0
