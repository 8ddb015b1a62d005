"""The queue: filters that mean what they say, pages that miss nothing, and indexes in use."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from cityshield.adapters.store.audit import read_history
from cityshield.adapters.store.database import open_database
from cityshield.adapters.store.decisions import add, change
from cityshield.adapters.store.queue import Wanted, count_states, read_queue
from cityshield.desks.decisions import review
from cityshield.vocabulary.decision import STATES, Decision, Target
from cityshield.vocabulary.identity import Identity

ANA, BO = Identity("Ana", "analyst"), Identity("Bo", "analyst")
NOW = 1_800_000_000


def propose(engine: Engine, value: str, action: str = "block", reason: str = "r") -> Decision:
    scope = "url" if "/" in value else "host"
    decision = review.propose(action, Target(scope, value), reason, (), ANA, NOW)
    return add(engine, decision, ANA, NOW)


@pytest.fixture
def engine(home: Path) -> Engine:
    return open_database(home)


def test_pages_forward_and_back_miss_nothing(engine: Engine) -> None:
    made = [propose(engine, f"h{number}.example").id for number in range(10)]
    change(engine, made[3], "decisions.end", BO, NOW, lambda d: review.end(d, "r", NOW, "Bo"))
    waiting = [number for number in made if number != made[3]]
    seen: list[int] = []
    after = 0
    while True:
        page = read_queue(engine, Wanted(), 4, after=after)
        assert page.older == bool(seen)
        seen += [decision.id for decision in page.decisions]
        if not page.newer:
            break
        after = seen[-1]
    assert seen == waiting
    back = read_queue(engine, Wanted(), 4, before=seen[-1])
    assert [decision.id for decision in back.decisions] == waiting[-5:-1]
    assert back.older and back.newer
    first = read_queue(engine, Wanted(), 4, before=back.decisions[0].id)
    assert [decision.id for decision in first.decisions] == waiting[:4]
    assert not first.older
    assert read_queue(engine, Wanted(), 4, after=2**62).decisions == []


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), [1, 2, 4]),
        (Wanted(state="refused"), [3]),
        (Wanted(state=""), [1, 2, 3, 4]),
        (Wanted(action="warn"), [2]),
        (Wanted(scope="url"), [2]),
        (Wanted(origin="automatic"), []),
        (Wanted(text="PARCEL"), [1, 2]),
        (Wanted(text="hxxps://parcel[.]example/"), [1, 2]),
        (Wanted(text="100%"), [4]),
        (Wanted(text="_"), []),
        (Wanted(text="'; DROP TABLE decisions --"), []),
        (Wanted(text="parcel", action="block"), [1]),
    ],
)
def test_filters(engine: Engine, wanted: Wanted, found: list[int]) -> None:
    propose(engine, "parcel.example")
    propose(engine, "parcel.example/pay", "warn")
    propose(engine, "over.example")
    propose(engine, "sale.example", reason="100% off")
    change(engine, 3, "decisions.end", BO, NOW, lambda d: review.end(d, "r", NOW, "Bo"))
    assert [decision.id for decision in read_queue(engine, wanted, 50).decisions] == found


def test_counts_name_every_state(engine: Engine) -> None:
    assert count_states(engine) == dict.fromkeys(STATES, 0)
    propose(engine, "parcel.example")
    assert count_states(engine) == {**dict.fromkeys(STATES, 0), "proposed": 1}


def test_the_history_of_one_decision(engine: Engine) -> None:
    for name in ("a.example", "b.example"):
        propose(engine, name)
    change(engine, 1, "decisions.approve", BO, NOW, lambda d: review.approve(d, (), BO, NOW))
    acts = [(entry.action, entry.actor) for entry in read_history(engine, 1, 50)]
    assert acts == [("decisions.propose", "token:Ana"), ("decisions.approve", "token:Bo")]
    assert len(read_history(engine, 1, 1)) == 1
    assert read_history(engine, 99, 50) == []


def test_what_waits_and_a_history_are_found_by_index(engine: Engine) -> None:
    asked: list[tuple[str, object]] = []
    event.listen(engine, "before_cursor_execute", lambda *it: asked.append((it[2], it[3])))
    read_queue(engine, Wanted(), 50, after=5)
    count_states(engine)
    read_history(engine, 1, 50)
    queries = [query for query in asked if query[0].lstrip().startswith("SELECT")]
    assert len(queries) == 3
    with engine.connect() as connection:
        for sql, values in queries:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all()
            told = " ".join(str(row[-1]) for row in plan)
            assert "INDEX decisions_state" in told or "INDEX audit_decision" in told, told
            assert "TEMP B-TREE" not in told, told
