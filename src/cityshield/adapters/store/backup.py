"""Backups of the store, and everything in it as JSON Lines."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Engine, select

from cityshield.adapters.store.changes import lock_indicators, rebuild_index
from cityshield.adapters.store.database import FILE_NAME, HEAD, copy_database, open_database
from cityshield.adapters.store.decisions import find
from cityshield.adapters.store.indicators import KINDS, TYPES
from cityshield.adapters.store.place import locked
from cityshield.adapters.store.tables import (
    audit,
    feed_syncs,
    feeds,
    guard_names,
    indicators,
    settings,
    site_imports,
    site_opt_outs,
    site_runs,
    sites,
    sources,
    tokens,
)
from cityshield.vocabulary.errors import InputError, StoreError

_IN_USE_NAME = "service.lock"
_TOLD = ("source", "first_seen", "last_seen", "expires", "sightings")


@contextmanager
def in_use(home: Path) -> Iterator[None]:
    """Say that a service runs on this data directory; any number may."""
    with ExitStack() as stack:
        _take(stack, locked(home / _IN_USE_NAME, shared=True, wait=False))
        yield


def _take(stack: ExitStack, lock: AbstractContextManager[None]) -> None:
    try:
        stack.enter_context(lock)
    except BlockingIOError:
        raise StoreError("error-busy") from None


def create_backup(home: Path, target: Path | None) -> Path:
    """Copy the store, also while it is in use; the path of the copy."""
    if target is None:
        folder = home / "backups"
        folder.mkdir(exist_ok=True, mode=0o700)
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        target = folder / f"cityshield-{stamp}.sqlite3"
    if target.exists():
        raise InputError("error-backup-exists", path=str(target))
    try:
        copy_database(home / FILE_NAME, target)
    except (OSError, sqlite3.Error) as error:
        raise InputError("error-file-write", path=str(target), reason=str(error)) from error
    return target


def restore_backup(home: Path, backup: Path) -> Path:
    """Put a backup in the place of the store; where the store that was there is kept.

    Refuses while a service or an import uses the data directory, and what is not a sound backup.
    """
    _require_sound(backup)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    kept = home / "backups" / f"before-restore-{stamp}.sqlite3"
    with ExitStack() as stack:
        _take(stack, locked(home / _IN_USE_NAME, wait=False))
        _take(stack, lock_indicators(home, wait=False))
        store = home / FILE_NAME
        scratch = home / f"{FILE_NAME}.restoring"
        copy_database(backup, scratch)
        if store.exists():
            kept.parent.mkdir(exist_ok=True, mode=0o700)
            copy_database(store, kept)
            for suffix in ("-wal", "-shm"):
                store.with_name(FILE_NAME + suffix).unlink(missing_ok=True)
        os.replace(scratch, store)
        engine = open_database(home)
        rebuild_index(engine, home)
        engine.dispose()
    return kept


def _require_sound(backup: Path) -> None:
    try:
        address = f"{backup.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as connection:
            connection.execute("SELECT 1 FROM indicators, audit, tokens LIMIT 0")
            verdict = connection.execute("PRAGMA quick_check").fetchone()[0]
            revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except (sqlite3.Error, TypeError) as error:
        raise InputError("error-backup", path=str(backup), reason=str(error)) from error
    if verdict != "ok" or revision is None or revision[0] > HEAD:
        reason = verdict if verdict != "ok" else "newer"
        raise InputError("error-backup", path=str(backup), reason=reason)


def export_everything(engine: Engine) -> Iterator[dict[str, Any]]:
    """What people and sources said and decided, as objects, row by row.

    What follows from it stays inside (verdicts, the block zone), and so do secrets: digests of
    tokens, sessions, and what was written in appeals.
    """
    with engine.connect() as connection:
        lists = (settings, sources, feeds, feed_syncs)
        websites = (site_imports, sites, site_opt_outs, site_runs)
        for table in (*lists, *websites):
            query = select(table).execution_options(yield_per=10_000)
            for row in connection.execute(query).mappings():
                yield {"table": str(table.name), **row}
        listed = (
            select(indicators, sources.c.name.label("source"))
            .join_from(indicators, sources)
            .order_by(indicators.c.key, indicators.c.source_id)
            .execution_options(yield_per=10_000)
        )
        for row in connection.execute(listed).mappings():
            yield {
                "table": "indicators",
                "kind": KINDS[row["kind"]],
                "value": row["value"],
                "type": TYPES[row["type"]],
                **{name: row[name] for name in _TOLD},
            }
        guarded = select(guard_names.c.name, sources.c.name.label("source")).join_from(
            guard_names, sources
        )
        for row in connection.execute(guarded.order_by(guard_names.c.name)).mappings():
            yield {"table": "guard_names", **row}
        for decision in find(engine):
            yield {"table": "decisions", **msgspec.to_builtins(decision)}
        for row in connection.execute(select(tokens).order_by(tokens.c.created_at)).mappings():
            yield {"table": "tokens", **{k: v for k, v in row.items() if k != "digest"}}
        for row in connection.execute(select(audit).order_by(audit.c.seq)).mappings():
            yield {"table": "audit", **row}
