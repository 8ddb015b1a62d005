"""The store's file: opened, brought up to date, copied."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from shutil import disk_usage
from typing import Any

from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import NullPool

from cityshield.adapters.store.place import STORE_NAME, disk_full, locked
from cityshield.vocabulary.errors import StoreError

FILE_NAME = STORE_NAME
HEAD = "0007"
"""The newest migration; a test compares it with the folder."""

_BUSY_MS = 30_000
_CACHE, _LARGE_CACHE = -4096, -32_768
"""In KiB, as SQLite has it: below zero."""

_CHECKPOINT_PAGES = 1000
"""How long the write-ahead log grows until a commit brings it home: what SQLite does by itself."""

_LOCK_NAME = "store.lock"
_LEAST_BYTES = 1 << 16
"""With less room on the disk SQLite cannot even read: it shares its index of the journal in a file,
and says of that only that input or output failed."""

_FAULTS_OF_OURS = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.NotSupportedError)


def open_database(
    home: Path, *, create: bool = True, busy_ms: int = _BUSY_MS, pooled: bool = True
) -> Engine:
    """The store in a data directory, migrated as needed; StoreError when it may not be created.

    Before a migration of a store that holds something, the file is copied to `backups/`. The
    engine never makes a file: once open, a store that is deleted is missing, not empty. `busy_ms`
    is how long to wait for another writer. Without a pool, who reads slowly keeps nobody waiting.
    """
    path = home / STORE_NAME
    if create or home.exists():
        _make_private(home)
    if not create and not path.is_file():
        raise StoreError("error-store-missing", path=str(path))
    url = URL.create("sqlite", database=str(path))
    pool = {} if pooled else {"poolclass": NullPool}
    engine = create_engine(url, creator=partial(_connect, path, busy_ms), **pool)
    event.listen(engine, "connect", partial(_prepare, path, busy_ms))
    event.listen(engine, "checkout", partial(_require_same_file, path))
    event.listen(engine, "begin", _begin)
    event.listen(engine, "handle_error", partial(_explain, path))
    with explained(path):
        _bring_up_to_date(engine, path)
    return engine


def _bring_up_to_date(engine: Engine, path: Path) -> None:
    """Make or migrate the file: one process does, those that come at the same time wait."""
    lock = path.with_name(_LOCK_NAME)
    try:
        with locked(lock, shared=True):
            if _state(path) == (HEAD, "wal"):
                return
        with locked(lock):
            found, journal = _state(path)
            if journal != "wal":
                with closing(sqlite3.connect(path)) as connection:
                    connection.execute("PRAGMA journal_mode=WAL")
            if found != HEAD:
                _migrate(engine, path, found)
    except OSError as error:
        reason = error.strerror or str(error)
        raise StoreError("error-home", path=str(path.parent), reason=reason) from error


def copy_database(source: Path, target: Path) -> None:
    """Copy a store while it is in use, by SQLite's online backup; complete or absent."""
    scratch = target.with_name(target.name + ".part")
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(scratch)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode=DELETE")
    scratch.chmod(0o600)
    os.replace(scratch, target)


def _make_private(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError("error-home", path=str(home), reason=error.strerror or "") from error


def _explain(path: Path, context: ExceptionContext) -> None:
    """Say of a damaged, full or read-only file what it is, and how to mend it."""
    error = context.original_exception
    if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, _FAULTS_OF_OURS):
        raise _said(path, error) from error


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Says the same of what is asked of SQLite without SQLAlchemy."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _said(path, error) from error


def _said(path: Path, error: sqlite3.DatabaseError) -> StoreError:
    code = error.sqlite_errorcode
    no_room = code & 0xFF == sqlite3.SQLITE_IOERR and disk_usage(path.parent).free < _LEAST_BYTES
    if code == sqlite3.SQLITE_FULL or no_room:
        return disk_full(path)
    return StoreError("error-store", path=str(path), reason=str(error))


def _connect(path: Path, busy_ms: int) -> sqlite3.Connection:
    if not path.is_file():
        raise StoreError("error-store-missing", path=str(path))
    address = f"{path.absolute().as_uri()}?mode=rw"
    timeout_s = busy_ms / 1000
    return sqlite3.connect(address, uri=True, check_same_thread=False, timeout=timeout_s)


def _prepare(path: Path, busy_ms: int, connection: Any, record: Any) -> None:
    with explained(path):
        _set_up(connection, busy_ms)
    record.info["file"] = os.stat(path).st_ino


def _require_same_file(path: Path, _connection: Any, record: Any, _proxy: Any) -> None:
    """Have the pool connect anew when the store was deleted or another took its place."""
    try:
        same = os.stat(path).st_ino == record.info["file"]
    except FileNotFoundError:
        same = False
    if not same:
        raise DisconnectionError


def _set_up(connection: Any, busy_ms: int) -> None:
    connection.isolation_level = None  # SQLAlchemy's begin event opens transactions instead
    for pragma in (
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={busy_ms}",
        f"cache_size={_CACHE}",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A connection in one transaction that holds the write lock from its start."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


@contextmanager
def writing_much(engine: Engine) -> Iterator[Connection]:
    """A connection for many transactions, which leaves it to `checkpoint` to bring them home.

    SQLite does so at each commit else, and waits for the disk every time. The inner pages of a
    large table stay in its cache.
    """
    with engine.connect().execution_options(writes=True) as connection:
        for pragma in ("wal_autocheckpoint=0", f"cache_size={_LARGE_CACHE}"):
            _ask(connection, pragma)
        try:
            yield connection
        finally:
            for pragma in (f"wal_autocheckpoint={_CHECKPOINT_PAGES}", f"cache_size={_CACHE}"):
                _ask(connection, pragma)


def checkpoint(engine: Engine) -> None:
    """Bring what was committed from the write-ahead log into the file; nobody waits for it."""
    with engine.connect() as connection:
        _ask(connection, "wal_checkpoint(PASSIVE)")


def _ask(connection: Connection, pragma: str) -> None:
    """Run a pragma outside any transaction."""
    connection.connection.driver_connection.execute(f"PRAGMA {pragma}")  # type: ignore[union-attr]


def _state(path: Path) -> tuple[str, str]:
    """The migration that a file is at, empty for a new one, and how it keeps its journal.

    Raises for a foreign one.
    """
    if not path.exists() or not path.stat().st_size:
        return "", ""
    with closing(sqlite3.connect(path)) as connection:
        (journal,) = connection.execute("PRAGMA journal_mode").fetchone()
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        if not tables:
            return "", journal
        if not {"alembic_version", "indicators", "audit"} <= tables:
            raise StoreError("error-store-foreign", path=str(path))
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return (row[0] if row else ""), journal


def _migrate(engine: Engine, path: Path, found: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    if found:
        backups = path.parent / "backups"
        backups.mkdir(exist_ok=True, mode=0o700)
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        copy_database(path, backups / f"before-{HEAD}-{stamp}.sqlite3")
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with writing(engine) as connection:
        settings.attributes["connection"] = connection
        try:
            command.upgrade(settings, "head")
        except CommandError as error:
            raise StoreError("error-store-newer", path=str(path), revision=found) from error
    path.chmod(0o600)
