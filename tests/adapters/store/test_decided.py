"""Decisions looked up: at once when they change, by few or by many, in any state of the store."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from cityshield.adapters.store import decided
from cityshield.adapters.store.decided import DecisionLookup
from cityshield.vocabulary.decision import ALLOW, BLOCK, DOMAIN, HOST, URL, Target
from cityshield.vocabulary.errors import StoreError
from tests.adapters.store.test_decisions import NOW, Desk


class Clock:
    def __init__(self) -> None:
        self.time = float(NOW)

    def now(self) -> int:
        return int(self.time)

    def monotonic(self) -> float:
        return self.time


@pytest.fixture(params=["few", "many"])
def lookup(
    request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], tuple[DecisionLookup, Clock]]:
    """A look-up that asks the store, and one that holds keys."""
    if request.param == "many":
        monkeypatch.setattr(decided, "_LINKS_UNTIL_KEYS", 0)
        monkeypatch.setattr(decided, "_NEWER_KEPT", 2)

    def make() -> tuple[DecisionLookup, Clock]:
        clock = Clock()
        return DecisionLookup(home, clock), clock

    return make


def found(lookup: DecisionLookup, *asked: str) -> list[Target]:
    return [decision.target for decision in lookup.find_many([asked])[0]]


Make = Callable[[], tuple[DecisionLookup, Clock]]


def test_what_is_decided_and_ended_shows_within_half_a_second(home: Path, lookup: Make) -> None:
    desk = Desk(home)
    asks, clock = lookup()
    assert found(asks, "a.example/") == []
    numbers = [desk.decide(Target(HOST, f"{name}.example")) for name in "abcd"]
    clock.time += 0.6
    for name in "abcd":
        assert found(asks, f"{name}.example/x", f"{name}.example/") == [
            Target(HOST, f"{name}.example")
        ]
    desk.remove(numbers[0])
    assert found(asks, "a.example/") == []
    assert found(asks, "b.example/") == [Target(HOST, "b.example")]
    desk.engine.dispose()


def test_each_scope_is_found_by_its_expression(home: Path, lookup: Make) -> None:
    desk = Desk(home)
    targets = [Target(URL, "a.example/x?y"), Target(URL, "a.example/"), Target(HOST, "a.example")]
    targets.append(Target(DOMAIN, "b.example"))
    for target in targets:
        desk.decide(target)
    desk.decide(Target(HOST, "dry.example"), dry_run=True)
    desk.decide(Target(HOST, "b.example"), ALLOW)
    asks, _ = lookup()
    assert found(asks, "a.example/x?y") == targets[:1]
    assert found(asks, "a.example/") == targets[1:3]
    assert found(asks, "b.example/") == [targets[3], Target(HOST, "b.example")]
    assert found(asks, "dry.example/") == []
    assert found(asks, "c.example/") == []
    desk.engine.dispose()


def test_what_has_had_its_time_is_not_found_though_nobody_ended_it(
    home: Path, lookup: Make
) -> None:
    desk = Desk(home)
    desk.decide(Target(HOST, "a.example"), BLOCK, days=1)
    asks, clock = lookup()
    assert found(asks, "a.example/")
    clock.time += 86_400
    assert not found(asks, "a.example/")
    desk.engine.dispose()


def test_another_store_in_its_place_is_seen(home: Path, lookup: Make) -> None:
    desk = Desk(home)
    desk.decide(Target(HOST, "a.example"))
    asks, clock = lookup()
    assert found(asks, "a.example/")
    desk.engine.dispose()
    for file in home.glob("cityshield.sqlite3*"):
        file.unlink()
    clock.time += 1
    assert not found(asks, "a.example/")
    other = Desk(home)
    other.decide(Target(HOST, "b.example"))
    clock.time += 1
    assert found(asks, "b.example/")
    other.engine.dispose()


def test_a_store_older_than_decisions_has_none(home: Path, lookup: Make) -> None:
    with sqlite3.connect(home / "cityshield.sqlite3") as connection:
        connection.execute("CREATE TABLE sources (id)")
    connection.close()
    asks, _ = lookup()
    assert found(asks, "a.example/") == []


def test_a_store_that_is_damaged_is_said_to_be(home: Path, lookup: Make) -> None:
    (home / "cityshield.sqlite3").write_bytes(b"no store at all, but long enough to be read" * 99)
    asks, _ = lookup()
    with pytest.raises(StoreError) as caught:
        found(asks, "a.example/")
    assert caught.value.sentence == "error-store"
    shutil.rmtree(home)
