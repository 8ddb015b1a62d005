"""Subscriptions kept: what was said of each feed, how it stands, and the history of its syncs."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from cityshield.adapters.store.audit import record
from cityshield.adapters.store.changes import changing, next_revision
from cityshield.adapters.store.database import writing
from cityshield.adapters.store.indicators import source_id_of
from cityshield.adapters.store.tables import feed_syncs, feeds, indicators, sources
from cityshield.desks.feeds.standing import is_due
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.identity import Identity
from cityshield.vocabulary.subscription import (
    Standing,
    Subscribed,
    Subscription,
    Sync,
    server_of,
)

FOLDER_NAME = "feeds"
KEPT_SYNCS = 5000
"""How many syncs of a feed are remembered."""

_encode = msgspec.json.Encoder().encode
_read_subscription = msgspec.json.Decoder(Subscription).decode
_read_standing = msgspec.json.Decoder(Standing).decode
_QUERY = select(
    sources.c.id,
    sources.c.name,
    feeds.c.subscription,
    feeds.c.standing,
    feeds.c.due,
    sources.c.trusted,
).join_from(feeds, sources)


class Measured(msgspec.Struct, frozen=True):
    """The entries of a source: seen at a moment, gone since the one before, the first to expire."""

    seen: int
    gone: int
    runs_out: int | None


def feeds_folder(home: Path) -> Path:
    """Where documents lie while they are fetched or held."""
    folder = home / FOLDER_NAME
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def subscribe(
    engine: Engine, name: str, subscription: Subscription, by: Identity, now: int, *, trusted: bool
) -> Subscribed:
    """Keep a subscription, due at once; InputError for a name that has one already.

    The audit names the server only: addresses of feeds may hold a key.
    """
    if not name.isprintable() or not 1 <= len(name.strip()) <= 200:
        raise InputError("error-source-name", name=name[:80])
    with writing(engine) as connection:
        source_id = source_id_of(connection, name, subscription.reason)
        known = select(feeds.c.source_id).where(feeds.c.source_id == source_id)
        if connection.scalar(known) is not None:
            raise InputError("error-feed-again", name=name)
        if trusted:
            connection.execute(
                update(sources).where(sources.c.id == source_id).values(trusted=True)
            )
        connection.execute(
            insert(feeds).values(
                source_id=source_id,
                subscription=_encode(subscription).decode(),
                standing=_encode(Standing()).decode(),
                due=now,
            )
        )
        said: dict[str, str | int | None] = {
            field: server_of(value) if "://" in str(value) else value
            for field, value in msgspec.structs.asdict(subscription).items()
            if value
        }
        record(connection, by, "feeds.add", now, {"source": name, "trusted": int(trusted), **said})
    return get_subscribed(engine, name)


def get_subscribed(engine: Engine, name: str) -> Subscribed:
    """The subscription of this name; InputError when there is none."""
    with engine.connect() as connection:
        row = connection.execute(_QUERY.where(sources.c.name == name)).first()
    if row is None:
        raise InputError("error-feed-none", name=name[:200])
    return _subscribed(row)


def list_subscribed(engine: Engine, due_at: int | None = None) -> list[Subscribed]:
    """Every subscription by name, or those that are due."""
    with engine.connect() as connection:
        listed = map(_subscribed, connection.execute(_QUERY.order_by(sources.c.name)))
        return [feed for feed in listed if due_at is None or is_due(feed, due_at)]


def note(
    engine: Engine,
    feed: Subscribed,
    standing: Standing,
    due: int,
    sync: Sync,
    by: Identity,
    act: str = "",
    detail: Mapping[str, str | int | None] | None = None,
) -> None:
    """Keep how a feed stands after a try, and the try itself; `act` is recorded in the audit."""
    with writing(engine) as connection:
        changed = connection.execute(
            update(feeds)
            .where(feeds.c.source_id == feed.id)
            .values(standing=_encode(standing).decode(), due=due)
        ).rowcount
        if not changed:  # it was removed meanwhile
            return
        statement = insert(feed_syncs).values(source_id=feed.id, **msgspec.structs.asdict(sync))
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["source_id", "at"],
                set_={name: statement.excluded[name] for name in _SYNC_FIELDS},
            )
        )
        oldest = (
            select(feed_syncs.c.at)
            .where(feed_syncs.c.source_id == feed.id)
            .order_by(feed_syncs.c.at.desc())
            .offset(KEPT_SYNCS)
            .limit(1)
        ).scalar_subquery()
        connection.execute(
            delete(feed_syncs).where(feed_syncs.c.source_id == feed.id, feed_syncs.c.at <= oldest)
        )
        if act:
            record(connection, by, act, sync.at, {"source": feed.name, **(detail or {})})


def read_syncs(engine: Engine, source_id: int, most: int | None = None) -> list[Sync]:
    """The tries of a feed, the newest first."""
    query = (
        select(*(feed_syncs.c[name] for name in Sync.__struct_fields__))
        .where(feed_syncs.c.source_id == source_id)
        .order_by(feed_syncs.c.at.desc())
        .limit(most)
    )
    with engine.connect() as connection:
        return [Sync(*row) for row in connection.execute(query)]


def still_listed(engine: Engine, home: Path, source_id: int, at: int, now: int) -> int:
    """Say of the entries that a feed listed last at `at` that it lists them still; how many.

    The expiry of each moves by as much as its last sighting, so that each keeps its own term.
    """
    moved = now - indicators.c.last_seen
    wanted = (indicators.c.source_id == source_id, indicators.c.last_seen == at)
    expired = select(indicators.c.key).where(*wanted, indicators.c.expires <= now).limit(1)
    seen_again = {
        "last_seen": now,
        "expires": indicators.c.expires + moved,
        "sightings": indicators.c.sightings + 1,
    }
    with changing(engine, home) as change, writing(engine) as connection:
        if connection.scalar(expired) is not None:  # what was over counts again
            change.start()
            next_revision(connection)
        return connection.execute(update(indicators).where(*wanted).values(seen_again)).rowcount


def measure(engine: Engine, source_id: int, now: int, before: int) -> Measured:
    """What of a source was seen at `now`, and what at `before` but not any more."""
    seen = indicators.c.last_seen >= now
    gone = (indicators.c.last_seen >= before) & (indicators.c.last_seen < now)
    query = select(
        func.count().filter(seen),
        func.count().filter(gone),
        func.min(indicators.c.expires).filter(seen),
    ).where(indicators.c.source_id == source_id)
    with engine.connect() as connection:
        return Measured(*connection.execute(query).one())


def held_path(home: Path, source_id: int) -> Path:
    """Where the document of a feed lies that is held for review."""
    return home / FOLDER_NAME / f"held-{source_id}.gz"


def keep_held(home: Path, source_id: int, document: Path) -> None:
    """Keep a document for review, packed; complete or absent."""
    target = held_path(home, source_id)
    scratch = target.with_name(f"{target.name}.part")
    with document.open("rb") as source, scratch.open("wb") as file:
        with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=6, mtime=0) as packed:
            shutil.copyfileobj(source, packed, 1 << 20)
        file.flush()
        os.fsync(file.fileno())
    os.replace(scratch, target)


def end_subscription(connection: Connection, home: Path, source_id: int) -> None:
    """Forget a subscription with its history and what is held of it, if there is one."""
    connection.execute(delete(feed_syncs).where(feed_syncs.c.source_id == source_id))
    connection.execute(delete(feeds).where(feeds.c.source_id == source_id))
    held_path(home, source_id).unlink(missing_ok=True)


_SYNC_FIELDS = tuple(name for name in Sync.__struct_fields__ if name != "at")


def _subscribed(row: Any) -> Subscribed:
    number, name, subscription, standing, due, trusted = row
    return Subscribed(
        number, name, _read_subscription(subscription), _read_standing(standing), due, trusted
    )
