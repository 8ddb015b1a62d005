"""What trusted sources list, host by host, for the automatic tier."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from sqlalchemy import Engine, select

from cityshield.adapters.store.indicators import KINDS, TYPES
from cityshield.adapters.store.tables import indicators, sources
from cityshield.desks.decisions.automatic import Listing
from cityshield.vocabulary.indicator import HOST, MALICIOUS_ACTIVITY, URL


def agreement_of(engine: Engine) -> str:
    """What sources can agree on, as a text that changes with it; empty while none is trusted.

    It changes with each import of a trusted source; that entries expire does not change it.
    """
    columns = sources.c
    query = (
        select(columns.name, columns.imported_at, columns.good_lines)
        .where(columns.trusted.is_(True))
        .order_by(columns.name)
    )
    with engine.connect() as connection:
        return " ".join(f"{name!r} {at} {count}" for name, at, count in connection.execute(query))


def read_listings(engine: Engine, now: int) -> Iterator[Listing]:
    """Each host that trusted sources list, or list a link on, by name, with what is in force."""
    query = (
        select(indicators.c.value, sources.c.name, indicators.c.last_seen)
        .join_from(indicators, sources)
        .where(
            sources.c.trusted.is_(True),
            indicators.c.type == TYPES.index(MALICIOUS_ACTIVITY),
            indicators.c.kind.in_([KINDS.index(HOST), KINDS.index(URL)]),
            indicators.c.expires.is_(None) | (indicators.c.expires > now),
        )
        .order_by(indicators.c.value)
    )
    with engine.connect() as connection:
        # Millions of rows are sorted; SQLite takes this outside of a transaction only.
        connection.connection.cursor().execute("PRAGMA temp_store=FILE")
        try:
            rows = connection.execution_options(yield_per=10_000).execute(query)
            for host, some in groupby(rows, key=lambda row: row[0].partition("/")[0]):
                entries = [(row[1], row[2]) for row in some]
                names = tuple(dict.fromkeys(name for name, _ in entries))
                yield Listing(host, names, max(seen for _, seen in entries))
        finally:
            connection.invalidate()  # its temporary files are not for others
