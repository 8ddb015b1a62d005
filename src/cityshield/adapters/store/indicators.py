"""Indicators: written in batches, found through the index, confirmed by the store."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from cityshield.adapters.store.index import FILE_NAME as INDEX_NAME
from cityshield.adapters.store.index import Index, key_of, write_index
from cityshield.vocabulary.errors import InputError, StoreError
from cityshield.vocabulary.indicator import (
    BENIGN_ACTIVITY,
    HOST,
    MALICIOUS_ACTIVITY,
    SHA256,
    URL,
    Indicator,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect, Engine

    from cityshield.ports.clock import Clock
    from cityshield.vocabulary.identity import Identity

KINDS = (HOST, URL, SHA256)
TYPES = (MALICIOUS_ACTIVITY, BENIGN_ACTIVITY)
BATCH_LINES = 20_000
_KEYS_PER_QUERY = 500
_STALE_NAME = "indicators.stale"
_LOCK_NAME = "indicators.lock"
_DAY_S = 86_400
_REVISION = "indicators.revision"

Entry = tuple[str, str]
"""A kind and a look-up expression, as `vocabulary.indicator` has them."""


class IndicatorLookup:
    """The `Indicators` port over a data directory.

    A look-up that finds nothing touches the mapped index only; the database, and the library
    that speaks to it, are opened at the first key that may be listed.
    """

    def __init__(self, home: Path, clock: Clock, engine: Engine | None = None) -> None:
        self._home = home
        self._clock = clock
        self._engine = engine
        self._sources: dict[int, tuple[str, str]] = {}
        self._index = Index(home / INDEX_NAME)
        if self._index.damaged or (home / _STALE_NAME).exists() or self._has_lost_index():
            self._mend()

    def version(self) -> str:
        """The revision of the index."""
        self._index.refresh()
        return str(self._index.revision)

    def __len__(self) -> int:
        self._index.refresh()
        return self._index.size

    def find_many(self, expressions: Sequence[Sequence[str]]) -> list[tuple[Indicator, ...]]:
        """For each subject's expressions, the indicators in force."""
        self._index.refresh()
        answers: list[tuple[Indicator, ...]] = [()] * len(expressions)
        if not self._index.size:
            return answers
        index, hits = self._index, []
        for place, asked in enumerate(expressions):
            for expression in asked:
                key = key_of(expression)
                if key in index:
                    hits.append((place, expression, key))
        if hits:
            known = self._confirm(sorted({key for _, _, key in hits}))
            found: dict[int, list[Indicator]] = {}
            for place, expression, _ in hits:
                if expression in known:
                    found.setdefault(place, []).extend(known[expression])
            for place, indicators in found.items():
                answers[place] = tuple(indicators)
        return answers

    def _confirm(self, keys: Sequence[int]) -> dict[str, list[Indicator]]:
        now = self._clock.now()
        known: dict[str, list[Indicator]] = {}
        engine = self._database()
        from cityshield.adapters.store.database import FILE_NAME, explained

        with explained(self._home / FILE_NAME), closing(engine.raw_connection()) as pooled:
            execute = pooled.driver_connection.execute  # type: ignore[union-attr]
            for start in range(0, len(keys), _KEYS_PER_QUERY):
                some = tuple(keys[start : start + _KEYS_PER_QUERY])
                width = 1 << (len(some) - 1).bit_length()  # few widths, so few statements
                some += some[-1:] * (width - len(some))
                for row in execute(_statement(engine.dialect, width), (*some, now)):
                    indicator = Indicator(KINDS[row[0]], row[1], TYPES[row[2]], *row[3:])
                    known.setdefault(indicator.value, []).append(indicator)
        return known

    def _database(self) -> Engine:
        if self._engine is None:
            from cityshield.adapters.store.database import open_database

            self._engine = open_database(self._home)
        return self._engine

    def _has_lost_index(self) -> bool:
        """Whether there is a store without an index (its module would load SQLAlchemy)."""
        store = self._home / "cityshield.sqlite3"
        return not (self._home / INDEX_NAME).exists() and store.is_file()

    def _mend(self) -> None:
        """Rebuild an index that is damaged or was left behind, unless an import still runs."""
        try:
            with _lock(self._home, wait=False):
                rebuild_index(self._database(), self._home)
        except BlockingIOError:
            return
        self._index.refresh()


@cache
def _statement(dialect: Dialect, width: int) -> str:
    """The query for so many keys and, last, the moment; compiled once, for it takes long."""
    from sqlalchemy import bindparam, or_, select

    from cityshield.adapters.store.tables import indicators, sources

    columns = indicators.c
    query = (
        select(
            columns.kind,
            columns.value,
            columns.type,
            sources.c.name,
            sources.c.reason,
            columns.first_seen,
            columns.last_seen,
            columns.expires,
        )
        .join_from(indicators, sources)
        .where(columns.key.in_([bindparam(f"key{number}") for number in range(width)]))
        .where(or_(columns.expires.is_(None), columns.expires > bindparam("now")))
        .order_by(columns.key, columns.source_id)
    )
    return str(query.compile(dialect=dialect))


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
) -> Imported:
    """Take entries from a source, in batches that are stored whole or not at all.

    While another import runs, this one waits, or raises StoreError if it may not.

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
        _mark_stale(home)
        source_id = _source_id(engine, source, reason)
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
                _next_revision(connection)
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


def note_bad_lines(engine: Engine, source: str, bad_lines: int) -> None:
    """Record how many lines of a source's last import could not be read."""
    from sqlalchemy import update

    from cityshield.adapters.store.database import writing
    from cityshield.adapters.store.tables import sources

    with writing(engine) as connection:
        connection.execute(
            update(sources).where(sources.c.name == source).values(bad_lines=bad_lines)
        )


def rebuild_index(engine: Engine, home: Path) -> int:
    """Write the index from the store; the number of keys in it."""
    from sqlalchemy import select

    from cityshield.adapters.store.tables import indicators

    query = select(indicators.c.key).distinct().order_by(indicators.c.key)
    with engine.connect() as connection:
        revision = _revision(connection)
        result = connection.execution_options(stream_results=True, yield_per=50_000).execute(query)
        listed = write_index(home / INDEX_NAME, revision, (row[0] for row in result))
    (home / _STALE_NAME).unlink(missing_ok=True)
    for left in home.glob(f"{INDEX_NAME}.*.part"):  # by a process that was killed
        left.unlink(missing_ok=True)
    return listed


class Source(msgspec.Struct, frozen=True):
    """A source: its entries in the store, and how its last import went."""

    name: str
    reason: str
    entries: int
    imported_at: int
    good_lines: int
    bad_lines: int


def list_sources(engine: Engine) -> list[Source]:
    """Every source by name."""
    from sqlalchemy import func, select

    from cityshield.adapters.store.tables import indicators, sources

    counted = (
        select(indicators.c.source_id, func.count().label("entries"))
        .group_by(indicators.c.source_id)
        .subquery()
    )
    query = (
        select(
            sources.c.name,
            sources.c.reason,
            func.coalesce(counted.c.entries, 0),
            sources.c.imported_at,
            sources.c.good_lines,
            sources.c.bad_lines,
        )
        .outerjoin(counted, counted.c.source_id == sources.c.id)
        .order_by(sources.c.name)
    )
    with engine.connect() as connection:
        return [Source(*row) for row in connection.execute(query)]


def remove_source(
    engine: Engine, home: Path, clock: Clock, identity: Identity, name: str
) -> tuple[int, int]:
    """Delete a source with its entries: how many it had, and how many keys are left."""
    from sqlalchemy import delete, select

    from cityshield.adapters.store.audit import record
    from cityshield.adapters.store.database import writing
    from cityshield.adapters.store.tables import indicators, sources

    with _lock(home, wait=True):
        with writing(engine) as connection:
            source_id = connection.scalar(select(sources.c.id).where(sources.c.name == name))
            if source_id is None:
                raise InputError("error-source", name=name)
            _mark_stale(home)
            removed = connection.execute(
                delete(indicators).where(indicators.c.source_id == source_id)
            ).rowcount
            connection.execute(delete(sources).where(sources.c.id == source_id))
            _next_revision(connection)
            record(
                connection,
                identity,
                "feeds.remove",
                clock.now(),
                {"source": name, "entries": removed},
            )
        return removed, rebuild_index(engine, home)


def remove_expired(engine: Engine, home: Path, now: int) -> int:
    """Delete the indicators whose time has passed; their number."""
    from sqlalchemy import delete

    from cityshield.adapters.store.database import writing
    from cityshield.adapters.store.tables import indicators

    with _lock(home, wait=True):
        with writing(engine) as connection:
            removed = connection.execute(
                delete(indicators).where(indicators.c.expires <= now)
            ).rowcount
            if removed:
                _mark_stale(home)
                _next_revision(connection)
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


def _source_id(engine: Engine, name: str, reason: str) -> int:
    from sqlalchemy import insert, select, update

    from cityshield.adapters.store.database import writing
    from cityshield.adapters.store.tables import sources

    with writing(engine) as connection:
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


def _next_revision(connection: Connection) -> None:
    from sqlalchemy.dialects.sqlite import insert

    from cityshield.adapters.store.tables import settings

    value = str(_revision(connection) + 1)
    connection.execute(
        insert(settings)
        .values(name=_REVISION, value=value)
        .on_conflict_do_update(index_elements=["name"], set_={"value": value})
    )


def _mark_stale(home: Path) -> None:
    """Say on disk that the index is behind the store, before the store moves on."""
    with (home / _STALE_NAME).open("w") as file:
        file.write("the index is rebuilt at the next start\n")
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _lock_or_say(home: Path, *, wait: bool) -> Iterator[None]:
    with ExitStack() as stack:
        try:
            stack.enter_context(_lock(home, wait=wait))
        except BlockingIOError:
            raise StoreError("error-locked") from None
        yield


@contextmanager
def _lock(home: Path, *, wait: bool) -> Iterator[None]:
    """The one right to change indicators; raises BlockingIOError when taken and not waiting."""
    with (home / _LOCK_NAME).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
