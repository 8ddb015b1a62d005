"""Indicators: stored in whole batches, found through the index, confirmed by the store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityshield.adapters.clock import SystemClock
from cityshield.adapters.store import changes as module
from cityshield.adapters.store.changes import STALE_NAME, rebuild_index
from cityshield.adapters.store.database import open_database
from cityshield.adapters.store.index import (
    FILE_NAME,
    Index,
    change_index,
    key_of,
    revision_of,
    write_index,
)
from cityshield.adapters.store.indicators import import_entries, remove_expired
from cityshield.adapters.store.lookup import IndicatorLookup
from cityshield.adapters.store.sources import list_sources, remove_source
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.identity import Identity
from cityshield.vocabulary.indicator import (
    BENIGN_ACTIVITY,
    HOST,
    MALICIOUS_ACTIVITY,
    SHA256,
    URL,
)


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
    assert indicator.sightings == 2


def test_repetitions_in_one_import_are_one_sighting(home: Path) -> None:
    engine, clock = open_database(home), Clock()
    done = import_entries(engine, home, clock, "partner", hosts(*["a.example"] * 50_000))
    assert (done.taken, done.new, done.listed) == (1, 1, 1)
    (indicator,) = IndicatorLookup(home, clock).find_many([["a.example/"]])[0]
    assert indicator.sightings == 1


def test_each_kind_has_its_own_life(home: Path) -> None:
    engine, clock = open_database(home), Clock()
    entries = [(HOST, "a.example/"), (URL, "b.example/x"), (SHA256, "0" * 64)]
    import_entries(engine, home, clock, "one", entries)
    import_entries(engine, home, clock, "own", hosts("d.example"), type=BENIGN_ACTIVITY)
    import_entries(engine, home, clock, "kept", hosts("c.example"), expires_days=0)
    values = [[value] for _, value in [*entries, *hosts("c.example", "d.example")]]
    found = [item for items in IndicatorLookup(home, clock).find_many(values) for item in items]
    lives = [None if i.expires is None else (i.expires - clock.time) // 86_400 for i in found]
    assert lives == [90, 30, None, None, None]


def test_how_sure_a_source_is_stays_until_it_says_otherwise(home: Path) -> None:
    engine, clock = open_database(home), Clock()
    lookup = IndicatorLookup(home, clock)
    told = []
    for confidence in (None, 40, None, 70):
        import_entries(engine, home, clock, "one", hosts("a.example"), confidence=confidence)
        told.append(lookup.find_many([["a.example/"]])[0][0].confidence)
    assert told == [100, 40, 40, 70]


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
        patch.setattr(module, "change_index", die)
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


@given(
    st.sets(st.integers(-(2**63), 2**63 - 1), max_size=60),
    st.lists(st.integers(-(2**63), 2**63 - 1), max_size=60),
    st.data(),
)
def test_an_index_that_is_changed_is_as_one_that_is_written(
    tmp_path_factory: pytest.TempPathFactory, keys: set[int], more: list[int], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("index")
    known = sorted(keys)
    less = data.draw(st.lists(st.sampled_from(known), max_size=30)) if known else []
    more = [key for key in more if key not in less]
    write_index(folder / "changed", 7, known)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cityshield.adapters.store.index._BLOCK", 7)
        size = change_index(folder / "changed", 8, more, less)
    wanted = sorted((keys | set(more)) - set(less))
    assert size == write_index(folder / "written", 8, wanted) == len(wanted)
    assert (folder / "changed").read_bytes() == (folder / "written").read_bytes()


def test_a_change_reads_no_other_key_from_the_store(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, clock = open_database(home), Clock()
    import_entries(engine, home, clock, "one", hosts("a.example", "b.example"), expires_days=1)

    def die(*_: object) -> int:
        raise AssertionError

    monkeypatch.setattr(module, "rebuild_index", die)
    lookup = IndicatorLookup(home, clock)
    assert import_entries(engine, home, clock, "two", hosts("b.example", "c.example")).listed == 3
    assert len(lookup.find_many([["c.example/"]])[0]) == 1
    clock.time += 86_400
    assert remove_expired(engine, home, clock.time) == 2
    assert len(lookup) == 2
    assert [len(found) for found in lookup.find_many([["a.example/"], ["b.example/"]])] == [0, 1]


def test_what_was_stored_before_an_error_is_found(home: Path) -> None:
    engine, clock = open_database(home), Clock()
    import_entries(engine, home, clock, "one", hosts("a.example"))
    count = 250_000

    def entries() -> Iterator[tuple[str, str]]:
        yield from hosts(*(f"h{number}.example" for number in range(count)))
        raise InputError("error-feed-large", mib=64)

    with pytest.raises(InputError):
        import_entries(engine, home, clock, "two", entries())
    lookup = IndicatorLookup(home, clock)
    assert not (home / STALE_NAME).exists()
    assert len(lookup) == 200_001 < count
    assert len(lookup.find_many([["h7.example/"]])[0]) == 1


def test_an_index_of_another_state_of_the_store_is_made_anew(home: Path) -> None:
    engine, clock = open_database(home), Clock()
    import_entries(engine, home, clock, "one", hosts("a.example"))
    write_index(home / FILE_NAME, 99, [key_of("wrong.example/")])
    assert import_entries(engine, home, clock, "one", hosts("b.example")).listed == 2
    assert revision_of(home / FILE_NAME) == 2


def test_a_source_goes_with_its_keys(home: Path) -> None:
    engine, clock = open_database(home), Clock()
    import_entries(engine, home, clock, "one", hosts("a.example", "b.example"))
    import_entries(engine, home, clock, "two", hosts("b.example"))
    someone = Identity("admin", "admin", how="local")
    assert remove_source(engine, home, clock, someone, "one") == (2, 1)
    with pytest.raises(InputError):
        remove_source(engine, home, clock, someone, "one")
    assert len(IndicatorLookup(home, clock)) == 1


def test_how_many_entries_a_source_has_is_known_without_counting(home: Path) -> None:
    engine, clock = open_database(home), Clock()

    def known() -> dict[str, int]:
        return {source.name: source.entries for source in list_sources(engine)}

    import_entries(engine, home, clock, "one", hosts("a.example", "b.example"), expires_days=1)
    import_entries(engine, home, clock, "one", hosts("b.example", "c.example"), expires_days=2)
    import_entries(engine, home, clock, "two", hosts("a.example"), expires_days=1)
    assert known() == {"one": 3, "two": 1}
    clock.time += 86_400
    assert remove_expired(engine, home, clock.time) == 2
    assert known() == {"one": 2, "two": 0}
    someone = Identity("admin", "admin", how="local")
    remove_source(engine, home, clock, someone, "one")
    assert known() == {"two": 0}
