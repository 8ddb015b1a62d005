"""Statistics over a real store: every figure worked out by hand beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cityshield.adapters.store import decisions as kept
from cityshield.adapters.store.database import open_database
from cityshield.adapters.store.statistics import WEEKS, read_statistics
from cityshield.appeals import Appeals
from cityshield.config import Config
from cityshield.desk import CLERK, Desk
from cityshield.desks.decisions.review import DAY_S
from cityshield.vocabulary.identity import Identity
from cityshield.vocabulary.statistics import InForce, Statistics

ANA, BO, CY = (Identity(name, "analyst") for name in ("ana", "bo", "cy"))
MONDAY = 1_795_392_000
"""2026-11-23, 00:00 UTC."""

HOUR_S = 3600


class Clock:
    at = MONDAY

    def now(self) -> int:
        return self.at


class City:
    def __init__(self, home: Path) -> None:
        self.clock = Clock()
        self.engine = open_database(home)
        self.desk = Desk(self.engine, self.clock, Config())
        self.appeals = Appeals(self.engine, self.clock, Config())

    def decide(self, text: str, action: str = "block", wait_s: int = 0, **given: object) -> int:
        number = self.desk.propose(text, action, "r", ANA, **given).id  # type: ignore[arg-type]
        self.clock.at += wait_s
        return self.desk.approve(number, BO).id

    def figures(self) -> Statistics:
        kept.expire_due(self.engine, self.clock.at)
        return read_statistics(self.engine, self.clock.at)


@pytest.fixture
def city(home: Path) -> City:
    return City(home)


def test_where_there_is_nothing_figures_say_that_they_know_nothing(city: City) -> None:
    figures = city.figures()
    assert (figures.in_force, figures.ever, figures.wrong) == ((), 0, 0)
    assert figures.wrong_per_10000 is None
    assert (figures.medians.block_length_s, figures.medians.proposal_to_force_s) == (None, None)
    assert len(figures.weeks) == WEEKS
    assert figures.weeks[-1].monday == "2026-11-23"
    assert not any(week.made or week.ended for week in figures.weeks)


def test_what_is_in_force_is_counted_by_kind_and_a_dry_run_is_not(city: City) -> None:
    city.decide("a.example")
    city.decide("b.example", scope="domain")
    city.decide("https://c.example/x")
    city.decide("https://d.example/x", "warn")
    city.decide("dry.example", dry_run=True)
    city.desk.propose("open.example", "block", "r", ANA)
    city.desk.end(city.decide("over.example"), "cleaned", BO)
    figures = city.figures()
    assert figures.in_force == (
        InForce("block", "reviewed", "url", 1),
        InForce("block", "reviewed", "host", 1),
        InForce("block", "reviewed", "domain", 1),
        InForce("warn", "reviewed", "url", 1),
    )
    assert figures.ever == 4
    assert figures.ends == {
        "expired": 0, "too-few-sources": 0, "person": 1, "appeal": 0, "guarded": 0,
    }  # fmt: skip


def test_each_end_is_counted_as_what_it_was(city: City) -> None:
    numbers = [city.decide(f"{name}.example") for name in "abcdef"]
    city.decide("g.example", days=1)
    city.desk.end(numbers[0], "cleaned", BO)
    now = city.clock.at
    kept.end_many(city.engine, [(numbers[1], "guarded: popular, b (top)")], CLERK, now)
    kept.end_many(city.engine, [(numbers[2], "no longer listed")], CLERK, now)
    for number, outcome in ((numbers[3], "wrong"), (numbers[4], "mended")):
        for speaker in ("owner", "visitor"):
            appeal, _ = city.appeals.open(number, speaker, "mistake", "x", evidence={})
        city.appeals.grant(appeal.id, "r", outcome, CY)
    city.clock.at += 2 * DAY_S
    figures = city.figures()
    assert figures.ends == {
        "expired": 1, "too-few-sources": 1, "person": 1, "appeal": 2, "guarded": 1,
    }  # fmt: skip
    assert (figures.ever, figures.wrong) == (7, 1)
    assert figures.wrong_per_10000 == round(10_000 / 7, 2)
    assert figures.appeals == {
        "open": 0, "need-more": 0, "upheld": 0, "granted-wrong": 2, "granted-mended": 2,
        "lapsed": 0,
    }  # fmt: skip


def test_weeks_begin_on_monday_at_midnight(city: City) -> None:
    city.clock.at = MONDAY - 1
    early = city.decide("a.example")
    city.clock.at = MONDAY
    city.decide("b.example")
    city.desk.end(early, "cleaned", BO)
    before, this = city.figures().weeks[-2:]
    assert (before.monday, before.made, before.ended) == ("2026-11-16", 1, 0)
    assert (this.monday, this.made, this.ended) == ("2026-11-23", 1, 1)


def test_medians_are_the_middle_and_those_of_few_appeals_are_not_told(city: City) -> None:
    for name, wait_s in (("a", 100), ("b", 300), ("c", 5000)):
        number = city.decide(f"{name}.example", wait_s=wait_s)
        city.clock.at += wait_s
        city.desk.end(number, "cleaned", BO)
    medians = city.figures().medians
    assert (medians.proposal_to_force_s, medians.block_length_s) == (300, 300)
    for n in range(1, 6):
        number = city.decide(f"n{n}.example")
        appeal, _ = city.appeals.open(number, "owner", "mistake", "x", evidence={})
        city.clock.at += n * HOUR_S
        city.appeals.ask(appeal.id, "?", CY)
        city.clock.at += HOUR_S
        city.appeals.uphold(appeal.id, "r", CY)
        medians = city.figures().medians
        told = (medians.appeal_to_answer_s, medians.appeal_to_decision_s)
        assert told == ((None, None) if n < 5 else (3 * HOUR_S, 4 * HOUR_S))
