"""The block zone kept: what is decided, projected into records with a serial for each state.

Publishing reads the names that decisions touched since the last time, and writes the records that
differ, the history and the new serial in one transaction: a server that is killed at any moment
finds the last whole state, and no change is applied twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from sqlalchemy import Connection, Engine, Select, delete, func, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from cityshield.adapters.store.database import writing
from cityshield.adapters.store.decisions import expire
from cityshield.adapters.store.tables import (
    decisions,
    zone_changes,
    zone_records,
    zone_serials,
    zone_waiting,
)
from cityshield.ports.zone import BLOCKED, PASSED, Change, Record
from cityshield.vocabulary.decision import (
    ACTIONS,
    ALLOW,
    BLOCK,
    DOMAIN,
    HOST,
    IN_FORCE,
    SCOPES,
    STATES,
)

_Row = TypeVar("_Row")
_NAMES_AT_ONCE = 500
_MOST_AT_ONCE = 200_000
"""Names brought into one state of the zone: what seconds of the store's write lock allow."""

_SERIALS_KEPT = 2_000
_SERIAL_SPACE = 1 << 32
_in_force, _domain = STATES.index(IN_FORCE), SCOPES.index(DOMAIN)
_policies = {ACTIONS.index(BLOCK): BLOCKED, ACTIONS.index(ALLOW): PASSED}


class StoredZone:
    """The `Zone` port over the store."""

    def __init__(self, engine: Engine, now: Callable[[], int]) -> None:
        self._engine = engine
        self._now = now

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
        due = (
            select(decisions.c.id)
            .where(decisions.c.state == _in_force, decisions.c.expires <= self._now())
            .limit(1)
        )
        with self._engine.connect() as connection:
            waiting = connection.scalar(select(zone_waiting.c.value).limit(1))
            return waiting is not None or connection.scalar(due) is not None

    def publish(self) -> int | None:
        """Bring what was decided into the zone; the new serial, None when nothing changed."""
        now = self._now()
        with writing(self._engine) as connection:
            expire(connection, now)
            number, serial = _newest(connection)
            count = 0
            values = select(zone_waiting.c.value).order_by(zone_waiting.c.value)
            waiting = list(connection.scalars(values.limit(_MOST_AT_ONCE)))
            for start in range(0, len(waiting), _NAMES_AT_ONCE):
                names = waiting[start : start + _NAMES_AT_ONCE]
                count += _project(connection, number + 1, names)
            if waiting:
                done = zone_waiting.c.value <= waiting[-1]
                connection.execute(delete(zone_waiting).where(done))
            if not count and serial:
                return None
            serial = _next_serial(serial, now)
            connection.execute(
                insert(zone_serials).values(number=number + 1, serial=serial, at=now, changes=count)
            )
            _forget(connection, number + 1)
        return serial


def is_blocked(engine: Engine, name: str) -> bool:
    """Whether the zone blocks a name: by the record of the name, else the nearest one above."""
    labels = name.split(".")
    above = [f"*.{'.'.join(labels[place:])}" for place in range(1, len(labels))]
    query = select(zone_records).where(zone_records.c.owner.in_([name, *above]))
    with engine.connect() as connection:
        found = {row.owner: row.policy for row in connection.execute(query)}
    policies = [found[owner] for owner in (name, *above) if owner in found]
    return bool(policies) and policies[0] == BLOCKED


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


def wanted_records(decided: Iterable[tuple[str, int, int]]) -> dict[str, int]:
    """The records that decisions ask for, given the value, scope and action of each."""
    wanted: dict[str, int] = {}
    for value, scope, action in decided:
        for owner in (value, f"*.{value}") if scope == _domain else (value,):
            wanted[owner] = max(wanted.get(owner, 0), _policies[action])  # to allow wins
    return wanted


def enforced_in_dns() -> Select[str, int, int]:
    """Value, scope and action of the decisions that the zone shows."""
    return select(decisions.c.value, decisions.c.scope, decisions.c.action).where(
        decisions.c.state == _in_force,
        decisions.c.dry_run.is_(False),
        decisions.c.action.in_(_policies),
        decisions.c.scope.in_([SCOPES.index(HOST), SCOPES.index(DOMAIN)]),
    )


def _project(connection: Connection, number: int, names: list[str]) -> int:
    """Write the records that decisions on these names ask for; how many differ from before."""
    query = enforced_in_dns().where(decisions.c.value.in_(names))
    wanted = wanted_records((row[0], row[1], row[2]) for row in connection.execute(query))
    owners = [owner for name in names for owner in (name, f"*.{name}")]
    query_held = select(zone_records).where(zone_records.c.owner.in_(owners))
    held = {row.owner: row.policy for row in connection.execute(query_held)}
    changed = [owner for owner in owners if wanted.get(owner) != held.get(owner)]
    if not changed:
        return 0
    connection.execute(
        insert(zone_changes),
        [
            {
                "number": number,
                "owner": owner,
                "before": held.get(owner),
                "after": wanted.get(owner),
            }
            for owner in changed
        ],
    )
    gone = [owner for owner in changed if owner not in wanted]
    if gone:
        connection.execute(delete(zone_records).where(zone_records.c.owner.in_(gone)))
    rows = [{"owner": owner, "policy": wanted[owner]} for owner in changed if owner in wanted]
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
