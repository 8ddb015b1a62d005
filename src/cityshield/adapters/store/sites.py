"""The inventory of websites: whose they are, who allows visits, who said no."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, Select, delete, func, insert, or_, select
from sqlalchemy.dialects.sqlite import insert as upsert

from cityshield.adapters.store.audit import record
from cityshield.adapters.store.database import writing
from cityshield.adapters.store.tables import site_imports, site_opt_outs, sites
from cityshield.vocabulary.census import OPTED_OUT, OUT_OF_SCOPE, Known, Site
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.identity import Identity

_BATCH = 5_000
_AT_ONCE = 500
"""Names in one question: far below what SQLite takes as variables."""


class Taken(msgspec.Struct, frozen=True):
    """What an import did: sites taken, those that were not known before, and all there are now."""

    taken: int
    new: int
    duplicates: int
    sites: int
    opted_out: int


class Scope(msgspec.Struct, frozen=True):
    """How many sites there are, and how many of them are not visited because somebody said so."""

    sites: int
    opted_out: int


def import_sites(
    engine: Engine,
    by: Identity,
    now: int,
    found: Iterable[Site],
    *,
    file: str,
    authorised_by: str,
    progress: Callable[[int], None] | None = None,
) -> Taken:
    """Take sites into the inventory, all or none; who opted out stays so.

    What a line does not say of a known site (its owner ...) stays as it was.
    """
    taken = 0
    with writing(engine) as connection:
        before = connection.scalar(select(func.count()).select_from(sites)) or 0
        noted = insert(site_imports).values(
            at=now, by=by.name, file=file[:500], authorised_by=authorised_by
        )
        (number,) = connection.execute(noted).inserted_primary_key or (0,)
        seen = iter(found)
        while batch := list(islice(seen, _BATCH)):
            _put(connection, list({site.host: site for site in batch}.values()), number)
            taken += len(batch)
            if progress is not None:
                progress(taken)
        scope = _count(connection)
        duplicates, new = taken - _of_import(connection, number), scope.sites - before
        detail: dict[str, str | int | None] = {
            "taken": taken, "new": new, "authorised_by": authorised_by[:200], "import": number,
        }  # fmt: skip
        record(connection, by, "sites.import", now, detail)
    return Taken(taken, new, duplicates, scope.sites, scope.opted_out)


def _put(connection: Connection, batch: Sequence[Site], number: int) -> None:
    statement = upsert(sites)
    given = statement.excluded
    kept = {
        name: func.coalesce(func.nullif(given[name], ""), sites.c[name])
        for name in ("owner", "sector", "district")
    }
    rows = [
        {**msgspec.structs.asdict(site), "import_id": number, "reason": "", "grade": ""}
        for site in batch
    ]
    connection.execute(
        statement.on_conflict_do_update([sites.c.host], set_={**kept, "import_id": number}), rows
    )


def _of_import(connection: Connection, number: int) -> int:
    query = select(func.count()).select_from(sites).where(sites.c.import_id == number)
    return connection.scalar(query) or 0


def count_sites(engine: Engine) -> Scope:
    """How many sites there are."""
    with engine.connect() as connection:
        return _count(connection)


def _count(connection: Connection) -> Scope:
    total = connection.scalar(select(func.count()).select_from(sites)) or 0
    query = (
        select(func.count())
        .select_from(site_opt_outs)
        .join(sites, sites.c.host == site_opt_outs.c.host)
    )
    return Scope(total, connection.scalar(query) or 0)


def opt_out(engine: Engine, by: Identity, now: int, host: str, reason: str) -> None:
    """Have a site never visited again, also one that is not in the inventory yet."""
    with writing(engine) as connection:
        values = {"host": host, "at": now, "reason": reason}
        statement = upsert(site_opt_outs).values(**values)
        again = statement.on_conflict_do_update([site_opt_outs.c.host], set_={"reason": reason})
        connection.execute(again)
        record(connection, by, "sites.optout", now, {"host": host, "reason": reason[:200]})


def opt_in(engine: Engine, by: Identity, now: int, host: str) -> None:
    """Let a site be visited again; InputError when nobody said that it was not to be."""
    with writing(engine) as connection:
        gone = connection.execute(delete(site_opt_outs).where(site_opt_outs.c.host == host))
        if not gone.rowcount:
            raise InputError("error-sites-not-out", host=host[:200])
        record(connection, by, "sites.optin", now, {"host": host})


def remove_sites(engine: Engine, by: Identity, now: int, hosts: Sequence[str]) -> int:
    """Take sites out of the inventory, so that they are out of scope; how many there were."""
    removed = 0
    with writing(engine) as connection:
        for start in range(0, len(hosts), _AT_ONCE):
            some = hosts[start : start + _AT_ONCE]
            removed += connection.execute(delete(sites).where(sites.c.host.in_(some))).rowcount
        record(connection, by, "sites.remove", now, {"removed": removed})
    return removed


def list_sites(engine: Engine, most: int | None = None, *, opted_out: bool = False) -> list[Known]:
    """Sites in order of their names; if wished only those that opted out."""
    query = _known().order_by(sites.c.host).limit(most)
    if opted_out:
        query = query.where(site_opt_outs.c.at.is_not(None))
    with engine.connect() as connection:
        return [Known(*row) for row in connection.execute(query)]


def get_site(engine: Engine, host: str) -> Known:
    """One site; InputError when it is not in the inventory."""
    with engine.connect() as connection:
        row = connection.execute(_known().where(sites.c.host == host)).first()
    if row is None:
        raise InputError("error-sites-unknown", host=host[:200])
    return Known(*row)


def _known() -> Select[Any]:
    return (
        select(
            sites.c.host, sites.c.owner, sites.c.sector, sites.c.district,
            site_imports.c.authorised_by, site_opt_outs.c.at, site_opt_outs.c.reason.label("why"),
            sites.c.visited_at, sites.c.run_id, sites.c.reason, sites.c.grade,
        )
        .join(site_imports, sites.c.import_id == site_imports.c.id)
        .outerjoin(site_opt_outs, sites.c.host == site_opt_outs.c.host)
    )  # fmt: skip


def listed_below(engine: Engine, host: str) -> list[str]:
    """The names below a host that are in scope, in order."""
    query = (
        select(sites.c.host)
        .outerjoin(site_opt_outs, sites.c.host == site_opt_outs.c.host)
        .where(site_opt_outs.c.at.is_(None), sites.c.host.endswith(f".{host}", autoescape=True))
        .order_by(sites.c.host)
    )
    with engine.connect() as connection:
        return list(connection.execute(query).scalars())


def to_visit(engine: Engine, visited_before: int | None) -> Iterator[tuple[Site, str]]:
    """Every site in scope that was not visited since a time, and that nobody has opted out.

    In the order in which they were taken in, read piece by piece; with the reason code of the last
    visit, empty where it gave facts or there was none.
    """
    query = (
        select(
            sites.c.host,
            sites.c.owner,
            sites.c.sector,
            sites.c.district,
            sites.c.reason,
            sites.c.id,
        )
        .outerjoin(site_opt_outs, sites.c.host == site_opt_outs.c.host)
        .where(site_opt_outs.c.at.is_(None))
        .order_by(sites.c.id)
        .limit(_BATCH)
    )
    if visited_before is not None:
        query = query.where(or_(sites.c.visited_at.is_(None), sites.c.visited_at < visited_before))
    last = 0
    while True:
        with engine.connect() as connection:
            rows = connection.execute(query.where(sites.c.id > last)).all()
        for row in rows:
            yield Site(row.host, row.owner, row.sector, row.district), row.reason or ""
        if len(rows) < _BATCH:
            return
        last = rows[-1].id


def look_up(engine: Engine, hosts: Sequence[str]) -> dict[str, Row[Any]]:
    """Of these hosts, those in the inventory: whose they are, when visited, when opted out."""
    found: dict[str, Row[Any]] = {}
    with engine.connect() as connection:
        for start in range(0, len(hosts), _AT_ONCE):
            some = hosts[start : start + _AT_ONCE]
            query = select(sites, site_opt_outs.c.at.label("out_at")).outerjoin(
                site_opt_outs, sites.c.host == site_opt_outs.c.host
            )
            for row in connection.execute(query.where(sites.c.host.in_(some))):
                found[row.host] = row
    return found


def refusals(engine: Engine, hosts: Sequence[str]) -> dict[str, str]:
    """Of these hosts, those that may not be visited now, and the reason code why."""
    found = look_up(engine, hosts)
    refused = {host: OUT_OF_SCOPE for host in hosts if host not in found}
    refused |= {host: OPTED_OUT for host, row in found.items() if row.out_at is not None}
    return refused
