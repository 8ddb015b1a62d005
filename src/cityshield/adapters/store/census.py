"""Runs through websites, and the present state of what they found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from cityshield.adapters.store.audit import record
from cityshield.adapters.store.database import writing
from cityshield.adapters.store.tables import site_checks, site_findings, site_runs, sites
from cityshield.vocabulary.census import (
    JUDGED,
    NO_VISIT,
    PROFILES,
    RUNNING,
    STATES,
    KnownFinding,
    Run,
)
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.finding import SEVERITIES, Finding
from cityshield.vocabulary.identity import Identity

_AT_ONCE = 500

LONGEST_LOCATION: Final = 500
"""Letters of a finding's place that are kept: two findings that differ only after them are one."""

_UPSERT = """
INSERT INTO site_findings
  (site_id, check_id, location, severity, profile, first_seen, last_seen, run_id, gone_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)
ON CONFLICT (site_id, check_id, location) DO UPDATE SET
  severity = excluded.severity, profile = excluded.profile, run_id = excluded.run_id,
  first_seen = min(first_seen, excluded.first_seen), last_seen = excluded.last_seen, gone_at = NULL
"""
_GONE = """
UPDATE site_findings SET gone_at = ?, run_id = ?
WHERE site_id = ? AND check_id = ? AND location = ?
"""


class Outcome(msgspec.Struct, frozen=True):
    """What a run came to know of one site.

    `failed` are the checks that broke down, of whose findings nothing is known; of a site that was
    `hardly_seen`, nothing is known of any that is missing. Nor of one with a `reason`, but for what
    the visit before found in spite of the same reason.
    """

    host: str
    at: int
    reason: str
    grade: str
    findings: Sequence[Finding] = ()
    failed: frozenset[str] = frozenset()
    hardly_seen: bool = False


def start_run(
    engine: Engine, by: Identity, now: int, profile: str, detail: dict[str, str | int | None]
) -> Run:
    """A new run, whose targets are counted later."""
    with writing(engine) as connection:
        values = {
            "profile": PROFILES.index(profile), "state": STATES.index(RUNNING), "started_at": now,
            "by": by.name, "targets": 0, "settled": 0, "judgement": 0,
        }  # fmt: skip
        (number,) = connection.execute(insert(site_runs).values(**values)).inserted_primary_key or (
            0,
        )
        record(connection, by, "sites.run", now, {"run": number, "profile": profile, **detail})
    return get_run(engine, number)


def note_run(
    engine: Engine,
    run: int,
    *,
    act: tuple[Identity, str, int] | None = None,
    state: str = "",
    **values: int | None,
) -> Run:
    """Write down how a run stands; `act` is who did what when, for the audit."""
    if state:
        values["state"] = STATES.index(state)
    with writing(engine) as connection:
        connection.execute(update(site_runs).where(site_runs.c.id == run).values(**values))
        if act is not None:
            by, action, at = act
            detail = {name: value for name, value in values.items() if name != "state"}
            record(connection, by, action, at, {"run": run, **detail})
    return get_run(engine, run)


def get_run(engine: Engine, run: int) -> Run:
    """One run; InputError when there is none of this number."""
    with engine.connect() as connection:
        row = connection.execute(select(site_runs).where(site_runs.c.id == run)).first()
    if row is None:
        raise InputError("error-sites-no-run", run=run)
    return _run(row)


def list_runs(engine: Engine) -> list[Run]:
    """Every run, the newest first."""
    with engine.connect() as connection:
        query = select(site_runs).order_by(site_runs.c.id.desc())
        return [_run(row) for row in connection.execute(query)]


def _run(row: Row[Any]) -> Run:
    return Run(
        row.id, PROFILES[row.profile], STATES[row.state], row.started_at, row.by, row.targets,
        row.settled, row.ended_at, row.judgement, row.judged_at,
    )  # fmt: skip


def keep_outcomes(engine: Engine, run: Run, outcomes: Sequence[Outcome]) -> None:
    """Bring the present state of sites up to date with what a run came to know of them.

    What is older than what is known already changes nothing but when a finding was first seen.
    """
    with writing(engine) as connection:
        for start in range(0, len(outcomes), _AT_ONCE):
            _keep(connection, run, outcomes[start : start + _AT_ONCE])


def _keep(connection: Connection, run: Run, outcomes: Sequence[Outcome]) -> None:
    hosts = [outcome.host for outcome in outcomes]
    query = select(sites.c.host, sites.c.id, sites.c.visited_at, sites.c.reason).where(
        sites.c.host.in_(hosts)
    )
    known = {row.host: row for row in connection.execute(query)}
    names = _numbers(connection, {f.check for o in outcomes for f in o.findings})
    before = _open_findings(connection, [row.id for row in known.values()])
    profile = PROFILES.index(run.profile)
    put: list[tuple[Any, ...]] = []
    gone: list[tuple[Any, ...]] = []
    now_known: list[tuple[Any, ...]] = []
    for outcome in outcomes:
        row = known.get(outcome.host)
        if row is None or outcome.reason in NO_VISIT:
            continue
        if row.visited_at is not None and row.visited_at > outcome.at:
            continue
        now_known.append((outcome.at, run.id, outcome.reason, outcome.grade, row.id))
        was = before.get(row.id, {})
        seen = set()
        for finding in outcome.findings:
            key = (names[finding.check], finding.location[:LONGEST_LOCATION])
            if key in seen:
                continue
            seen.add(key)
            severity = SEVERITIES.index(finding.severity)
            if was.get(key) == (severity, profile, outcome.at, run.id):
                continue
            put.append((row.id, *key, severity, profile, outcome.at, outcome.at, run.id))
        if outcome.hardly_seen:
            continue
        failed = {number for name, number in names.items() if _family(name) in outcome.failed}
        for key, (_, asked, last, _) in was.items():
            if outcome.reason and (row.reason, row.visited_at) != (outcome.reason, last):
                continue
            if key not in seen and key[0] not in failed and asked <= profile:
                gone.append((max(outcome.at, last), run.id, row.id, *key))
    driver = connection.exec_driver_sql
    if now_known:
        driver(
            "UPDATE sites SET visited_at = ?, run_id = ?, reason = ?, grade = ? WHERE id = ?",
            now_known,
        )
    if put:
        driver(_UPSERT, put)
    if gone:
        driver(_GONE, gone)


def _family(name: str) -> str:
    """The check of a finding: a check that broke down tells nothing of any of its rules."""
    return name.partition("/")[0]


def _open_findings(
    connection: Connection, ids: Sequence[int]
) -> dict[int, dict[tuple[int, str], tuple[int, int, int, int]]]:
    """Of these sites, what is wrong with them by what is known."""
    table = site_findings.c
    query = select(
        table.site_id, table.check_id, table.location, table.severity, table.profile,
        table.last_seen, table.run_id,
    ).where(table.site_id.in_(ids), table.gone_at.is_(None))  # fmt: skip
    found: dict[int, dict[tuple[int, str], tuple[int, int, int, int]]] = {}
    for site, check, location, *rest in connection.execute(query):
        found.setdefault(site, {})[check, location] = (rest[0], rest[1], rest[2], rest[3])
    return found


def _numbers(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    """The number of each check, given to those that have none yet."""
    known = {row.name: row.id for row in connection.execute(select(site_checks))}
    for name in sorted(set(names) - known.keys()):
        connection.execute(insert(site_checks).values(name=name))
    if set(names) <= known.keys():
        return known
    return {row.name: row.id for row in connection.execute(select(site_checks))}


def findings_of(engine: Engine, host: str) -> list[KnownFinding]:
    """What is and was wrong with a site: what is still so first, the worst first."""
    table = site_findings.c
    query = (
        select(
            site_checks.c.name, table.severity, table.location, table.first_seen,
            table.last_seen, table.run_id, table.gone_at,
        )
        .join(sites, sites.c.id == table.site_id)
        .join(site_checks, site_checks.c.id == table.check_id)
        .where(sites.c.host == host)
        .order_by(table.gone_at.is_not(None), table.severity.desc(), site_checks.c.name)
    )  # fmt: skip
    with engine.connect() as connection:
        return [
            KnownFinding(name, SEVERITIES[severity], *rest)
            for name, severity, *rest in connection.execute(query)
        ]


def close_judgement(engine: Engine, run: Run, by: Identity, now: int, number: int) -> Run:
    """Say that a run was judged, and by which judgement of its own."""
    state = JUDGED if run.state in STATES[2:] else run.state
    return note_run(
        engine, run.id, act=(by, "sites.judge", now), state=state, judgement=number, judged_at=now
    )


def forget_runs(engine: Engine, by: Identity, now: int, before: int) -> list[int]:
    """Delete the runs that began before a time, but never the newest; their numbers.

    The present state of sites stays: it is what is known, whichever run it came from.
    """
    with writing(engine) as connection:
        newest = select(func.max(site_runs.c.id)).scalar_subquery()
        old = (site_runs.c.started_at < before, site_runs.c.id != newest)
        gone = list(connection.scalars(select(site_runs.c.id).where(*old)))
        if gone:
            connection.execute(delete(site_runs).where(*old))
            record(connection, by, "sites.forget", now, {"runs": len(gone)})
    return gone
