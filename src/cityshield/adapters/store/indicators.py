"""Indicators: imported in batches, then projected into the index."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from cityshield.adapters.store.index import FILE_NAME as INDEX_NAME
from cityshield.adapters.store.index import key_of, write_index
from cityshield.adapters.store.place import locked
from cityshield.vocabulary.errors import Forbidden, InputError, StoreError
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
STALE_NAME = "indicators.stale"
_LOCK_NAME = "indicators.lock"
_DAY_S = 86_400
_REVISION = "indicators.revision"

Entry = tuple[str, str]
"""A kind and a look-up expression, as `vocabulary.indicator` has them."""


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
    progress: Any = None,
    wait: bool = True,
    by: Identity | None = None,
) -> Imported:
    """Take entries from a source, in batches that are stored whole or not at all.

    While another import runs, this one waits, or raises StoreError if it may not. Its start is
    recorded as an act of `by`.

    An entry that the source named before is seen again: its last sighting and its expiry move.
    `progress` is called with the number of entries taken so far. The index follows at the end;
    if the process dies before, the next reader makes it.
    """
    from sqlalchemy import update
    from sqlalchemy.dialects.sqlite import insert

    from cityshield.adapters.store.database import writing
    from cityshield.adapters.store.tables import indicators, sources

    now = clock.now()
    expires = None if expires_days is None else now + expires_days * _DAY_S
    kinds = {kind: number for number, kind in enumerate(KINDS)}
    statement = insert(indicators)
    statement = statement.on_conflict_do_update(
        index_elements=["key", "source_id", "value"],
        set_={name: statement.excluded[name] for name in ("type", "last_seen", "expires")},
    )
    sql = str(statement.compile(dialect=engine.dialect))
    taken = 0
    with _lock_or_say(home, wait=wait):
        mark_stale(home)
        source_id = _start(engine, source, reason, by, now)
        with engine.connect() as connection:
            before = count_rows(connection)
        for batch in _batches(entries):
            keyed = sorted([(key_of(value), kind, value) for kind, value in batch])
            rows = [
                (key, source_id, value, kinds[kind], TYPES.index(type), now, now, expires)
                for key, kind, value in keyed
            ]
            with writing(engine) as connection:
                connection.exec_driver_sql(sql, rows)
                next_revision(connection)
            taken += len(batch)
            if progress is not None:
                progress(taken)
        with writing(engine) as connection:
            connection.execute(
                update(sources)
                .where(sources.c.id == source_id)
                .values(imported_at=now, good_lines=taken)
            )
            after = count_rows(connection)
        listed = rebuild_index(engine, home)
    return Imported(taken, after - before, listed)


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


def rebuild_index(engine: Engine, home: Path) -> int:
    """Write the index from the store; the number of keys in it."""
    from sqlalchemy import select

    from cityshield.adapters.store.tables import indicators

    query = select(indicators.c.key).distinct().order_by(indicators.c.key)
    with engine.connect() as connection:
        revision = _revision(connection)
        result = connection.execution_options(stream_results=True, yield_per=50_000).execute(query)
        listed = write_index(home / INDEX_NAME, revision, (row[0] for row in result))
    (home / STALE_NAME).unlink(missing_ok=True)
    for left in home.glob(f"{INDEX_NAME}.*.part"):  # by a process that was killed
        left.unlink(missing_ok=True)
    return listed


def remove_expired(engine: Engine, home: Path, now: int) -> int:
    """Delete the indicators whose time has passed; their number."""
    from sqlalchemy import delete

    from cityshield.adapters.store.database import writing
    from cityshield.adapters.store.tables import indicators

    with lock_indicators(home):
        with writing(engine) as connection:
            removed = connection.execute(
                delete(indicators).where(indicators.c.expires <= now)
            ).rowcount
            if removed:
                mark_stale(home)
                next_revision(connection)
        if removed:
            rebuild_index(engine, home)
    return removed


def count_rows(connection: Connection) -> int:
    """How many entries all sources hold together."""
    from sqlalchemy import func, select

    from cityshield.adapters.store.tables import indicators

    return connection.execute(select(func.count()).select_from(indicators)).scalar_one()


def _batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    batch: list[Entry] = []
    for entry in entries:
        batch.append(entry)
        if len(batch) >= BATCH_LINES:
            yield batch
            batch = []
    if batch:
        yield batch


def _start(engine: Engine, name: str, reason: str, by: Identity | None, now: int) -> int:
    """Make or update the source and record that its import starts; its number."""
    from cityshield.adapters.store.audit import record
    from cityshield.adapters.store.database import writing

    with writing(engine) as connection:
        if by is not None:
            _require_may(connection, name, by)
            record(connection, by, "feeds.import.start", now, {"source": name})
        return source_id_of(connection, name, reason)


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


def _revision(connection: Connection) -> int:
    from sqlalchemy import select

    from cityshield.adapters.store.tables import settings

    query = select(settings.c.value).where(settings.c.name == _REVISION)
    return int(connection.execute(query).scalar() or 0)


def next_revision(connection: Connection) -> None:
    """Count a change of the indicators, in the transaction that makes it."""
    from sqlalchemy.dialects.sqlite import insert

    from cityshield.adapters.store.tables import settings

    value = str(_revision(connection) + 1)
    connection.execute(
        insert(settings)
        .values(name=_REVISION, value=value)
        .on_conflict_do_update(index_elements=["name"], set_={"value": value})
    )


def mark_stale(home: Path) -> None:
    """Say on disk that the index is behind the store, before the store moves on."""
    with (home / STALE_NAME).open("w") as file:
        file.write("the index is rebuilt at the next start\n")
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _lock_or_say(home: Path, *, wait: bool) -> Iterator[None]:
    with ExitStack() as stack:
        try:
            stack.enter_context(lock_indicators(home, wait=wait))
        except BlockingIOError:
            raise StoreError("error-locked") from None
        yield


def lock_indicators(home: Path, *, wait: bool = True) -> AbstractContextManager[None]:
    """The one right to change indicators; BlockingIOError when taken and not to be waited for."""
    return locked(home / _LOCK_NAME, wait=wait)
