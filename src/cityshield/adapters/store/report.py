"""The feed report: one pass over all listed hosts in order, whatever their number.

SQLite sorts in a file, so memory holds counters only: one for each combination of feeds that share
hosts, and one for each hour and day that occurs.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Engine, select

from cityshield.adapters.store.indicators import TYPES
from cityshield.adapters.store.subscriptions import FOLDER_NAME, feeds_folder, read_syncs
from cityshield.adapters.store.tables import sources
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.indicator import MALICIOUS_ACTIVITY
from cityshield.vocabulary.report import STALE_DAYS, FeedFigures, FeedReport
from cityshield.vocabulary.subscription import TAKEN, UNCHANGED, Sync

IsGuarded = Callable[[str], bool]
_FILE_NAME = "report.json"
_HOUR_S, _DAY_S = 3600, 86_400
_NAMES_KEPT = 20
_MOST_SYNCS = 90
_FIRST = "SELECT source_id, min(first_seen) FROM indicators GROUP BY source_id"
_HOSTS = """
SELECT CASE instr(value, '/') WHEN 0 THEN value ELSE substr(value, 1, instr(value, '/') - 1) END
         AS host,
       source_id, count(*), min(first_seen), max(last_seen)
FROM indicators
WHERE type = ? AND (expires IS NULL OR expires > ?)
GROUP BY host, source_id
"""
_Row = tuple[str, int, int, int, int]


class _Tally:
    """What is counted of one feed on the way."""

    def __init__(self) -> None:
        self.entries = self.hosts = self.compared = self.first = self.guarded = 0
        self.changed_at = 0
        self.names: list[str] = []
        self.leads: Counter[int] = Counter()
        self.seen: Counter[int] = Counter()
        self.known: Counter[int] = Counter()


def make_report(
    engine: Engine,
    now: int,
    is_guarded: IsGuarded,
    progress: Callable[[int], None] | None = None,
) -> FeedReport:
    """Compare every feed that speaks against hosts or files, by what is in force now."""
    with closing(engine.raw_connection()) as borrowed:
        connection: Any = borrowed.driver_connection
        connection.execute("PRAGMA temp_store=FILE")
        try:
            baseline = dict(connection.execute(_FIRST))
            rows = connection.execute(_HOSTS, (TYPES.index(MALICIOUS_ACTIVITY), now))
            tallies, masks = _count(rows, baseline, is_guarded, progress)
        finally:
            borrowed.invalidate()  # its temporary files are not for others
    return _report(engine, now, tallies, masks)


def keep_report(home: Path, made: FeedReport) -> None:
    """Keep a report for those who read it over the API, in the place of the one before."""
    path = feeds_folder(home) / _FILE_NAME
    scratch = path.with_name(f"{path.name}.{os.getpid()}.part")
    scratch.write_bytes(msgspec.json.encode(made))
    os.replace(scratch, path)


def read_report(home: Path) -> FeedReport:
    """The report that was made last; InputError when there is none."""
    try:
        kept = (home / FOLDER_NAME / _FILE_NAME).read_bytes()
        return msgspec.json.decode(kept, type=FeedReport)
    except (FileNotFoundError, msgspec.DecodeError) as error:
        raise InputError("error-report-none") from error


def _count(
    rows: Iterable[_Row],
    baseline: Mapping[int, int],
    is_guarded: IsGuarded,
    progress: Callable[[int], None] | None,
) -> tuple[dict[int, _Tally], Counter[int]]:
    """The tally of each source, and how many hosts each combination of sources shares.

    A combination is a number with the bit of each source's place in the order of the tallies.
    """
    tallies: dict[int, _Tally] = {}
    bits: dict[int, int] = {}
    masks: Counter[int] = Counter()
    for number, (host, some) in enumerate(groupby(rows, key=itemgetter(0)), 1):
        listed = list(some)
        guarded = is_guarded(host)
        mask = 0
        for _, source, entries, first, last in listed:
            tally = tallies.get(source)
            if tally is None:
                tally = tallies[source] = _Tally()
                bits[source] = 1 << len(bits)
            mask |= bits[source]
            tally.entries += entries
            tally.hosts += 1
            tally.seen[last] += 1
            tally.known[first // _DAY_S] += 1
            if first > tally.changed_at:
                tally.changed_at = first
            if guarded:
                tally.guarded += 1
                if len(tally.names) < _NAMES_KEPT:
                    tally.names.append(host)
        masks[mask] += 1
        if len(listed) > 1:
            _compare(listed, tallies, baseline)
        if progress is not None and not number % 20_000:
            progress(number)
    return tallies, masks


def _compare(
    listed: list[_Row], tallies: Mapping[int, _Tally], baseline: Mapping[int, int]
) -> None:
    """Which source was first with a host, where the time of each is known."""
    timed = sorted((first, source) for _, source, _, first, _ in listed if first > baseline[source])
    if len(timed) < len(listed):
        return
    for _, source in timed:
        tallies[source].compared += 1
    (first, source), (second, _) = timed[:2]
    if first < second:
        tallies[source].first += 1
        tallies[source].leads[(second - first) // _HOUR_S] += 1


def _report(
    engine: Engine, now: int, tallies: Mapping[int, _Tally], masks: Counter[int]
) -> FeedReport:
    with engine.connect() as connection:
        query = select(sources.c.id, sources.c.name, sources.c.trusted)
        named = {row.id: (row.name, row.trusted) for row in connection.execute(query)}
    places = {source: place for place, source in enumerate(tallies)}
    order = sorted((source for source in tallies if source in named), key=lambda s: named[s][0])
    shared = [[0] * len(order) for _ in order]
    for mask, count in masks.items():
        held = [i for i, source in enumerate(order) if mask >> places[source] & 1]
        for i in held:
            for j in held:
                shared[i][j] += count
    only = {source: masks[1 << places[source]] for source in order}
    feeds = [
        _figures(now, tallies[source], *named[source], only[source], read_syncs(engine, source))
        for source in order
    ]
    return FeedReport(now, masks.total(), feeds, shared)


def _figures(
    now: int, tally: _Tally, name: str, trusted: bool, only_here: int, syncs: list[Sync]
) -> FeedFigures:
    seen_at = max(tally.seen)
    lead = quantile(tally.leads, 0.5)
    today = now // _DAY_S
    ages = Counter({today - known: count for known, count in tally.known.items()})
    return FeedFigures(
        name,
        bool(trusted),
        tally.entries,
        tally.hosts,
        only_here,
        tally.compared,
        tally.first,
        None if lead is None else lead * _HOUR_S,
        tally.guarded,
        tally.names,
        not_seen=tally.hosts - tally.seen[seen_at],
        stale=sum(n for at, n in tally.seen.items() if at <= now - STALE_DAYS * _DAY_S),
        age_days=(quantile(ages, 0.1) or 0, quantile(ages, 0.5) or 0, quantile(ages, 0.9) or 0),
        seen_at=seen_at,
        changed_at=tally.changed_at,
        syncs=list(_by_day(syncs)),
    )


def quantile(counts: Mapping[int, int], share: float) -> int | None:
    """The value that this share of what was counted does not exceed; None of nothing."""
    left = share * sum(counts.values())
    for value in sorted(counts):
        left -= counts[value]
        if left <= 0:
            return value
    return None


def _by_day(syncs: list[Sync]) -> Iterator[Sync]:
    """One sync for each day, the oldest first: its last state, and all that came and went."""
    good = [sync for sync in reversed(syncs) if sync.result in (TAKEN, UNCHANGED)]
    days = [list(some) for _, some in groupby(good, key=lambda sync: sync.at // _DAY_S)]
    for some in days[-_MOST_SYNCS:]:
        yield msgspec.structs.replace(
            some[-1], new=sum(sync.new for sync in some), gone=sum(sync.gone for sync in some)
        )
