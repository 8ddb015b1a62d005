"""The store's file: opened, brought up to date, copied."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event

from cityshield.vocabulary.errors import StoreError

FILE_NAME = "cityshield.sqlite3"
HEAD = "0001"
"""The newest migration; a test compares it with the folder."""

_BUSY_MS = 30_000
_FAULTS_OF_OURS = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.NotSupportedError)


def open_database(home: Path) -> Engine:
    """The store in a data directory, created or migrated as needed.

    Before a migration of a store that holds something, the file is copied to `backups/`.
    """
    path = home / FILE_NAME
    _make_private(home)
    engine = create_engine(URL.create("sqlite", database=str(path)))
    event.listen(engine, "connect", partial(_prepare, path))
    event.listen(engine, "begin", _begin)
    event.listen(engine, "handle_error", partial(_explain, path))
    with explained(path):
        found = _revision(path)
        if found != HEAD:
            _migrate(engine, path, found)
    return engine


def exists(home: Path) -> bool:
    """Whether the data directory holds a store."""
    return (home / FILE_NAME).is_file()


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that only reads."""
    with engine.connect() as connection:
        yield connection


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
        raise StoreError("error-store", path=str(path), reason=str(error)) from error


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Says the same of what is asked of SQLite without SQLAlchemy."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise StoreError("error-store", path=str(path), reason=str(error)) from error


def _prepare(path: Path, connection: Any, _record: Any) -> None:
    with explained(path):
        _set_up(connection)


def _set_up(connection: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy's begin event opens transactions instead
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={_BUSY_MS}",
        "cache_size=-4096",
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


def _revision(path: Path) -> str:
    """The migration that a file is at; empty for a new file. Raises for a foreign one."""
    if not path.exists() or not path.stat().st_size:
        return ""
    with closing(sqlite3.connect(path)) as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        if not tables:
            return ""
        if not {"alembic_version", "indicators", "audit"} <= tables:
            raise StoreError("error-store-foreign", path=str(path))
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return row[0] if row else ""


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
