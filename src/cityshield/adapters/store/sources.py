"""Sources of indicators: listed, and removed with their entries."""

from __future__ import annotations

from pathlib import Path

import msgspec
from sqlalchemy import Engine, delete, func, select

from cityshield.adapters.store.audit import record
from cityshield.adapters.store.changes import changing, next_revision
from cityshield.adapters.store.database import writing
from cityshield.adapters.store.subscriptions import end_subscription, list_subscribed
from cityshield.adapters.store.tables import guard_names, indicators, sources
from cityshield.ports.clock import Clock
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.identity import Identity
from cityshield.vocabulary.subscription import Subscribed


class Source(msgspec.Struct, frozen=True):
    """A source: its entries in the store, and how its last import went.

    `guard` is the class of names that it guards, empty for a source of indicators.
    """

    name: str
    reason: str
    entries: int
    imported_at: int
    good_lines: int
    bad_lines: int
    guard: str
    trusted: bool
    confidence: int


class Listed(Source, frozen=True):
    """A source beside its subscription, if there is one."""

    subscribed: Subscribed | None = None


def list_with_subscriptions(engine: Engine) -> list[Listed]:
    """Every source by name, with how its subscription stands; of addresses, the servers only."""
    subscribed = {feed.name: feed.without_secrets() for feed in list_subscribed(engine)}
    return [
        Listed(**msgspec.structs.asdict(source), subscribed=subscribed.get(source.name))
        for source in list_sources(engine)
    ]


def list_sources(engine: Engine) -> list[Source]:
    """Every source by name."""
    guarding = (
        select(guard_names.c.source_id, func.count().label("entries"))
        .group_by(guard_names.c.source_id)
        .subquery()
    )
    query = (
        select(
            sources.c.name,
            sources.c.reason,
            func.coalesce(guarding.c.entries, sources.c.entries),
            sources.c.imported_at,
            sources.c.good_lines,
            sources.c.bad_lines,
            sources.c.guard,
            sources.c.trusted,
            sources.c.confidence,
        )
        .outerjoin(guarding, guarding.c.source_id == sources.c.id)
        .order_by(sources.c.name)
    )
    with engine.connect() as connection:
        return [Source(*row) for row in connection.execute(query)]


def remove_source(
    engine: Engine, home: Path, clock: Clock, identity: Identity, name: str
) -> tuple[int, int]:
    """Delete a source with its entries: how many it had, and how many keys are left.

    A subscription to it ends with it.
    """
    with changing(engine, home) as change, writing(engine) as connection:
        source_id = connection.scalar(select(sources.c.id).where(sources.c.name == name))
        if source_id is None:
            raise InputError("error-source", name=name)
        change.is_whole = True
        change.start()
        removed = connection.execute(
            delete(indicators).where(indicators.c.source_id == source_id)
        ).rowcount
        removed += connection.execute(
            delete(guard_names).where(guard_names.c.source_id == source_id)
        ).rowcount
        end_subscription(connection, home, source_id)
        connection.execute(delete(sources).where(sources.c.id == source_id))
        next_revision(connection)
        record(
            connection,
            identity,
            "feeds.remove",
            clock.now(),
            {"source": name, "entries": removed},
        )
    return removed, change.listed
