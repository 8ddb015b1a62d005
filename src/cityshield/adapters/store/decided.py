"""Decisions in force looked up: a few by the store, many through keys held in memory."""

from __future__ import annotations

import os
import sqlite3
import threading
from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cityshield.adapters.store.index import key_of
from cityshield.adapters.store.place import STORE_NAME
from cityshield.ports.clock import Clock
from cityshield.vocabulary.decision import IN_FORCE, SCOPES, STATES, URL, Decision

if TYPE_CHECKING:
    from sqlalchemy import Engine

_LOOK_EVERY_S = 0.5
_LINKS_UNTIL_KEYS = 1_000
_VALUES_AT_ONCE = 500
_NEWER_KEPT = 10_000
_in_force, _url = STATES.index(IN_FORCE), SCOPES.index(URL)


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
            self._links += len(expressions)
            if self._links > _LINKS_UNTIL_KEYS:
                self._take_keys()
                held = {e for asked in expressions for e in asked if self._may_hold(e)}
            else:
                held = self._in_store({e for asked in expressions for e in asked})
        if held:
            known = self._confirm(held)
            for place, asked in enumerate(expressions):
                answers[place] = tuple([d for e in asked for d in known.get(e, ())])
        return answers

    def _may_hold(self, expression: str) -> bool:
        key, keys = key_of(expression), self._keys
        place = bisect_left(keys, key)
        return (place < len(keys) and keys[place] == key) or key in self._newer

    def _in_store(self, expressions: Collection[str]) -> set[str]:
        """Those of the expressions that the store has a decision in force on."""
        values = sorted(_values(expressions))
        found: set[str] = set()
        with self._reading() as reader:
            for start in range(0, len(values), _VALUES_AT_ONCE):
                some = values[start : start + _VALUES_AT_ONCE]
                marks = ",".join("?" * len(some))
                query = "SELECT scope, value FROM decisions WHERE state = ? AND value IN "
                rows = reader.execute(f"{query}({marks})", (_in_force, *some))
                found.update(value if scope == _url else f"{value}/" for scope, value in rows)
        return found.intersection(expressions)

    def _take_keys(self) -> None:
        """Hold the keys of what was decided since those that are held."""
        if self._held == self._revision:
            return
        query = "SELECT scope, value FROM decisions WHERE state = ? AND revision > ?"
        with self._reading() as reader:
            rows = reader.execute(query, (_in_force, self._held))
            newer = {key_of(v if scope == _url else f"{v}/") for scope, v in rows}
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
        self._look_at = now + _LOOK_EVERY_S
        with self._reading() as reader:
            row = reader.execute("SELECT max(revision) FROM decisions").fetchone()
        self._revision = row[0] or 0

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

    def _confirm(self, expressions: set[str]) -> dict[str, list[Decision]]:
        from cityshield.adapters.store.database import open_database
        from cityshield.adapters.store.decisions import in_force_on

        if self._engine is None:
            self._engine = open_database(self._home, create=False)
        known: dict[str, list[Decision]] = {}
        values = sorted(_values(expressions))
        for start in range(0, len(values), _VALUES_AT_ONCE):
            some = values[start : start + _VALUES_AT_ONCE]
            for decision in in_force_on(self._engine, some, self._clock.now()):
                if not decision.dry_run:
                    known.setdefault(_expression_of(decision), []).append(decision)
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
    empty.execute("CREATE TABLE decisions (scope, value, state, revision)")
    return empty


def _expression_of(decision: Decision) -> str:
    """The look-up expression that a decision's target is found by."""
    target = decision.target
    return target.value if target.scope == URL else f"{target.value}/"


def _values(expressions: Collection[str]) -> set[str]:
    """The values under which decisions on these expressions are kept."""
    return {*expressions, *(e[:-1] for e in expressions if e.endswith("/"))}
