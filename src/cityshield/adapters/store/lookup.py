"""Indicators looked up: found through the index, confirmed by the store."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cityshield.adapters.store.changes import STALE_NAME, lock_indicators, rebuild_index
from cityshield.adapters.store.index import FILE_NAME as INDEX_NAME
from cityshield.adapters.store.index import Index
from cityshield.adapters.store.indicators import KINDS, TYPES
from cityshield.adapters.store.place import STORE_NAME, has_store
from cityshield.vocabulary.errors import StoreError
from cityshield.vocabulary.indicator import Indicator

if TYPE_CHECKING:
    from sqlalchemy import Dialect, Engine, PoolProxiedConnection

    from cityshield.ports.clock import Clock

_KEYS_PER_QUERY = 500
_RENEW_S = 1.0
_MOST_ASKED = 10_000
_MAPPED_BYTES = 32 << 20
"""How much of the store is mapped rather than read: the most that it adds to resident memory."""


class IndicatorLookup:
    """The `Indicators` port over a data directory.

    A look-up that finds nothing touches the mapped index only; the database, and the library
    that speaks to it, are opened at the first key that may be listed. StoreError says so when the
    index holds a key but the store is gone.
    """

    def __init__(self, home: Path, clock: Clock, engine: Engine | None = None) -> None:
        self._home = home
        self._clock = clock
        self._engine = engine
        self._reader: PoolProxiedConnection | None = None
        self._reading = threading.Lock()
        self._renew_at = 0.0
        self._revision = 0
        self._asked: dict[int, list[Indicator]] = {}
        self._index = Index(home / INDEX_NAME, clock.monotonic)
        if self._index.damaged or (home / STALE_NAME).exists() or self._has_lost_index():
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
        matches, hits = self._index.matches, []
        for place, asked in enumerate(expressions):
            if found := matches(asked):
                hits += [(place, expression, key) for expression, key in found]
        if hits:
            known = self._confirm(sorted({key for _, _, key in hits}))
            for place, expression, _ in hits:
                answers[place] += tuple(known.get(expression, ()))
        return answers

    def _confirm(self, keys: Sequence[int]) -> dict[str, list[Indicator]]:
        """What the store says of these keys now, by value; for a second it is asked only once."""
        now, revision = self._clock.now(), self._index.revision
        with self._reading:
            renew = self._clock.monotonic() >= self._renew_at or len(self._asked) > _MOST_ASKED
            if renew or revision != self._revision:
                self._asked.clear()
                self._revision = revision
            if unasked := [key for key in keys if key not in self._asked]:
                self._ask(unasked)
            known: dict[str, list[Indicator]] = {}
            for key in keys:
                for item in self._asked[key]:
                    if item.expires is None or item.expires > now:
                        known.setdefault(item.value, []).append(item)
        return known

    def _ask(self, keys: Sequence[int]) -> None:
        self._asked.update({key: [] for key in keys})
        try:
            with self._connected() as execute:
                for start in range(0, len(keys), _KEYS_PER_QUERY):
                    some = tuple(keys[start : start + _KEYS_PER_QUERY])
                    width = 1 << (len(some) - 1).bit_length()  # few widths, so few statements
                    some += some[-1:] * (width - len(some))
                    for row in execute(_statement(self._database().dialect, width), some):
                        item = Indicator(KINDS[row[1]], row[2], TYPES[row[3]], *row[4:])
                        self._asked[row[0]].append(item)
        except BaseException:
            self._asked.clear()
            raise

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        """What executes a statement on the store, over a connection kept for look-ups.

        Fetching one from the pool costs more than a look-up. Once a second it is fetched anew,
        which notices a store that was deleted or replaced.
        """
        from cityshield.adapters.store.database import explained

        now = self._clock.monotonic()
        with explained(self._home / STORE_NAME):
            if self._reader is None or now >= self._renew_at:
                self._release()
                self._reader = self._database().raw_connection()
                self._renew_at = now + _RENEW_S
                execute = self._reader.driver_connection.execute  # type: ignore[union-attr]
                execute(f"PRAGMA mmap_size={_MAPPED_BYTES}")
            try:
                yield self._reader.driver_connection.execute  # type: ignore[union-attr]
            except BaseException:
                self._release()
                raise

    def _release(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()

    def _database(self) -> Engine:
        if self._engine is None:
            from cityshield.adapters.store.database import open_database

            self._engine = open_database(self._home, create=False)
        return self._engine

    def _has_lost_index(self) -> bool:
        """Whether there is a store without an index."""
        return not (self._home / INDEX_NAME).exists() and has_store(self._home)

    def _mend(self) -> None:
        """Rebuild an index that is damaged or was left behind, unless an import still runs.

        One that was left behind serves on where it can't be written anew.
        """
        try:
            with lock_indicators(self._home, wait=False):
                rebuild_index(self._database(), self._home)
        except BlockingIOError:
            return
        except OSError as error:
            if self._index.damaged or self._has_lost_index():
                reason = error.strerror or str(error)
                raise StoreError("error-home", path=str(self._home), reason=reason) from error
            return
        self._index.refresh()


@cache
def _statement(dialect: Dialect, width: int) -> str:
    """The query for so many keys; compiled once, for it takes long."""
    from sqlalchemy import bindparam, select

    from cityshield.adapters.store.tables import indicators, sources

    columns = indicators.c
    query = (
        select(
            columns.key,
            columns.kind,
            columns.value,
            columns.type,
            sources.c.name,
            sources.c.reason,
            columns.first_seen,
            columns.last_seen,
            columns.expires,
            columns.sightings,
            sources.c.confidence,
        )
        .join_from(indicators, sources)
        .where(columns.key.in_([bindparam(f"key{number}") for number in range(width)]))
        .order_by(columns.key, columns.source_id)
    )
    return str(query.compile(dialect=dialect))
