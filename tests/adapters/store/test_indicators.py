"""Indicators: stored in whole batches, found through the index, confirmed by the store."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityshield.adapters.clock import SystemClock
from cityshield.adapters.store import indicators as module
from cityshield.adapters.store.database import open_database
from cityshield.adapters.store.index import FILE_NAME, Index, key_of, write_index
from cityshield.adapters.store.indicators import import_entries, rebuild_index, remove_expired
from cityshield.adapters.store.lookup import IndicatorLookup
from cityshield.vocabulary.indicator import BENIGN_ACTIVITY, HOST, MALICIOUS_ACTIVITY


class Clock(SystemClock):
    """A clock that the test sets."""

    def __init__(self, now: int = 1_800_000_000) -> None:
        self.time = now

    def now(self) -> int:
        return self.time


def hosts(*names: str) -> list[tuple[str, str]]:
    return [(HOST, f"{name}/") for name in names]


def test_what_was_imported_is_found_with_all_that_is_known_of_it(home: Path) -> None:
    engine, clock = open_database(home), Clock()
    done = import_entries(
        engine, home, clock, "partner", hosts("a.example", "b.example"),
        reason="reported", expires_days=10,
    )  # fmt: skip
    assert (done.taken, done.new, done.listed) == (2, 2, 2)
    lookup = IndicatorLookup(home, clock)
    found, nothing = lookup.find_many([["x.a.example/", "a.example/"], ["c.example/"]])
    assert nothing == ()
    (indicator,) = found
    assert indicator.value == "a.example/"
    assert (indicator.source, indicator.reason) == ("partner", "reported")
    assert indicator.type == MALICIOUS_ACTIVITY
    assert (indicator.first_seen, indicator.last_seen) == (clock.time, clock.time)
    assert indicator.expires == clock.time + 10 * 86_400


def test_an_entry_seen_again_keeps_its_first_day(home: Path) -> None:
    engine, clock = open_database(home), Clock()
    import_entries(engine, home, clock, "partner", hosts("a.example"), expires_days=1)
    clock.time += 3600
    again = import_entries(engine, home, clock, "partner", hosts("a.example"), expires_days=1)
    assert (again.taken, again.new) == (1, 0)
    (indicator,) = IndicatorLookup(home, clock).find_many([["a.example/"]])[0]
    assert indicator.last_seen - indicator.first_seen == 3600
    assert indicator.expires == clock.time + 86_400


def test_every_source_of_an_entry_is_named(home: Path) -> None:
    engine, clock = open_database(home), Clock()
    import_entries(engine, home, clock, "one", hosts("a.example"))
    import_entries(engine, home, clock, "two", hosts("a.example"), type=BENIGN_ACTIVITY)
    found = IndicatorLookup(home, clock).find_many([["a.example/"]])[0]
    assert {(item.source, item.type) for item in found} == {
        ("one", MALICIOUS_ACTIVITY),
        ("two", BENIGN_ACTIVITY),
    }


def test_an_expired_entry_is_not_in_force_and_is_removed(home: Path) -> None:
    engine, clock = open_database(home), Clock()
    import_entries(engine, home, clock, "partner", hosts("a.example"), expires_days=1)
    import_entries(engine, home, clock, "partner", hosts("b.example"))
    lookup = IndicatorLookup(home, clock)
    clock.time += 86_400
    assert lookup.find_many([["a.example/"]]) == [()]
    assert remove_expired(engine, home, clock.time) == 1
    assert len(lookup) == 1
    assert remove_expired(engine, home, clock.time) == 0


def test_an_import_elsewhere_shows_at_once(home: Path) -> None:
    engine, clock = open_database(home), Clock()
    lookup = IndicatorLookup(home, clock)
    before = lookup.version()
    assert lookup.find_many([["a.example/"]]) == [()]
    import_entries(engine, home, clock, "partner", hosts("a.example"))
    assert len(lookup.find_many([["a.example/"]])[0]) == 1
    assert lookup.version() != before


def test_an_index_left_behind_is_mended_by_the_next_reader(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, clock = open_database(home), Clock()

    def die(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "rebuild_index", die)
        with pytest.raises(KeyboardInterrupt):
            import_entries(engine, home, clock, "partner", hosts("a.example"))
    assert not (home / FILE_NAME).exists()
    assert len(IndicatorLookup(home, clock).find_many([["a.example/"]])[0]) == 1


def test_a_key_that_only_looks_listed_is_not(home: Path) -> None:
    engine, clock = open_database(home), Clock()
    import_entries(engine, home, clock, "partner", hosts("a.example"))
    write_index(home / FILE_NAME, 1, sorted([key_of("a.example/"), key_of("innocent.example/")]))
    lookup = IndicatorLookup(home, clock)
    assert lookup.find_many([["innocent.example/"]]) == [()]
    assert len(lookup.find_many([["a.example/"]])[0]) == 1


@given(st.sets(st.integers(-(2**63), 2**63 - 1), max_size=200), st.data())
def test_the_index_holds_its_keys_and_no_others(
    tmp_path_factory: pytest.TempPathFactory, keys: set[int], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("index") / "keys"
    assert write_index(path, 7, sorted(keys)) == len(keys)
    index = Index(path)
    assert (index.revision, index.size) == (7, len(keys))
    assert all(key in index for key in keys)
    for other in data.draw(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=20)):
        assert (other in index) == (other in keys)


@pytest.mark.parametrize("damage", [b"", b"garbage", b"CSINDEX1" + bytes(56)])
def test_a_damaged_index_is_not_believed(home: Path, damage: bytes) -> None:
    engine, clock = open_database(home), Clock()
    import_entries(engine, home, clock, "partner", hosts("a.example"))
    (home / FILE_NAME).write_bytes(damage)
    assert len(IndicatorLookup(home, clock).find_many([["a.example/"]])[0]) == 1


def test_the_index_follows_the_store_exactly(home: Path) -> None:
    engine, clock = open_database(home), Clock()
    names = [f"h{number}.example" for number in range(3000)]
    import_entries(engine, home, clock, "partner", hosts(*names))
    assert rebuild_index(engine, home) == 3000
    lookup = IndicatorLookup(home, clock)
    answers = lookup.find_many([[f"{name}/"] for name in names])
    assert all(len(answer) == 1 for answer in answers)
    assert os.stat(home / FILE_NAME).st_size < 300_000
