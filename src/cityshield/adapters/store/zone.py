"""The block zone kept: what is decided, projected into records with a serial for each state.

Publishing reads the names that decisions touched since the last time, and writes the records that
differ, the history and the new serial in one transaction: a server that is killed at any moment
finds the last whole state, and no change is applied twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, Select, delete, func, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from cityshield.adapters.store.database import writing
from cityshield.adapters.store.decisions import expire, has_due, reversed_name
from cityshield.adapters.store.tables import (
    decisions,
    settings,
    zone_changes,
    zone_records,
    zone_serials,
    zone_waiting,
)
from cityshield.desks.decisions.projection import POLICIES, parents, policy_for, records_of
from cityshield.ports.zone import BLOCKED, STATE_NAME, Change, Record
from cityshield.vocabulary.decision import (
    ACTIONS,
    DOMAIN,
    HOST,
    IN_FORCE,
    SCOPES,
    STATES,
)

_Row = TypeVar("_Row")
_NAMES_AT_ONCE = 500
_MOST_AT_ONCE = 50_000
"""Names brought into one state of the zone: what seconds of the store's write lock allow."""

_SERIALS_KEPT = 2_000
_SERIAL_SPACE = 1 << 32
_SHAPE = "zone.shape"
_in_force = STATES.index(IN_FORCE)


class StoredZone:
    """The `Zone` port over the store."""

    def __init__(self, engine: Engine, now: Callable[[], int], shape: str = "") -> None:
        """`shape` is what else of the settings the records depend on; it makes a new state."""
        self._engine = engine
        self._now = now
        self._shape = shape

    def serial(self) -> int:
        """The newest serial; 0 while nothing was ever published."""
        with self._engine.connect() as connection:
            return _newest(connection)[1]

    def records(self) -> tuple[int, Iterator[Record]]:
        """The newest serial, and all records of it by name: one reading of one state."""
        connection = self._engine.connect()
        try:
            serial = _newest(connection)[1]
            query = select(zone_records.c.owner, zone_records.c.policy)
            rows = connection.execution_options(yield_per=10_000).execute(
                query.order_by(zone_records.c.owner)
            )
        except BaseException:
            connection.close()
            raise
        return serial, _closing(connection, (Record(*row) for row in rows))

    def changes(self, since: int) -> tuple[int, Iterator[Change]] | None:
        """The newest serial, and every record that differs from what an older one had.

        None when the older serial is not in the history, or when as much changed as there is.
        """
        connection = self._engine.connect()
        try:
            number = connection.scalar(
                select(zone_serials.c.number).where(zone_serials.c.serial == since)
            )
            newest, serial = _newest(connection)
            if number is None or _is_large(connection, number):
                connection.close()
                return None
            query = (
                select(zone_changes.c.owner, zone_changes.c.before, zone_changes.c.after)
                .where(zone_changes.c.number > number, zone_changes.c.number <= newest)
                .order_by(zone_changes.c.owner, zone_changes.c.number)
            )
            rows = connection.execution_options(yield_per=10_000).execute(query)
        except BaseException:
            connection.close()
            raise
        return serial, _closing(connection, _net(Change(*row) for row in rows))

    def is_waiting(self) -> bool:
        """Whether something was decided, or has had its time, that the zone does not show yet."""
        with self._engine.connect() as connection:
            waiting = connection.scalar(select(zone_waiting.c.value).limit(1))
            return waiting is not None or has_due(connection, self._now())

    def publish(self) -> int | None:
        """Bring what was decided into the zone; the new serial, None when nothing changed."""
        now = self._now()
        with writing(self._engine) as connection:
            expire(connection, now)
            number, serial = _newest(connection)
            if is_new := self._take_shape(connection):
                connection.execute(delete(zone_changes))
                connection.execute(delete(zone_serials))
            count = 0
            values = select(zone_waiting.c.value).order_by(zone_waiting.c.value)
            waiting = list(connection.scalars(values.limit(_MOST_AT_ONCE)))
            for start in range(0, len(waiting), _NAMES_AT_ONCE):
                names = waiting[start : start + _NAMES_AT_ONCE]
                count += _project(connection, number + 1, names)
            if waiting:
                done = zone_waiting.c.value <= waiting[-1]
                connection.execute(delete(zone_waiting).where(done))
            if not count and serial and not is_new:
                return None
            serial = _next_serial(serial, now)
            connection.execute(
                insert(zone_serials).values(number=number + 1, serial=serial, at=now, changes=count)
            )
            _forget(connection, number + 1)
        return serial

    def _take_shape(self, connection: Connection) -> bool:
        """Whether the records are written otherwise than before: then the history is of no use."""
        if not self._shape:
            return False
        query = select(settings.c.value).where(settings.c.name == _SHAPE)
        held = connection.scalar(query)
        if held == self._shape:
            return False
        keep = upsert(settings).values(name=_SHAPE, value=self._shape)
        connection.execute(
            keep.on_conflict_do_update(index_elements=["name"], set_={"value": self._shape})
        )
        return held is not None


def is_blocked(engine: Engine, name: str) -> bool:
    """Whether the zone blocks a name."""
    owners = [name, *(f"*.{above}" for above in parents(name))]
    with engine.connect() as connection:
        return policy_for(name, _held(connection, zone_records.c.owner.in_(owners))) == BLOCKED


def newest_blocked(engine: Engine, most: int) -> list[str]:
    """The names that the zone blocks, those of the newest change first."""
    query = (
        select(zone_changes.c.owner)
        .join(zone_records, zone_records.c.owner == zone_changes.c.owner)
        .where(zone_records.c.policy == BLOCKED, zone_changes.c.owner.not_like("*.%"))
        .order_by(zone_changes.c.number.desc(), zone_changes.c.owner)
        .limit(most)
    )
    with engine.connect() as connection:
        return list(dict.fromkeys(connection.scalars(query)))


def enforced_in_dns() -> Select[str, int, int]:
    """Value, scope and action of the decisions that the zone shows."""
    return select(decisions.c.value, decisions.c.scope, decisions.c.action).where(
        decisions.c.state == _in_force,
        decisions.c.dry_run.is_(False),
        decisions.c.action.in_([ACTIONS.index(action) for action in POLICIES]),
        decisions.c.scope.in_([SCOPES.index(HOST), SCOPES.index(DOMAIN)]),
        decisions.c.value != STATE_NAME,
    )


def wanted_records(rows: Iterable[Any]) -> dict[str, int]:
    """The records that decisions ask for, as the store has them."""
    return records_of((value, SCOPES[scope], ACTIONS[action]) for value, scope, action in rows)


def _project(connection: Connection, number: int, names: list[str]) -> int:
    """Write the records that decisions on these names ask for; how many differ from before.

    What lies in a blocked or allowed domain is looked at with all of that domain, for records of
    names hang on each other there.
    """
    roots = _roots(connection, names)
    alone = [name for name in names if name not in roots]
    wanted: dict[str, int] = {}
    held: dict[str, int] = {}
    if alone:
        wanted |= wanted_records(
            connection.execute(enforced_in_dns().where(decisions.c.value.in_(alone)))
        )
        owners = [owner for name in alone for owner in (name, f"*.{name}")]
        held |= _held(connection, zone_records.c.owner.in_(owners))
    for root in sorted(set(roots.values())):
        below = _at_or_below(decisions.c.reversed, root)
        wanted |= wanted_records(connection.execute(enforced_in_dns().where(below)))
        held |= _held(connection, _at_or_below(zone_records.c.reversed, root))
    return _replace(connection, number, held, wanted)


def _roots(connection: Connection, names: list[str]) -> dict[str, str]:
    """For each name in a domain that is decided on, or was, the topmost such domain."""
    above = sorted({each for name in names for each in (name, *parents(name))})
    domains: set[str] = set()
    for start in range(0, len(above), _NAMES_AT_ONCE):
        some = above[start : start + _NAMES_AT_ONCE]
        decided = enforced_in_dns().where(
            decisions.c.value.in_(some), decisions.c.scope == SCOPES.index(DOMAIN)
        )
        domains.update(row[0] for row in connection.execute(decided))
        wild = zone_records.c.owner.in_([f"*.{name}" for name in some])
        domains.update(owner[2:] for owner in _held(connection, wild))
    found = {}
    for name in names:
        covering = [each for each in (name, *parents(name)) if each in domains]
        if covering:
            found[name] = covering[-1]
    return found


def _at_or_below(column: ColumnElement[str], name: str) -> ColumnElement[bool]:
    start = reversed_name(name)
    return (column == start) | ((column >= f"{start}.") & (column < f"{start}/"))


def _held(connection: Connection, which: ColumnElement[bool]) -> dict[str, int]:
    query = select(zone_records.c.owner, zone_records.c.policy).where(which)
    return {row.owner: row.policy for row in connection.execute(query)}


def _replace(
    connection: Connection, number: int, held: dict[str, int], wanted: dict[str, int]
) -> int:
    """Write what differs, and the history of it; a name changed before in this state goes on."""
    changed = sorted(
        owner for owner in held.keys() | wanted.keys() if held.get(owner) != wanted.get(owner)
    )
    for start in range(0, len(changed), _NAMES_AT_ONCE):
        some = changed[start : start + _NAMES_AT_ONCE]
        history = upsert(zone_changes)
        connection.execute(
            history.on_conflict_do_update(
                index_elements=["number", "owner"], set_={"after": history.excluded.after}
            ),
            [
                {
                    "number": number,
                    "owner": owner,
                    "before": held.get(owner),
                    "after": wanted.get(owner),
                }
                for owner in some
            ],
        )
        gone = [owner for owner in some if owner not in wanted]
        if gone:
            connection.execute(delete(zone_records).where(zone_records.c.owner.in_(gone)))
        rows = [
            {"owner": owner, "policy": wanted[owner], "reversed": reversed_name(owner)}
            for owner in some
            if owner in wanted
        ]
        if rows:
            statement = upsert(zone_records)
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["owner"], set_={"policy": statement.excluded.policy}
                ),
                rows,
            )
    return len(changed)


def _newest(connection: Connection) -> tuple[int, int]:
    """The newest state's number and serial; zeros while there is none."""
    query = select(zone_serials.c.number, zone_serials.c.serial)
    row = connection.execute(query.order_by(zone_serials.c.number.desc()).limit(1)).first()
    return (row.number, row.serial) if row else (0, 0)


def _next_serial(serial: int, now: int) -> int:
    """The time, or one more than before: greater also after a store was restored (RFC 1982)."""
    return max(serial + 1, now) % _SERIAL_SPACE or 1


def _is_large(connection: Connection, number: int) -> bool:
    """Whether the changes since a state outnumber the records."""
    changes = connection.scalar(
        select(func.coalesce(func.sum(zone_serials.c.changes), 0)).where(
            zone_serials.c.number > number
        )
    )
    some = select(zone_records.c.owner).limit(changes or 0).subquery()
    return (changes or 0) > (connection.scalar(select(func.count()).select_from(some)) or 0) + 1000


def _forget(connection: Connection, number: int) -> None:
    """Delete the oldest of the history."""
    oldest = number - _SERIALS_KEPT
    connection.execute(delete(zone_changes).where(zone_changes.c.number <= oldest))
    connection.execute(delete(zone_serials).where(zone_serials.c.number <= oldest))


def _net(changes: Iterable[Change]) -> Iterator[Change]:
    """Changes in the order of names and time, as one change a name; what came and went is none."""
    held: Change | None = None
    for change in changes:
        if held is not None and held.owner == change.owner:
            held = Change(change.owner, held.before, change.after)
            continue
        if held is not None and held.before != held.after:
            yield held
        held = change
    if held is not None and held.before != held.after:
        yield held


def _closing(connection: Connection, rows: Iterable[_Row]) -> Iterator[_Row]:
    """Rows, after which, or after whose end by other means, the connection is given back."""
    with connection:
        yield from rows
