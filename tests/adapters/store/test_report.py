"""The feed report: counts that can be checked by hand, whatever the number of feeds."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cityshield.adapters.store.database import open_database
from cityshield.adapters.store.guarded import replace_guarded, trust
from cityshield.adapters.store.indicators import import_entries
from cityshield.adapters.store.report import make_report, quantile
from cityshield.config import Config
from cityshield.desk import Desk
from cityshield.vocabulary.indicator import BENIGN_ACTIVITY, SHA256, URL
from tests.adapters.store.test_indicators import Clock, hosts
from tests.adapters.store.test_store import ROOT

DAY, HOUR = 86_400, 3600


def nothing(host: str) -> bool:
    return False


class Store:
    """A store whose sources list hosts at the times that a test says."""

    def __init__(self, home: Path) -> None:
        self.home, self.clock = home, Clock()
        self.engine: Engine = open_database(home)
        self.start = self.clock.time

    def at(self, after_s: int, source: str, *names: str, days: int | None = None) -> None:
        self.clock.time = self.start + after_s
        entries = hosts(*names)
        import_entries(self.engine, self.home, self.clock, source, entries, expires_days=days)


@pytest.fixture
def store(home: Path) -> Store:
    return Store(home)


def test_figures_that_can_be_checked_by_hand(store: Store) -> None:
    store.at(0, "one", "old.example")
    store.at(0, "two", "old.example")
    store.at(1 * DAY, "one", "a.example", "b.example", "c.example")
    store.at(1 * DAY + 5 * HOUR, "two", "a.example", "d.example")
    store.at(2 * DAY, "one", "d.example")
    store.at(2 * DAY, "three", "c.example", "e.example")
    made = make_report(store.engine, store.start + 12 * DAY, lambda host: host == "b.example")
    one, three, two = made.feeds
    assert [feed.name for feed in made.feeds] == ["one", "three", "two"]
    assert made.hosts == 6
    assert (one.entries, one.hosts, one.only_here) == (5, 5, 1)
    assert (two.entries, two.hosts, two.only_here) == (3, 3, 0)
    assert (three.entries, three.hosts, three.only_here) == (2, 2, 1)
    assert made.shared == [[5, 1, 3], [1, 2, 0], [3, 0, 3]]
    # a.example and d.example: old.example and what three listed at its first import don't count
    assert (one.compared, one.first, one.lead_s) == (2, 1, 5 * HOUR)
    assert (two.compared, two.first, two.lead_s) == (2, 1, 19 * HOUR)
    assert (three.compared, three.first, three.lead_s) == (0, 0, None)
    assert (one.guarded, one.guarded_names, two.guarded) == (1, ["b.example"], 0)
    assert (one.not_seen, two.not_seen, three.not_seen) == (4, 1, 0)
    assert (one.stale, two.stale) == (5, 3)
    assert (one.seen_at, one.changed_at) == (store.start + 2 * DAY, store.start + 2 * DAY)
    assert one.age_days == (10, 11, 12)


def test_a_link_and_its_host_are_one_host(store: Store) -> None:
    store.at(0, "one", "a.example")
    links = [(URL, "a.example/x"), (URL, "a.example/y?z"), (SHA256, "0" * 64)]
    import_entries(store.engine, store.home, store.clock, "two", links)
    made = make_report(store.engine, store.clock.time, nothing)
    one, two = made.feeds
    assert (one.hosts, one.only_here) == (1, 0)
    assert (two.entries, two.hosts, two.only_here) == (3, 2, 1)
    assert made.shared == [[1, 1], [1, 2]]


def test_what_is_over_or_speaks_for_a_host_does_not_count(store: Store) -> None:
    store.at(0, "one", "a.example", days=1)
    store.at(0, "two", "a.example", "b.example")
    import_entries(
        store.engine, store.home, store.clock, "own", hosts("b.example"), type=BENIGN_ACTIVITY
    )
    made = make_report(store.engine, store.start + 2 * DAY, nothing)
    (two,) = made.feeds
    assert (two.name, two.only_here) == ("two", 2)


def test_an_empty_store_has_an_empty_report(store: Store) -> None:
    made = make_report(store.engine, store.start, nothing)
    assert (made.hosts, made.feeds, made.shared) == (0, [], [])


def test_guard_lists_are_asked(store: Store) -> None:
    store.at(0, "one", "pay.metro.example", "other.example", "github.io", "192.0.2.1")
    names = [("metro.example", "metro.example")]
    replace_guarded(store.engine, "top", "popular", names, ROOT, store.start)
    trust(store.engine, "one", ROOT, store.start, trusted=True)
    is_guarded = Desk(store.engine, store.clock, Config()).guard_of_hosts()
    (one,) = make_report(store.engine, store.start, is_guarded).feeds
    assert one.guarded_names == ["github.io", "pay.metro.example"]
    assert one.trusted


def test_many_feeds_agree_with_a_plain_count(store: Store) -> None:
    chance = random.Random(7)
    listed = {
        f"f{number:02}": {f"h{chance.randrange(3000)}.example" for _ in range(600)}
        for number in range(12)
    }
    for name, names in listed.items():
        store.at(0, name, *sorted(names))
    made = make_report(store.engine, store.start, nothing)
    for i, first in enumerate(made.feeds):
        others = set().union(*(names for name, names in listed.items() if name != first.name))
        assert first.only_here == len(listed[first.name] - others)
        for j, second in enumerate(made.feeds):
            assert made.shared[i][j] == len(listed[first.name] & listed[second.name])


@pytest.mark.parametrize(
    ("counts", "share", "value"),
    [({}, 0.5, None), ({3: 1}, 0.5, 3), ({1: 5, 9: 5}, 0.5, 1), ({1: 4, 9: 5}, 0.5, 9),
     ({1: 1, 2: 8, 3: 1}, 0.9, 2), ({1: 1, 2: 8, 3: 1}, 0.1, 1)],
)  # fmt: skip
def test_quantiles(counts: dict[int, int], share: float, value: int | None) -> None:
    assert quantile(Counter(counts), share) == value
