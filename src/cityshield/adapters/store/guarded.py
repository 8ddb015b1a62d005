"""Guard lists kept: names that may not be blocked in DNS, by source and class."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from sqlalchemy import Connection, Engine, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from cityshield.adapters.store.audit import record
from cityshield.adapters.store.database import writing
from cityshield.adapters.store.indicators import source_id_of
from cityshield.adapters.store.tables import guard_names, indicators, sources
from cityshield.vocabulary.decision import Guarded
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.identity import Identity

_ROWS_AT_ONCE = 20_000


class StoredGuards:
    """The `GuardLists` port over the store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, domains: Sequence[str]) -> list[Guarded]:
        """The entries whose own registrable domain is one of these, in order."""
        query = (
            select(guard_names.c.name, sources.c.guard, sources.c.name)
            .join_from(guard_names, sources)
            .where(guard_names.c.domain.in_(domains))
            .order_by(guard_names.c.name, sources.c.name)
        )
        with self._engine.connect() as connection:
            return [Guarded(*row) for row in connection.execute(query)]


def read_guarded(engine: Engine) -> dict[str, list[Guarded]]:
    """Every entry by its domain, for work on many names at once."""
    query = select(guard_names.c.domain, guard_names.c.name, sources.c.guard, sources.c.name)
    found: dict[str, list[Guarded]] = {}
    with engine.connect() as connection:
        for domain, *entry in connection.execute(query.join_from(guard_names, sources)):
            found.setdefault(domain, []).append(Guarded(*entry))
    return found


def replace_guarded(
    engine: Engine,
    source: str,
    kind: str,
    entries: Iterable[tuple[str, str]],
    by: Identity,
    now: int,
) -> int:
    """Take a guard list, whole or not at all, in the place of the source's former one.

    `entries` are domains and names, as the collateral guard has them. Returns how many.
    Raises InputError for a source that lists indicators: one list is not both.
    """
    taken = 0
    with writing(engine) as connection:
        source_id = source_id_of(connection, source, "")
        held = select(indicators.c.key).where(indicators.c.source_id == source_id).limit(1)
        if connection.scalar(held) is not None:
            raise InputError("error-source-both", name=source)
        connection.execute(delete(guard_names).where(guard_names.c.source_id == source_id))
        rest = iter(entries)
        while some := list(islice(rest, _ROWS_AT_ONCE)):
            rows = [{"domain": d, "name": n, "source_id": source_id} for d, n in some]
            connection.execute(insert(guard_names).on_conflict_do_nothing(), rows)
        taken = _count(connection, source_id)
        connection.execute(
            update(sources)
            .where(sources.c.id == source_id)
            .values(guard=kind, imported_at=now, good_lines=taken)
        )
        detail: dict[str, str | int | None] = {"source": source, "guard": kind, "taken": taken}
        record(connection, by, "feeds.guard", now, detail)
    return taken


def trust(engine: Engine, source: str, by: Identity, now: int, *, trusted: bool) -> None:
    """Say whether a source counts in the automatic tier; InputError when there is none."""
    with writing(engine) as connection:
        changed = connection.execute(
            update(sources).where(sources.c.name == source).values(trusted=trusted)
        ).rowcount
        if not changed:
            raise InputError("error-source", name=source)
        detail: dict[str, str | int | None] = {"source": source, "trusted": int(trusted)}
        record(connection, by, "feeds.trust", now, detail)


def _count(connection: Connection, source_id: int) -> int:
    query = select(func.count()).select_from(guard_names)
    return connection.scalar(query.where(guard_names.c.source_id == source_id)) or 0
