"""Decisions in force looked up: a few by the store, many through keys held in memory."""

from __future__ import annotations

import os
import sqlite3
import threading
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cityshield.adapters.store.index import key_of
from cityshield.adapters.store.place import STORE_NAME
from cityshield.ports.clock import Clock
from cityshield.vocabulary.decision import IN_FORCE, STATES, Decision

if TYPE_CHECKING:
    from sqlalchemy import Engine

_LOOK_EVERY_S = 0.5
_LINKS_UNTIL_KEYS = 1_000
_KEYS_AT_ONCE = 500
_NEWER_KEPT = 10_000
_in_force = STATES.index(IN_FORCE)


class DecisionLookup:
    """The `Decided` port over a data directory.

    The first links are looked up in the store itself, without the library that writes it, for a
    command asks about one. Who asks about many gets the keys of all decisions in force, eight bytes
    each, and twice a second those of newer ones; a key says only "ask the store", so one whose
    decision ended does no harm. A data directory without decisions costs one look at it.
    """

    def __init__(self, home: Path, clock: Clock, engine: Engine | None = None) -> None:
        self._home = home
        self._clock = clock
        self._engine = engine
        self._lock = threading.Lock()
        self._reader: sqlite3.Connection | None = None
        self._file = (0, 0)
        self._look_at = 0.0
        self._links = 0
        self._revision = 0
        self._held = 0
        self._keys: array[int] = array("q")
        self._newer: set[int] = set()

    def find_many(self, expressions: Sequence[Sequence[str]]) -> list[tuple[Decision, ...]]:
        """For each link's expressions, the decisions in force on them that are enforced."""
        answers: list[tuple[Decision, ...]] = [()] * len(expressions)
        with self._lock:
            self._refresh()
            if not self._revision:
                return answers
            keyed = [[key_of(expression) for expression in asked] for asked in expressions]
            self._links += len(expressions)
            if self._links > _LINKS_UNTIL_KEYS:
                self._take_keys()
                held = {key for keys in keyed for key in keys if self._may_hold(key)}
            else:
                held = self._in_store(sorted({key for keys in keyed for key in keys}))
        if held:
            known = self._confirm(sorted(held))
            answers = [tuple([d for e in asked for d in known.get(e, ())]) for asked in expressions]
        return answers

    def _may_hold(self, key: int) -> bool:
        place = bisect_left(self._keys, key)
        return (place < len(self._keys) and self._keys[place] == key) or key in self._newer

    def _in_store(self, keys: Sequence[int]) -> set[int]:
        """Those of the keys that the store has a decision in force on."""
        found: set[int] = set()
        with self._reading() as reader:
            for start in range(0, len(keys), _KEYS_AT_ONCE):
                some = keys[start : start + _KEYS_AT_ONCE]
                marks = ",".join("?" * len(some))
                query = "SELECT key FROM decisions WHERE state = ? AND key IN "
                rows = reader.execute(f"{query}({marks})", (_in_force, *some))
                found.update(key for (key,) in rows)
        return found

    def _take_keys(self) -> None:
        """Hold the keys of what was decided since those that are held."""
        if self._held == self._revision:
            return
        query = "SELECT key FROM decisions WHERE state = ? AND revision > ?"
        with self._reading() as reader:
            newer = {key for (key,) in reader.execute(query, (_in_force, self._held))}
        self._held = self._revision
        self._newer |= newer
        if len(self._newer) > _NEWER_KEPT:
            self._keys = array("q", sorted({*self._keys, *self._newer}))
            self._newer = set()

    def _refresh(self) -> None:
        """See, twice a second, whether there are decisions, and of which revision."""
        now = self._clock.monotonic()
        if now < self._look_at:
            return
        with self._reading() as reader:
            row = reader.execute("SELECT max(revision) FROM decisions").fetchone()
        self._revision = row[0] or 0
        self._look_at = now + _LOOK_EVERY_S  # only now: what could not be read is not "nothing"

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that only reads; one to nothing while there is no store to read."""
        path = self._home / STORE_NAME
        try:
            found = os.stat(path)
            file = (found.st_dev, found.st_ino)
        except FileNotFoundError:
            file = (0, 0)
        try:
            if self._reader is None or file != self._file:
                self._forget()
                self._reader = _open(path if file[1] else None)
                self._file = file
            yield self._reader
        except sqlite3.DatabaseError as error:
            from cityshield.vocabulary.errors import StoreError

            self._forget()
            raise StoreError("error-store", path=str(path), reason=str(error)) from error

    def _forget(self) -> None:
        """Start anew: another store took the place of the one that was read."""
        if self._reader is not None:
            self._reader.close()
        self._reader = None
        self._revision = self._held = 0
        self._keys, self._newer = array("q"), set()

    def _confirm(self, keys: Sequence[int]) -> dict[str, list[Decision]]:
        """What is enforced now on targets with these keys, by expression."""
        from cityshield.adapters.store.database import open_database
        from cityshield.adapters.store.decisions import expression_of, in_force_on

        if self._engine is None:
            self._engine = open_database(self._home, create=False)
        known: dict[str, list[Decision]] = {}
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            some = keys[start : start + _KEYS_AT_ONCE]
            for decision in in_force_on(self._engine, some, self._clock.now()):
                known.setdefault(expression_of(decision.target), []).append(decision)
        return known


def _open(path: Path | None) -> sqlite3.Connection:
    """The store, read only; an empty table where there is none, or one older than decisions."""
    if path is not None:
        address = f"{path.absolute().as_uri()}?mode=ro"
        reader = sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)
        try:
            query = "SELECT 1 FROM sqlite_master WHERE name = 'decisions'"
            if reader.execute(query).fetchone():
                return reader
        except sqlite3.DatabaseError:
            reader.close()
            raise
        reader.close()
    empty = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    empty.execute("CREATE TABLE decisions (key, state, revision)")
    return empty
