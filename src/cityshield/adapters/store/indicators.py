"""Indicators: imported in batches, then projected into the index."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from cityshield.adapters.store.changes import changing, next_revision
from cityshield.adapters.store.index import key_of
from cityshield.vocabulary.errors import Forbidden, InputError
from cityshield.vocabulary.identity import ADMIN
from cityshield.vocabulary.indicator import (
    BENIGN_ACTIVITY,
    HOST,
    MALICIOUS_ACTIVITY,
    SHA256,
    URL,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from cityshield.ports.clock import Clock
    from cityshield.vocabulary.identity import Identity

KINDS = (HOST, URL, SHA256)
TYPES = (MALICIOUS_ACTIVITY, BENIGN_ACTIVITY)
BATCH_LINES = 20_000
_SORTED_BATCHES = 10
"""How many batches are sorted before they are stored: those of one such run lie side by side in the
table, so that each of its pages is written once for all of them."""

_DAY_S = 86_400
_ASKED_KEYS = 5_000

Entry = tuple[str, str]
"""A kind and a look-up expression, as `vocabulary.indicator` has them."""

DEFAULT_DAYS: Mapping[str, int] = {URL: 30, HOST: 90, SHA256: 0}
"""After how many days an entry expires that says nothing else, by kind; 0 for never."""


class Imported(msgspec.Struct, frozen=True):
    """What an import did: entries taken, entries new to the store, and index size after it."""

    taken: int
    new: int
    listed: int


def import_entries(
    engine: Engine,
    home: Path,
    clock: Clock,
    source: str,
    entries: Iterable[Entry],
    *,
    type: str = MALICIOUS_ACTIVITY,
    reason: str = "",
    expires_days: int | None = None,
    days: Mapping[str, int] = DEFAULT_DAYS,
    confidence: int | None = None,
    progress: Any = None,
    wait: bool = True,
    by: Identity | None = None,
) -> Imported:
    """Take entries from a source, in batches that are stored whole or not at all.

    While another import runs, this one waits, or raises StoreError if it may not. Its start is
    recorded as an act of `by`.

    An entry that the source named before is seen again: its last sighting and its expiry move. An
    entry expires after `expires_days`, else after `days` of its kind, where what is vouched for
    does not expire; 0 is never. `confidence` (STIX 2.1, 0..100) is how sure the source is; it stays
    as it was when it is None. `progress` is called with the number of entries taken so far. The
    index follows at the end; if the process dies before, the next reader makes it.
    """
    from sqlalchemy import Integer, cast, update
    from sqlalchemy.dialects.sqlite import insert

    from cityshield.adapters.store.database import checkpoint, writing_much
    from cityshield.adapters.store.tables import indicators, sources

    now = clock.now()
    kinds = {kind: number for number, kind in enumerate(KINDS)}
    expires = {kind: _expiry(kind, type, now, expires_days, days) for kind in KINDS}
    statement = insert(indicators)
    new = statement.excluded
    is_later = cast(new.last_seen > indicators.c.last_seen, Integer)
    statement = statement.on_conflict_do_update(
        index_elements=["key", "source_id", "value"],
        set_={
            "sightings": indicators.c.sightings + is_later,
            **{name: new[name] for name in ("type", "last_seen", "expires")},
        },
    )
    sql = str(statement.compile(dialect=engine.dialect))
    taken = known = 0
    with changing(engine, home, wait=wait) as change, writing_much(engine) as connection:
        source_id = _start(engine, source, reason, confidence, by, now)
        change.start()
        for number, batch in enumerate(_batches(entries), 1):
            keys = [key for key, _, _ in batch]
            rows = [
                (key, source_id, value, kinds[kind], TYPES.index(type), now, now, expires[kind], 1)
                for key, kind, value in batch
            ]
            with connection.begin():
                again = _count_known(connection, source_id, keys)
                connection.exec_driver_sql(sql, rows)
                _count(connection, source_id, len(rows) - again)
                next_revision(connection)
            known += again
            change.add(keys)
            taken += len(batch)
            if progress is not None:
                progress(taken)
            if number % _SORTED_BATCHES == 0:
                checkpoint(engine)
        with connection.begin():
            connection.execute(
                update(sources)
                .where(sources.c.id == source_id)
                .values(imported_at=now, good_lines=taken)
            )
    checkpoint(engine)
    return Imported(taken, taken - known, change.listed)


def end_import(
    engine: Engine,
    by: Identity,
    now: int,
    source: str,
    bad_lines: int,
    detail: Mapping[str, str | int | None],
) -> None:
    """Record the end of an import, and how many lines of the source could not be read."""
    from sqlalchemy import update

    from cityshield.adapters.store.audit import record
    from cityshield.adapters.store.database import writing
    from cityshield.adapters.store.tables import sources

    with writing(engine) as connection:
        connection.execute(
            update(sources).where(sources.c.name == source).values(bad_lines=bad_lines)
        )
        named = {"source": source, **detail, "bad_lines": bad_lines}
        record(connection, by, "feeds.import", now, named)


def remove_expired(engine: Engine, home: Path, now: int) -> int:
    """Delete the indicators whose time has passed; their number."""
    from sqlalchemy import delete, func, select

    from cityshield.adapters.store.database import writing
    from cityshield.adapters.store.tables import indicators

    is_over = indicators.c.expires <= now
    removed = 0
    with changing(engine, home) as change:
        with engine.connect() as connection:
            doomed = array("q", connection.scalars(select(indicators.c.key).where(is_over)))
        for start in range(0, len(doomed), _ASKED_KEYS):
            change.start()
            keys = doomed[start : start + _ASKED_KEYS]
            is_asked = indicators.c.key.in_(keys)
            with writing(engine) as connection:
                counts = select(indicators.c.source_id, func.count()).where(is_asked, is_over)
                for source_id, count in connection.execute(counts.group_by(indicators.c.source_id)):
                    _count(connection, source_id, -count)
                removed += connection.execute(delete(indicators).where(is_asked, is_over)).rowcount
                left = set(connection.scalars(select(indicators.c.key).where(is_asked)))
                next_revision(connection)
            change.less.extend(key for key in keys if key not in left)
    return removed


def _batches(entries: Iterable[Entry]) -> Iterator[list[tuple[int, str, str]]]:
    """Entries with their keys, without repetitions, in batches in the order of the keys."""
    rest = iter(entries)
    while some := list(islice(rest, _SORTED_BATCHES * BATCH_LINES)):
        keyed = sorted({(key_of(value), kind, value) for kind, value in some})
        for start in range(0, len(keyed), BATCH_LINES):
            yield keyed[start : start + BATCH_LINES]


def _expiry(
    kind: str, type: str, now: int, expires_days: int | None, days: Mapping[str, int]
) -> int | None:
    """When an entry of a kind expires that is seen now."""
    wanted = 0 if type == BENIGN_ACTIVITY else days[kind]
    after = wanted if expires_days is None else expires_days
    return now + after * _DAY_S if after else None


def _count(connection: Connection, source_id: int, more: int) -> None:
    """Say how many more entries a source has, so that nobody has to count millions."""
    from sqlalchemy import update

    from cityshield.adapters.store.tables import sources

    query = update(sources).where(sources.c.id == source_id)
    connection.execute(query.values(entries=sources.c.entries + more))


def _count_known(connection: Connection, source_id: int, keys: Sequence[int]) -> int:
    """How many of a source's entries have one of these keys."""
    named = ",".join(map(str, keys))  # numbers, and too many of them to bind each
    query = f"SELECT count(*) FROM indicators WHERE source_id = {source_id} AND key IN ({named})"  # noqa: S608
    return int(connection.exec_driver_sql(query).scalar_one())


def _start(
    engine: Engine, name: str, reason: str, confidence: int | None, by: Identity | None, now: int
) -> int:
    """Make or update the source and record that its import starts; its number."""
    from sqlalchemy import update

    from cityshield.adapters.store.audit import record
    from cityshield.adapters.store.database import writing
    from cityshield.adapters.store.tables import sources

    with writing(engine) as connection:
        if by is not None:
            _require_may(connection, name, by)
            record(connection, by, "feeds.import.start", now, {"source": name})
        source_id = source_id_of(connection, name, reason)
        if confidence is not None:
            query = update(sources).where(sources.c.id == source_id)
            connection.execute(query.values(confidence=confidence))
        return source_id


def _require_may(connection: Connection, name: str, by: Identity) -> None:
    """Refuse indicators for a guard list, and for a trusted source by a token below admin."""
    from sqlalchemy import select

    from cityshield.adapters.store.tables import sources

    query = select(sources.c.guard, sources.c.trusted).where(sources.c.name == name)
    row = connection.execute(query).first()
    if row is None:
        return
    if row.guard:
        raise InputError("error-source-both", name=name)
    if row.trusted and by.how == "token" and by.role != ADMIN:
        raise Forbidden("error-source-decides", name=name)


def source_id_of(connection: Connection, name: str, reason: str) -> int:
    """The number of a source, which is made when there is none yet."""
    from sqlalchemy import insert, select, update

    from cityshield.adapters.store.tables import sources

    found = connection.execute(select(sources.c.id).where(sources.c.name == name)).scalar()
    if found is None:
        values = {"name": name, "reason": reason, "imported_at": 0, "good_lines": 0}
        made = connection.execute(insert(sources).values(**values, bad_lines=0))
        return int(made.inserted_primary_key[0])  # type: ignore[index]
    if reason:
        connection.execute(update(sources).where(sources.c.id == found).values(reason=reason))
    return int(found)
