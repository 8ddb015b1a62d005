"""Statistics of decisions and appeals, counted by the database; no row leaves it."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, case, func, select

from cityshield.adapters.store.tables import appeals, decisions
from cityshield.desks.decisions.review import DAY_S
from cityshield.vocabulary.appeal import GRANTED, OUTCOMES, UPHELD, WRONG
from cityshield.vocabulary.appeal import STATES as APPEAL_STATES
from cityshield.vocabulary.decision import (
    ACTIONS,
    AUTOMATIC,
    BLOCK,
    EXPIRED,
    IN_FORCE,
    ORIGINS,
    REMOVED,
    REVIEWED,
    SCOPES,
    STATES,
)
from cityshield.vocabulary.statistics import (
    BY_APPEAL,
    BY_EXPIRY,
    BY_GUARD,
    BY_PERSON,
    BY_SOURCES,
    InForce,
    Medians,
    Statistics,
    Week,
)

WEEKS = 26
FEWEST_APPEALS = 5
"""The median of fewer appeals would tell of single people."""

_WEEK_S = 7 * DAY_S
_MONDAY_S = 3 * DAY_S
"""1970 began on a Thursday: so much later, weeks begin on Monday."""

_block = (decisions.c.action == ACTIONS.index(BLOCK)) & decisions.c.dry_run.is_(False)
_was_in_force = _block & decisions.c.since.is_not(None)


def read_statistics(engine: Engine, now: int) -> Statistics:
    """All figures as they are at a time, from one state of the store."""
    with engine.connect() as connection:
        ever = connection.scalar(select(func.count()).where(_was_in_force)) or 0
        wrong = _wrong(connection)
        return Statistics(
            at=now,
            in_force=_in_force(connection, now),
            ever=ever,
            ends=_ends(connection),
            weeks=_weeks(connection, now),
            appeals=_appeals(connection),
            wrong=wrong,
            wrong_per_10000=round(wrong * 10_000 / ever, 2) if ever else None,
            medians=_medians(connection),
        )


def _in_force(connection: Connection, now: int) -> tuple[InForce, ...]:
    kind = (decisions.c.action, decisions.c.origin, decisions.c.scope)
    query = (
        select(*kind, func.count())
        .where(
            decisions.c.state == STATES.index(IN_FORCE),
            decisions.c.expires > now,
            decisions.c.dry_run.is_(False),
        )
        .group_by(*kind)
        .order_by(*kind)
    )
    return tuple(
        InForce(ACTIONS[action], ORIGINS[origin], SCOPES[scope], count)
        for action, origin, scope, count in connection.execute(query)
    )


def _ends(connection: Connection) -> dict[str, int]:
    """How blocks that were in force ended."""
    expired = decisions.c.state == STATES.index(EXPIRED)
    removed = decisions.c.state == STATES.index(REMOVED)
    by_clerk = removed & (decisions.c.ended_by == AUTOMATIC)
    guarded = by_clerk & decisions.c.end_reason.startswith("guarded:")
    sums = [func.sum(case((which, 1), else_=0)) for which in (expired, removed, by_clerk, guarded)]
    row = connection.execute(select(*sums).where(_was_in_force)).one()
    over, taken, by_itself, hurt = (number or 0 for number in row)
    granted = _granted(connection)
    return {
        BY_EXPIRY: over,
        BY_SOURCES: by_itself - hurt,
        BY_PERSON: max(0, taken - by_itself - granted),
        BY_APPEAL: granted,
        BY_GUARD: hurt,
    }


def _granted(connection: Connection, *which: ColumnElement[bool]) -> int:
    """How many blocks an appeal ended."""
    granted = appeals.c.state == APPEAL_STATES.index(GRANTED)
    query = (
        select(func.count(func.distinct(appeals.c.decision_id)))
        .join(decisions, decisions.c.id == appeals.c.decision_id)
        .where(granted, _was_in_force, *which)
    )
    return connection.scalar(query) or 0


def _wrong(connection: Connection) -> int:
    return _granted(connection, appeals.c.outcome == OUTCOMES.index(WRONG))


def _weeks(connection: Connection, now: int) -> tuple[Week, ...]:
    """The last whole weeks and the one that runs, the oldest first."""
    newest = (now + _MONDAY_S) // _WEEK_S
    first = newest - WEEKS + 1
    made = _per_week(connection, decisions.c.since, first)
    ended = _per_week(connection, decisions.c.ended_at, first)
    return tuple(
        Week(_monday(week), made.get(week, 0), ended.get(week, 0))
        for week in range(first, newest + 1)
    )


def _per_week(connection: Connection, moment: ColumnElement[int], first: int) -> dict[int, int]:
    week = (moment + _MONDAY_S) // _WEEK_S
    query = (
        select(week, func.count())
        .where(_was_in_force, moment >= first * _WEEK_S - _MONDAY_S)
        .group_by(week)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _monday(week: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(week * _WEEK_S - _MONDAY_S))


def _appeals(connection: Connection) -> dict[str, int]:
    kind = (appeals.c.state, appeals.c.outcome)
    counted = {
        f"{APPEAL_STATES[state]}-{OUTCOMES[outcome]}" if outcome is not None else
        APPEAL_STATES[state]: count
        for state, outcome, count in connection.execute(
            select(*kind, func.count()).group_by(*kind)
        )
    }  # fmt: skip
    names = [
        name
        for state in APPEAL_STATES
        for name in ([f"{state}-{how}" for how in OUTCOMES] if state == GRANTED else [state])
    ]
    return {name: counted.get(name, 0) for name in names}


def _medians(connection: Connection) -> Medians:
    force = decisions.c.since - decisions.c.proposed_at
    length = decisions.c.ended_at - decisions.c.since
    reviewed = _was_in_force & (decisions.c.origin == ORIGINS.index(REVIEWED))
    answer = appeals.c.answered_at - appeals.c.opened_at
    decided = appeals.c.decided_at - appeals.c.opened_at
    states = (APPEAL_STATES.index(UPHELD), APPEAL_STATES.index(GRANTED))
    fewest = FEWEST_APPEALS
    return Medians(
        _median(connection, force, reviewed),
        _median(connection, length, _was_in_force & decisions.c.ended_at.is_not(None)),
        _median(connection, answer, appeals.c.answered_at.is_not(None), fewest),
        _median(connection, decided, appeals.c.state.in_(states), fewest),
    )


def _median(
    connection: Connection, span: ColumnElement[Any], which: ColumnElement[bool], fewest: int = 1
) -> int | None:
    """The lower median of a span; None where fewer rows have one."""
    count = connection.scalar(select(func.count()).where(which)) or 0
    if count < fewest:
        return None
    return connection.scalar(
        select(span).where(which).order_by(span).offset((count - 1) // 2).limit(1)
    )
