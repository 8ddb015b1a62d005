"""Decisions and the zone kept: every act whole, every state of the zone what was decided."""

from __future__ import annotations

import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, update

from cityshield.adapters.store import audit
from cityshield.adapters.store import decisions as kept
from cityshield.adapters.store.database import open_database, writing
from cityshield.adapters.store.guarded import replace_guarded
from cityshield.adapters.store.index import key_of
from cityshield.adapters.store.tables import decisions, zone_records
from cityshield.adapters.store.verify import verify
from cityshield.adapters.store.zone import StoredZone, is_blocked, newest_blocked
from cityshield.desks.decisions.projection import records_of
from cityshield.desks.decisions.review import DAY_S, approve, end, propose
from cityshield.ports.zone import BLOCKED, PASSED
from cityshield.vocabulary.decision import (
    ALLOW,
    AUTOMATIC,
    BLOCK,
    DOMAIN,
    EXPIRED,
    HOST,
    IN_FORCE,
    REMOVED,
    URL,
    WARN,
    Target,
)
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.identity import Identity

ANA, BO = Identity("ana", "analyst"), Identity("bo", "analyst")
NOW = 1_800_000_000


class Desk:
    """A store, its zone, and a clock that the test moves."""

    def __init__(self, home: Path) -> None:
        self.engine = open_database(home)
        self.now = NOW
        self.zone = StoredZone(self.engine, lambda: self.now)

    def decide(self, target: Target, action: str = BLOCK, **given: object) -> int:
        made = propose(action, target, "r", [], ANA, self.now, **given)  # type: ignore[arg-type]
        number = kept.add(self.engine, made, ANA, self.now).id
        step = partial(approve, guards=[], by=BO, now=self.now)
        kept.change(self.engine, number, "decisions.approve", BO, self.now, step)
        return number

    def remove(self, number: int) -> None:
        step = partial(end, reason="cleaned", now=self.now, by="bo")
        kept.change(self.engine, number, "decisions.end", BO, self.now, step)

    def records(self) -> dict[str, int]:
        return {record.owner: record.policy for record in self.zone.records()[1]}


@pytest.fixture
def desk(home: Path) -> Desk:
    return Desk(home)


def test_a_decision_is_kept_as_it_is_and_each_act_is_recorded(desk: Desk) -> None:
    number = desk.decide(Target(HOST, "a.example"), evidence=["seen"], days=7)
    desk.remove(number)
    found = kept.get(desk.engine, number)
    assert (found.state, found.end_reason, found.evidence) == (REMOVED, "cleaned", ("seen",))
    assert [approval.name for approval in found.approvals] == ["ana", "bo"]
    acts = [entry.action for entry in audit.read_audit(desk.engine)]
    assert acts == ["decisions.propose", "decisions.approve", "decisions.end"]
    assert audit.verify(desk.engine).broken_at is None


def test_the_same_is_not_decided_twice_but_may_be_again_once_it_ended(desk: Desk) -> None:
    number = desk.decide(Target(HOST, "a.example"))
    with pytest.raises(InputError) as caught:
        desk.decide(Target(HOST, "a.example"))
    assert caught.value.args_for_sentence["id"] == str(number)
    desk.remove(number)
    assert desk.decide(Target(HOST, "a.example")) > number


def test_a_step_that_is_refused_leaves_everything_as_it_was(desk: Desk) -> None:
    number = desk.decide(Target(HOST, "a.example"))
    before = kept.get(desk.engine, number), len(list(audit.read_audit(desk.engine)))
    with pytest.raises(InputError):
        kept.change(
            desk.engine, number, "x", BO, NOW, lambda d: approve(d, [], Identity("c", "analyst"), 0)
        )
    assert (kept.get(desk.engine, number), len(list(audit.read_audit(desk.engine)))) == before
    with pytest.raises(InputError):
        kept.get(desk.engine, 99)


def test_the_zone_shows_hosts_and_domains_and_nothing_else(desk: Desk) -> None:
    desk.decide(Target(HOST, "a.example"))
    desk.decide(Target(DOMAIN, "b.example"))
    desk.decide(Target(HOST, "c.b.example"), ALLOW)
    desk.decide(Target(URL, "d.example/x"))
    desk.decide(Target(HOST, "w.example"), WARN)
    desk.decide(Target(HOST, "dry.example"), dry_run=True)
    assert desk.zone.is_waiting()
    assert desk.zone.publish() == NOW
    assert not desk.zone.is_waiting()
    assert desk.records() == {
        "a.example": BLOCKED,
        "b.example": BLOCKED,
        "*.b.example": BLOCKED,
        "c.b.example": PASSED,
        "*.c.b.example": BLOCKED,
    }
    assert is_blocked(desk.engine, "x.y.b.example")
    assert is_blocked(desk.engine, "x.c.b.example")
    assert not is_blocked(desk.engine, "c.b.example")
    assert not is_blocked(desk.engine, "x.a.example")
    assert set(newest_blocked(desk.engine, 10)) == {"a.example", "b.example"}
    assert verify(desk.engine, NOW, lambda d: False) == (6, [])


def test_to_allow_wins_over_to_block_and_leaves_it_when_it_ends(desk: Desk) -> None:
    desk.decide(Target(HOST, "a.example"))
    allowed = desk.decide(Target(HOST, "a.example"), ALLOW)
    desk.zone.publish()
    assert desk.records() == {"a.example": PASSED}
    desk.remove(allowed)
    desk.zone.publish()
    assert desk.records() == {"a.example": BLOCKED}


def test_what_has_had_its_time_leaves_the_zone_by_itself(desk: Desk) -> None:
    number = desk.decide(Target(HOST, "a.example"), days=1)
    first = desk.zone.publish()
    desk.now += DAY_S - 1
    assert not desk.zone.is_waiting()
    desk.now += 1
    assert desk.zone.is_waiting()
    assert desk.zone.publish() != first
    assert desk.records() == {}
    assert kept.get(desk.engine, number).state == EXPIRED
    assert list(audit.read_audit(desk.engine))[-1].action == "decisions.expire"


def test_what_a_clock_that_was_years_ahead_has_ended_comes_back(desk: Desk) -> None:
    number = desk.decide(Target(HOST, "a.example"), days=90)
    short = desk.decide(Target(HOST, "b.example"), days=1)
    removed = desk.decide(Target(HOST, "c.example"), days=90)
    desk.remove(removed)
    desk.now += 3650 * DAY_S
    desk.zone.publish()
    assert desk.records() == {}
    desk.now -= 3648 * DAY_S
    assert kept.revive(desk.engine, desk.now) == 1
    desk.zone.publish()
    assert desk.records() == {"a.example": BLOCKED}
    back = kept.get(desk.engine, number)
    assert (back.state, back.ended_at) == (IN_FORCE, None)
    assert kept.get(desk.engine, short).state == EXPIRED
    assert kept.get(desk.engine, removed).state == REMOVED
    assert kept.revive(desk.engine, desk.now) == 0
    assert audit.verify(desk.engine).broken_at is None


def test_a_serial_grows_also_when_the_clock_goes_back(desk: Desk) -> None:
    first = desk.zone.publish()
    assert first == NOW
    assert desk.zone.publish() is None
    desk.now -= 1000
    desk.decide(Target(HOST, "a.example"))
    assert desk.zone.publish() == NOW + 1


def test_the_history_is_told_as_one_step_and_a_foreign_serial_is_not_known(desk: Desk) -> None:
    first = desk.zone.publish()
    assert first is not None
    number = desk.decide(Target(HOST, "a.example"))
    desk.zone.publish()
    desk.decide(Target(HOST, "b.example"))
    desk.remove(number)
    last = desk.zone.publish()
    told = desk.zone.changes(first)
    assert told is not None
    serial, changes = told
    assert serial == last
    assert list(changes) == [("b.example", None, BLOCKED)]
    assert desk.zone.changes(12345) is None


def test_faults_are_found(desk: Desk) -> None:
    number = desk.decide(Target(HOST, "a.example"))
    desk.zone.publish()
    with writing(desk.engine) as connection:
        connection.execute(update(decisions).values(approvals='[{"name":"ana","at":1}]'))
        connection.execute(delete(zone_records))
    _, faults = verify(desk.engine, NOW + 91 * DAY_S, lambda d: True)
    found = [(fault.kind, fault.id) for fault in faults]
    assert found == [("approvals", number), ("end", number), ("guarded", number), ("zone", 0)]


def test_a_guard_list_takes_the_place_of_its_former_state(desk: Desk) -> None:
    for names in (["a.example", "b.example"], ["b.example", "c.example"]):
        entries = [(name, name) for name in names]
        assert replace_guarded(desk.engine, "top", "popular", entries, ANA, NOW) == 2


def records_of_all(desk: Desk) -> dict[str, int]:
    """The records that all decisions in force ask for, worked out from nothing."""
    return records_of(
        (decision.target.value, decision.target.scope, decision.action)
        for decision in kept.find(desk.engine, states=(IN_FORCE,))
    )


def test_another_page_for_what_is_blocked_makes_a_new_state_without_history(desk: Desk) -> None:
    desk.decide(Target(HOST, "a.example"))
    first = StoredZone(desk.engine, lambda: desk.now, "nxdomain").publish()
    assert StoredZone(desk.engine, lambda: desk.now, "nxdomain").publish() is None
    zone = StoredZone(desk.engine, lambda: desk.now, "page")
    second = zone.publish()
    assert first is not None and second is not None and second > first
    assert zone.changes(first) is None
    assert zone.serial() == second


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4), st.booleans()), max_size=25))
def test_every_state_of_the_zone_follows_from_the_one_before(
    acts: list[tuple[int, int, bool]],
) -> None:
    """Applying the history to any state that was ever published gives the newest."""
    home = Path(tempfile.mkdtemp())
    try:
        desk = Desk(home)
        held: dict[int, int] = {}
        published = {desk.zone.publish(): desk.records()}
        names = ("x.example", "a.b.x.example", "b.x.example")
        targets = [Target(s, name) for name in names for s in (HOST, DOMAIN)]
        for which, kind, publish in acts:
            desk.now += 10
            if kind == 4 and held:
                desk.now += DAY_S  # the oldest run out
            elif which in held:
                number = held.pop(which)
                if kept.get(desk.engine, number).state == IN_FORCE:
                    desk.remove(number)
            else:
                action = ALLOW if kind == 3 else BLOCK
                try:
                    held[which] = desk.decide(targets[which], action, days=1 + kind % 2)
                except InputError:
                    continue
            if publish and (serial := desk.zone.publish()) is not None:
                published[serial] = desk.records()
        desk.zone.publish()
        newest = desk.records()
        for serial, records in published.items():
            told = desk.zone.changes(serial or 0)
            assert told is not None
            assert records_of_all(desk) == newest
            for owner, before, after in told[1]:
                assert records.get(owner) == before
                if after is None:
                    del records[owner]
                else:
                    records[owner] = after
            assert records == newest
        assert not verify(desk.engine, desk.now, lambda d: False)[1]
    finally:
        desk.engine.dispose()
        shutil.rmtree(home)


def test_no_look_up_reads_all_that_is_in_force(desk: Desk) -> None:
    ours = {"origin": AUTOMATIC, "state": IN_FORCE, "since": NOW, "expires": NOW + DAY_S}
    made = [
        msgspec.structs.replace(propose(BLOCK, Target(HOST, name), "r", [], ANA, NOW), **ours)
        for name in ("h0.example", "h1.example")
    ]
    kept.add_in_force(desk.engine, made, BO, NOW)
    plans: list[str] = []

    def explain(connection: Any, _cursor: Any, sql: str, values: Any, *_: Any) -> None:
        if " decisions" in sql and sql.startswith(("SELECT", "UPDATE")):
            raw = connection.connection.driver_connection
            plans.extend(row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {sql}", values))

    event.listen(desk.engine, "before_cursor_execute", explain)
    keys = [key_of("h1.example/")]
    assert len(kept.in_force_on(desk.engine, keys, NOW)) == 1
    assert len(kept.in_force_between(desk.engine, keys[0], keys[0] + 1, NOW)) == 1
    assert kept.add_in_force(desk.engine, made, BO, NOW) == 0
    assert kept.renew(desk.engine, ["h1.example"], NOW, NOW + 900 * DAY_S) == 1
    read = [plan for plan in plans if plan.startswith(("SCAN", "SEARCH"))]
    assert len(read) >= 5
    assert all("USING" in plan and "decisions_due" not in plan for plan in read), read
    with desk.engine.connect() as connection:
        assert kept.has_due(connection, NOW + 999 * DAY_S)
    assert "decisions_due" in plans[-1]
