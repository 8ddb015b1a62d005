"""Changes of the indicators: one at a time, and the index follows each."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import TYPE_CHECKING

from cityshield.adapters.store.index import FILE_NAME as INDEX_NAME
from cityshield.adapters.store.index import change_index, revision_of, write_index
from cityshield.adapters.store.place import disk_full, locked
from cityshield.vocabulary.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

STALE_NAME = "indicators.stale"
_LOCK_NAME = "indicators.lock"
_REVISION = "indicators.revision"
_MOST_KEYS = 2_000_000


class Change:
    """What one change does to the keys; `listed` is how many the index holds after it.

    Keys that no entry has any more go into `less`. More than `_MOST_KEYS` are not remembered: the
    index is then read from the store.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self.started = False
        self.is_whole = (home / STALE_NAME).exists()
        self.more = array("q")
        self.less = array("q")
        self.listed = 0

    def add(self, keys: Iterable[int]) -> None:
        """Entries with these keys were stored."""
        self.more.extend(keys)
        if len(self.more) > _MOST_KEYS:
            self.is_whole = True
            del self.more[:]

    def start(self) -> None:
        """Say on disk that the index is behind the store, before the store moves on."""
        if not self.started:
            _mark_stale(self._home)
            self.started = True


@contextmanager
def changing(engine: Engine, home: Path, *, wait: bool = True) -> Iterator[Change]:
    """The one right to change indicators; the index follows what was stored, come what may.

    If the process dies before, the next reader makes the index. Raises StoreError when another
    change runs and this one may not wait.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(lock_indicators(home, wait=wait))
        except BlockingIOError:
            raise StoreError("error-locked") from None
        change = Change(home)
        with engine.connect() as connection:
            before = revision(connection)
        try:
            yield change
        finally:
            try:
                _follow(engine, home, change, before)
            except OSError as error:
                if error.errno not in (ENOSPC, EDQUOT):
                    raise
                raise disk_full(home / INDEX_NAME) from error


def _follow(engine: Engine, home: Path, change: Change, before: int) -> None:
    """Bring the index to what is stored now, from the state before the change where it is there."""
    path = home / INDEX_NAME
    if change.is_whole or revision_of(path) != before:
        change.listed = rebuild_index(engine, home)
    elif change.started:
        with engine.connect() as connection:
            after = revision(connection)
        change.listed = change_index(path, after, change.more, change.less)
        _say_current(home)


def rebuild_index(engine: Engine, home: Path) -> int:
    """Write the index from the store; the number of keys in it."""
    from sqlalchemy import select

    from cityshield.adapters.store.tables import indicators

    query = select(indicators.c.key).distinct().order_by(indicators.c.key)
    with engine.connect() as connection:
        state = revision(connection)
        result = connection.execution_options(stream_results=True, yield_per=50_000).execute(query)
        listed = write_index(home / INDEX_NAME, state, (row[0] for row in result))
    _say_current(home)
    return listed


def next_revision(connection: Connection) -> None:
    """Count a change of the indicators, in the transaction that makes it."""
    from sqlalchemy.dialects.sqlite import insert

    from cityshield.adapters.store.tables import settings

    value = str(revision(connection) + 1)
    connection.execute(
        insert(settings)
        .values(name=_REVISION, value=value)
        .on_conflict_do_update(index_elements=["name"], set_={"value": value})
    )


def lock_indicators(home: Path, *, wait: bool = True) -> AbstractContextManager[None]:
    """The one right to change indicators; BlockingIOError when taken and not to be waited for."""
    return locked(home / _LOCK_NAME, wait=wait)


def revision(connection: Connection) -> int:
    """How many changes of the indicators there were."""
    from sqlalchemy import select

    from cityshield.adapters.store.tables import settings

    query = select(settings.c.value).where(settings.c.name == _REVISION)
    return int(connection.execute(query).scalar() or 0)


def _mark_stale(home: Path) -> None:
    with (home / STALE_NAME).open("w") as file:
        file.write("the index is rebuilt at the next start\n")
        file.flush()
        os.fsync(file.fileno())


def _say_current(home: Path) -> None:
    (home / STALE_NAME).unlink(missing_ok=True)
    for left in home.glob(f"{INDEX_NAME}.*.part"):  # by a process that was killed
        left.unlink(missing_ok=True)
