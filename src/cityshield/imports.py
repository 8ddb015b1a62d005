"""Importing a feed: its lines read, its entries stored, the act recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from cityshield.adapters.feeds.feed import BadLine, Feed
from cityshield.adapters.store.indicators import DEFAULT_DAYS, end_import, import_entries
from cityshield.ports.clock import Clock
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.identity import Identity
from cityshield.vocabulary.indicator import MALICIOUS_ACTIVITY

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cityshield.desk import Desk


class ImportReport(msgspec.Struct, frozen=True):
    """What an import did.

    `taken` entries were read, `new` of them were not in the store, and `listed` entries are in
    force now. `bad_lines` lines could not be read; `bad` holds the first of them.
    """

    source: str
    format: str
    taken: int
    new: int
    listed: int
    lines: int
    bad_lines: int
    bad: list[BadLine]


def import_feed(
    engine: Engine,
    home: Path,
    clock: Clock,
    identity: Identity,
    file: BinaryIO,
    *,
    source: str,
    name: str = "",
    format: str = "",
    column: str = "",
    type: str = MALICIOUS_ACTIVITY,
    reason: str = "",
    expires_days: int | None = None,
    days: Mapping[str, int] = DEFAULT_DAYS,
    confidence: int | None = None,
    progress: Callable[[int], None] | None = None,
    wait: bool = True,
) -> ImportReport:
    """Take a feed into the store: see `import_entries`. `name` is what an error calls the feed.

    While another import runs, this one waits, or raises StoreError if it may not.
    Raises InputError when no line of it can be used; a bad line among good ones is reported.
    """
    feed, entries = _open_feed(file, source, name, format, column)
    done = import_entries(
        engine,
        home,
        clock,
        source,
        entries,
        type=type,
        reason=reason,
        expires_days=expires_days,
        days=days,
        confidence=confidence,
        progress=progress,
        wait=wait,
        by=identity,
    )
    detail: dict[str, str | int | None] = {"type": type, "taken": done.taken, "new": done.new}
    end_import(engine, identity, clock.now(), source, feed.bad_lines, detail)
    return ImportReport(
        source,
        feed.format,
        done.taken,
        done.new,
        done.listed,
        feed.lines,
        feed.bad_lines,
        feed.bad,
    )


class Counted(msgspec.Struct, frozen=True):
    """What a document holds: its format, how many entries, and how many lines were bad."""

    format: str
    entries: int
    bad_lines: int


def count_entries(file: BinaryIO, *, source: str, format: str = "", column: str = "") -> Counted:
    """Read a document to its end without taking it; the errors are those of taking it."""
    feed, entries = _open_feed(file, source, "", format, column)
    return Counted(feed.format, sum(1 for _ in entries), feed.bad_lines)


class GuardReport(msgspec.Struct, frozen=True):
    """What the import of a guard list did: names taken, and blocks that ended because of them."""

    source: str
    format: str
    guard: str
    taken: int
    withdrawn: int
    lines: int
    bad_lines: int
    bad: list[BadLine]


def import_guard_list(
    desk: Desk,
    identity: Identity,
    file: BinaryIO,
    *,
    source: str,
    guard: str,
    name: str = "",
    format: str = "",
    column: str = "",
    progress: Callable[[int], None] | None = None,
) -> GuardReport:
    """Take a list of names that are not to be blocked in DNS, in the place of its former state.

    Raises InputError when no line of it can be used; a bad line among good ones is reported.
    """
    feed, entries = _open_feed(file, source, name, format, column)
    names: list[str] = []
    for _, value in entries:
        if "/" in value:  # not the digest of a file
            names.append(value.partition("/")[0])
        if progress is not None and not len(names) % 20_000:
            progress(len(names))
    taken, withdrawn = desk.take_guard_list(source, guard, names, identity)
    counts = feed.lines, feed.bad_lines, feed.bad
    return GuardReport(source, feed.format, guard, taken, withdrawn, *counts)


def _open_feed(
    file: BinaryIO, source: str, name: str, format: str, column: str
) -> tuple[Feed, Iterator[tuple[str, str]]]:
    """A feed and its entries; InputError when its first lines show that it can't be used."""
    if not source.isprintable() or not 1 <= len(source.strip()) <= 200:
        raise InputError("error-source-name", name=source[:80])
    feed = Feed(file, format, column)
    entries = feed.entries()
    first = list(islice(entries, 1))
    if not first and feed.bad_lines:
        raise InputError("error-feed-empty", path=name or source, format=feed.format)
    return feed, chain(first, entries)
