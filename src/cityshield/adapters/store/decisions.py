"""Decisions kept: proposed, approved, ended, expired; each act in one transaction with its audit.

What changes the block zone is marked in the same transaction, so that publishing misses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    TextClause,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from cityshield.adapters.store.audit import record
from cityshield.adapters.store.database import writing
from cityshield.adapters.store.index import key_of
from cityshield.adapters.store.tables import IN_FORCE_NOW, decisions, state_listed, zone_waiting
from cityshield.desks.decisions.review import DAY_S, end
from cityshield.desks.decisions.target import is_name
from cityshield.vocabulary.decision import (
    ACTIONS,
    AUTOMATIC,
    BLOCK,
    EXPIRED,
    IN_FORCE,
    ORIGINS,
    REFUSED,
    REMOVED,
    SCOPES,
    STATES,
    URL,
    WARN,
    Approval,
    Decision,
    Target,
)
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.identity import Identity

CLOCK = Identity("clock", "operator", how="local")
"""Who ends what has had its time."""

_ROWS_AT_ONCE = 10_000
_VALUES_AT_ONCE = 500
REST_DAYS = 180
"""How long the automatic tier keeps away from a target whose block a person ended."""

_ENDED = (STATES.index(REFUSED), STATES.index(REMOVED))
_read_evidence = msgspec.json.Decoder(tuple[str, ...]).decode
_read_approvals = msgspec.json.Decoder(tuple[Approval, ...]).decode
_in_force = STATES.index(IN_FORCE)
_expired = STATES.index(EXPIRED)


def add(engine: Engine, decision: Decision, by: Identity, now: int) -> Decision:
    """Keep a proposal; InputError when the same is open or in force already."""
    with writing(engine) as connection:
        same = _open_like(decision)
        if found := connection.execute(same).first():
            raise InputError("error-decision-again", id=found.id, value=decision.target.value)
        values = _row(decision, _next_revision(connection))
        kept = connection.execute(insert(decisions).values(values))
        number = int(kept.inserted_primary_key[0])  # type: ignore[index]
        decision = msgspec.structs.replace(decision, id=number)
        _record(connection, by, "decisions.propose", now, decision)
    return decision


def change(
    engine: Engine,
    number: int,
    act: str,
    by: Identity,
    now: int,
    step: Callable[[Decision], Decision],
) -> Decision:
    """Take a decision one step further, as the desk's pure function says, and record the act."""
    with writing(engine) as connection:
        return change_within(connection, number, act, by, now, step)


def change_within(
    connection: Connection,
    number: int,
    act: str,
    by: Identity,
    now: int,
    step: Callable[[Decision], Decision],
) -> Decision:
    """The same as `change` in a transaction that does more."""
    decision = get_within(connection, number)
    after = step(decision)
    values = _row(after, _next_revision(connection))
    connection.execute(update(decisions).where(decisions.c.id == number).values(values))
    if after.state != decision.state:
        _mark(connection, [after])
    _record(connection, by, act, now, after)
    if after.state == IN_FORCE != decision.state and after.action != WARN and not after.dry_run:
        _end_automatic(connection, after, by, now)
    return after


def _end_automatic(connection: Connection, instead: Decision, by: Identity, now: int) -> None:
    """End the automatic block of what people decide on now: who ends theirs means to end it."""
    query = select(decisions).where(
        decisions.c.value == instead.target.value,
        decisions.c.scope == SCOPES.index(instead.target.scope),
        decisions.c.state == _in_force,
        decisions.c.origin == ORIGINS.index(AUTOMATIC),
        decisions.c.dry_run.is_(False),
    )
    for row in connection.execute(query).all():
        reason = f"decided by people: decision {instead.id}"
        ended = end(_decision(row), reason, now, AUTOMATIC)
        values = _row(ended, _next_revision(connection))
        connection.execute(update(decisions).where(decisions.c.id == ended.id).values(values))
        _mark(connection, [ended])
        _record(connection, by, "decisions.withdraw", now, ended)


def add_in_force(engine: Engine, made: Sequence[Decision], by: Identity, now: int) -> int:
    """Keep decisions of the automatic tier, which are in force at once; how many were new.

    One whose target is blocked already, or was until a person ended it not long ago, is left out.
    """
    new = 0
    for start in range(0, len(made), _ROWS_AT_ONCE):
        with writing(engine) as connection:
            some = made[start : start + _ROWS_AT_ONCE]
            taken = _taken(connection, [decision.target.value for decision in some], now)
            rest = [decision for decision in some if decision.target not in taken]
            if not rest:
                continue
            revision = _next_revision(connection)
            connection.execute(insert(decisions), [_row(each, revision) for each in rest])
            _mark(connection, rest)
            detail: dict[str, str | int | None] = {
                "count": len(rest),
                "first": rest[0].target.value,
            }
            record(connection, by, "decisions.automatic", now, detail)
            new += len(rest)
    return new


def end_many(engine: Engine, ended: Sequence[tuple[int, str]], by: Identity, now: int) -> None:
    """End decisions that are in force, each for a reason; those that ended meanwhile stay so."""
    for start in range(0, len(ended), _ROWS_AT_ONCE):
        some = ended[start : start + _ROWS_AT_ONCE]
        with writing(engine) as connection:
            revision = _next_revision(connection)
            for number, reason in some:
                decision = get_within(connection, number)
                if decision.state != IN_FORCE:
                    continue
                after = end(decision, reason, now, AUTOMATIC)
                values = _row(after, revision)
                connection.execute(update(decisions).where(decisions.c.id == number).values(values))
                _mark(connection, [after])
            detail: dict[str, str | int | None] = {"count": len(some), "first": some[0][0]}
            record(connection, by, "decisions.withdraw", now, {**detail, "reason": some[0][1]})


def expire(connection: Connection, now: int) -> int:
    """End what has had its time; how many that were."""
    due = _due(now)
    rows = connection.execute(select(decisions).where(*due)).all()
    if rows:
        connection.execute(
            update(decisions)
            .where(*due)
            .values(
                state=_expired,
                ended_at=decisions.c.expires,
                revision=_next_revision(connection),
            )
        )
        _mark(connection, [_decision(row) for row in rows])
        detail = {"count": len(rows), "first": rows[0].id}
        record(connection, CLOCK, "decisions.expire", now, detail)
    return len(rows)


def revive(engine: Engine, now: int) -> int:
    """Bring back what a clock that was ahead has ended before its time; how many that were."""
    early = (state_listed == _expired, decisions.c.expires > now)
    with writing(engine) as connection:
        rows = connection.execute(select(decisions).where(*early)).all()
        if rows:
            back = {"state": _in_force, "ended_at": None, "revision": _next_revision(connection)}
            connection.execute(update(decisions).where(*early).values(back))
            _mark(connection, [_decision(row) for row in rows])
            detail = {"count": len(rows), "first": rows[0].id}
            record(connection, CLOCK, "decisions.revive", now, detail)
    return len(rows)


def get(engine: Engine, number: int) -> Decision:
    """One decision; InputError when there is none."""
    with engine.connect() as connection:
        return get_within(connection, number)


def find(
    engine: Engine,
    *,
    states: Sequence[str] = (),
    after: int = 0,
    most: int | None = None,
    which: Sequence[ColumnElement[bool]] = (),
    backwards: bool = False,
) -> Iterator[Decision]:
    """Decisions by id, from the one after `after`; of some states, where given.

    `which` are further conditions. `backwards` gives the highest id first.
    """
    order = decisions.c.id.desc() if backwards else decisions.c.id
    query = select(decisions).where(decisions.c.id > after, *which).order_by(order).limit(most)
    if states:
        query = query.where(state_listed.in_([STATES.index(state) for state in states]))
    with engine.connect() as connection:
        for row in connection.execution_options(yield_per=5_000).execute(query):
            yield _decision(row)


def blocked_names(engine: Engine) -> Iterator[tuple[int, Target]]:
    """The blocks of names that are in force, by id, without what else is known of them."""
    query = select(decisions.c.id, decisions.c.scope, decisions.c.value).where(
        decisions.c.action == ACTIONS.index(BLOCK),
        decisions.c.scope != SCOPES.index(URL),
        decisions.c.state == _in_force,
    )
    with engine.connect() as connection:
        for number, scope, value in connection.execution_options(yield_per=5_000).execute(query):
            yield number, Target(SCOPES[scope], value)


def expression_of(target: Target) -> str:
    """The look-up expression (see `vocabulary.indicator`) that a target is found by."""
    return target.value if target.scope == URL else f"{target.value}/"


def in_force_on(engine: Engine, keys: Sequence[int], now: int) -> list[Decision]:
    """What is enforced at a time on targets whose expressions have any of these keys."""
    return _enforced(engine, decisions.c.key.in_(keys), now)


def in_force_between(engine: Engine, lowest: int, highest: int, now: int) -> list[Decision]:
    """What is enforced at a time on targets whose expressions have keys in a range."""
    return _enforced(engine, decisions.c.key.between(lowest, highest), now)


def _enforced(engine: Engine, which: ColumnElement[bool], now: int) -> list[Decision]:
    query = select(decisions).where(
        which,
        decisions.c.state == _in_force,
        decisions.c.expires > now,
        decisions.c.dry_run.is_(False),
    )
    with engine.connect() as connection:
        return [_decision(row) for row in connection.execute(query.order_by(decisions.c.id))]


def renew(engine: Engine, values: Sequence[str], now: int, expires: int) -> int:
    """Move the end of automatic blocks of these hosts that would end within half their time."""
    renewed = 0
    soon = (now + expires) // 2
    for start in range(0, len(values), _VALUES_AT_ONCE):
        with writing(engine) as connection:
            renewed += connection.execute(
                update(decisions)
                .where(
                    decisions.c.value.in_(values[start : start + _VALUES_AT_ONCE]),
                    decisions.c.origin == ORIGINS.index(AUTOMATIC),
                    decisions.c.state == _in_force,
                    decisions.c.expires < soon,
                )
                .values(expires=expires, revision=_next_revision(connection))
            ).rowcount
    return renewed


def expire_due(engine: Engine, now: int) -> None:
    """End what has had its time, if anything has."""
    with engine.connect() as connection:
        found = has_due(connection, now)
    if found:
        with writing(engine) as connection:
            expire(connection, now)


def has_due(connection: Connection, now: int) -> bool:
    """Whether something in force has had its time."""
    query = select(decisions.c.id).where(*_due(now)).limit(1)
    return connection.scalar(query) is not None


def _due(now: int) -> tuple[TextClause, ColumnElement[bool]]:
    return IN_FORCE_NOW, decisions.c.expires <= now


def last_change(engine: Engine) -> int:
    """When a decision last came into force or ended."""
    query = select(func.max(decisions.c.since), func.max(decisions.c.ended_at))
    with engine.connect() as connection:
        row = connection.execute(query).one()
    return max(row[0] or 0, row[1] or 0)


def reversed_name(name: str) -> str:
    """A name with its labels from the top down, so that all below a name stand together."""
    return ".".join(reversed(name.split(".")))


def _open_like(decision: Decision) -> Select[Any]:
    """A decision that says the same of the same target, open or in force."""
    return select(decisions.c.id).where(
        decisions.c.value == decision.target.value,
        decisions.c.state <= _in_force,
        decisions.c.scope == SCOPES.index(decision.target.scope),
        decisions.c.action == ACTIONS.index(decision.action),
        decisions.c.dry_run == decision.dry_run,
    )


def _taken(connection: Connection, values: Sequence[str], now: int) -> set[Target]:
    """The targets among these values of which the automatic tier keeps away.

    One is blocked already, or a person ended a block of it not long ago.
    """
    states = decisions.c.state
    in_force = (states == _in_force) & (decisions.c.expires > now)
    ended = states.in_(_ENDED) & (decisions.c.ended_at > now - REST_DAYS * DAY_S)
    found: set[Target] = set()
    for start in range(0, len(values), _VALUES_AT_ONCE):
        query = select(decisions.c.scope, decisions.c.value).where(
            decisions.c.value.in_(values[start : start + _VALUES_AT_ONCE]),
            decisions.c.action == ACTIONS.index(BLOCK),
            decisions.c.dry_run.is_(False),
            in_force | (ended & (decisions.c.ended_by != AUTOMATIC)),
        )
        found |= {Target(SCOPES[scope], value) for scope, value in connection.execute(query)}
    return found


def _mark(connection: Connection, some: Sequence[Decision]) -> None:
    """Have the names of these decisions looked at when the zone is published."""
    names = {d.target.value for d in some if d.target.scope != URL and is_name(d.target.value)}
    if names:
        rows = [{"value": name} for name in sorted(names)]
        connection.execute(upsert(zone_waiting).on_conflict_do_nothing(), rows)


def get_within(connection: Connection, number: int) -> Decision:
    """The same as `get` in a transaction."""
    row = connection.execute(select(decisions).where(decisions.c.id == number)).first()
    if row is None:
        raise InputError("error-decision-none", id=number)
    return _decision(row)


def _record(connection: Connection, by: Identity, act: str, now: int, decision: Decision) -> None:
    detail: dict[str, str | int | None] = {
        "decision": decision.id,
        "action": decision.action,
        "scope": decision.target.scope,
        "value": decision.target.value,
        "state": decision.state,
        "reason": decision.end_reason or decision.reason,
    }
    record(connection, by, act, now, detail)


def _next_revision(connection: Connection) -> int:
    """The number of a change, greater than all before: readers ask for what is newer."""
    return (connection.scalar(select(func.max(decisions.c.revision))) or 0) + 1


def _row(decision: Decision, revision: int) -> dict[str, Any]:
    values = {
        "action": ACTIONS.index(decision.action),
        "scope": SCOPES.index(decision.target.scope),
        "value": decision.target.value,
        "reason": decision.reason,
        "origin": ORIGINS.index(decision.origin),
        "evidence": msgspec.json.encode(decision.evidence).decode(),
        "state": STATES.index(decision.state),
        "needed": decision.needed,
        "approvals": msgspec.json.encode(decision.approvals).decode(),
        "proposed_at": decision.proposed_at,
        "days": decision.days,
        "dry_run": decision.dry_run,
        "since": decision.since,
        "expires": decision.expires,
        "ended_at": decision.ended_at,
        "end_reason": decision.end_reason,
        "revision": revision,
        "key": key_of(expression_of(decision.target)),
        "reversed": reversed_name(decision.target.host),
        "ended_by": decision.ended_by,
    }
    return values | ({"id": decision.id} if decision.id else {})


def _decision(row: Any) -> Decision:
    number, action, scope, value, reason, origin, evidence, state, needed, approvals, *rest = row
    proposed_at, days, dry_run, since, expires, ended_at, end_reason, *_, ended_by = rest
    return Decision(
        number,
        ACTIONS[action],
        Target(SCOPES[scope], value),
        reason,
        ORIGINS[origin],
        _read_evidence(evidence),
        STATES[state],
        needed,
        _read_approvals(approvals) if approvals != "[]" else (),
        proposed_at,
        days,
        bool(dry_run),
        since,
        expires,
        ended_at,
        end_reason,
        ended_by,
    )
