"""Runs of a census from start to end: who may, what is kept where, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from cityshield.adapters.history.analytics import analytics
from cityshield.adapters.history.asked import AskedLog
from cityshield.adapters.history.run import FindingRow, RunFolder, VerdictRow
from cityshield.adapters.sites.budget import seconds_until_open
from cityshield.adapters.sites.plan import most_asked
from cityshield.adapters.store.census import (
    LONGEST_LOCATION,
    Outcome,
    close_judgement,
    forget_runs,
    get_run,
    keep_outcomes,
    list_runs,
    note_run,
    start_run,
)
from cityshield.adapters.store.sites import count_sites, look_up, to_visit
from cityshield.census import Gathering, Vantage
from cityshield.desks.sites.inventory import host_of
from cityshield.visits import Judge, OpenVisitor, grade_of, is_hardly_seen, signs_of, to_judge
from cityshield.vocabulary.census import (
    OPTED_OUT,
    OUT_OF_SCOPE,
    PAUSED,
    QUICK,
    ROBOTS_SAY_NO,
    RUNNING,
    VISITED,
    Run,
    Site,
)
from cityshield.vocabulary.errors import ConfigurationError, InputError
from cityshield.vocabulary.identity import Identity
from cityshield.websites import alone, judging

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cityshield.config import Config
    from cityshield.guards.sites.facts import SiteFacts
    from cityshield.ports.clock import Clock
    from cityshield.vocabulary.verdict import Verdict

_DAY_S = 86_400
_LOOK_UP = 500


class Plan(msgspec.Struct, frozen=True):
    """What a run would do: `visits` sites are visited; the others are not, for the reason named.

    `requests` and `connections` are the most that it could ask for, all sites together, and
    `takes_s` the least time that it needs at the rate that was given, None without one. `windows`
    are the times of day (UTC) at which visits begin; none means always.
    """

    profile: str
    visits: int
    out_of_scope: int
    opted_out: int
    fresh: int
    requests: int
    connections: int
    takes_s: int | None = None
    windows: tuple[tuple[str, str], ...] = ()


class Wanted(msgspec.Struct, frozen=True):
    """Which sites a run is to visit: those of `hosts`, else the whole inventory.

    Those that were visited in the last `older_than_days` days are left out.
    """

    hosts: Iterable[str] | None = None
    older_than_days: int | None = None


class Runs:
    """The runs of a data directory; acts are those of `by`."""

    def __init__(
        self, engine: Engine, home: Path, clock: Clock, config: Config, by: Identity
    ) -> None:
        self.engine = engine
        self._home = home
        self._clock = clock
        self._config = config
        self._by = by

    def folder(self, run: Run) -> RunFolder:
        """The files of a run."""
        return RunFolder(self._home, run.id)

    def plan(self, wanted: Wanted, profile: str, rate: float = 0.0) -> Plan:
        """What a run would do, without doing it."""
        counts = {"": 0, OUT_OF_SCOPE: 0, OPTED_OUT: 0, ROBOTS_SAY_NO: 0, "fresh": 0}
        for _, reason in self._choose(wanted, profile):
            counts[reason] += 1
        if wanted.hosts is None:
            scope = count_sites(self.engine)
            counts[OPTED_OUT] = scope.opted_out
            counts["fresh"] = scope.sites - scope.opted_out - counts[""] - counts[ROBOTS_SAY_NO]
        visits, most = counts[""], most_asked(self._config.sites, profile)
        return Plan(
            profile, visits, counts[OUT_OF_SCOPE], counts[OPTED_OUT], counts["fresh"],
            visits * most.requests, visits * most.connections,
            ceil(visits / rate) if rate else None, self._config.sites.windows,
        )  # fmt: skip

    def opens_at(self) -> int | None:
        """When visits may begin, by the times of day that were set; None where they may now."""
        now = self._clock.now()
        wait_s = seconds_until_open(self._config.sites.windows, now)
        return now + wait_s if wait_s else None

    def start(self, wanted: Wanted, profile: str) -> Run:
        """Plan a new run and keep its plan; InputError where there is nothing to visit."""
        self._require_canaries()
        detail: dict[str, str | int | None] = {"older_than_days": wanted.older_than_days}
        chosen = self._choose(wanted, profile)
        first = next(chosen, None)
        if first is None:
            raise InputError("error-sites-nothing")
        run = start_run(self.engine, self._by, self._clock.now(), profile, detail)
        kept = ((site, why) for site, why in _chain(first, chosen) if why != "fresh")
        targets = self.folder(run).write_plan(kept)
        return note_run(self.engine, run.id, targets=targets)

    def unfinished(self) -> Run:
        """The newest run that has sites without facts; InputError when there is none."""
        for run in list_runs(self.engine):
            if run.state in (RUNNING, PAUSED) and run.targets:
                return run
        raise InputError("error-sites-nothing-unfinished")

    def left(self, run: Run) -> int:
        """How many sites of a run have no facts yet."""
        with alone(self._home):
            done = self.folder(run).settled()
        return len(done) - sum(done)

    async def visit(
        self,
        run: Run,
        open_visitor: OpenVisitor,
        *,
        rate: float = 0.0,
        progress: Callable[[int], None] | None = None,
        started: Callable[[Gathering], None] | None = None,
        cut_off: Callable[[bool], None] | None = None,
    ) -> Run:
        """Visit the sites of a run that have no facts yet; the run as it stands then.

        StoreError while another process visits sites. `started` is given what can be stopped.
        """
        self._require_canaries()
        with alone(self._home):
            folder, limit = self.folder(run), self._config.sites.address
            log = AskedLog(folder.path, limit.in_flight, limit.per_s)
            visitor = open_visitor(log.note)
            vantage = Vantage(self._config.census.canaries, visitor)
            gathering = Gathering(
                self.engine, folder, visitor, run.profile, vantage, self._clock,
                rate=rate, progress=progress, cut_off=cut_off,
            )  # fmt: skip
            if started is not None:
                started(gathering)
            note_run(self.engine, run.id, state=RUNNING)
            try:
                is_whole = await gathering.run()
            except BaseException:
                note_run(self.engine, run.id, state=PAUSED, settled=gathering.settled)
                raise
            finally:
                log.close()
            now = self._clock.now()
            return note_run(
                self.engine, run.id,
                act=(self._by, "sites.visited" if is_whole else "sites.pause", now),
                state=VISITED if is_whole else PAUSED,
                settled=gathering.settled, ended_at=now if is_whole else None,
            )  # fmt: skip

    def judge(self, run: Run, judge: Judge, progress: Callable[[int], None] | None = None) -> Run:
        """Judge the kept facts of a run, anew if need be, without asking any site.

        StoreError while another process judges.
        """
        with judging(self._home):
            return self._judge(get_run(self.engine, run.id), judge, progress)

    def _judge(self, run: Run, judge: Judge, progress: Callable[[int], None] | None) -> Run:
        folder, number, done = self.folder(run), run.judgement + 1, 0
        if run.state in (RUNNING, PAUSED):
            with alone(self._home):  # so that nobody writes what is packed here
                folder.settled()
                folder.pack(folder.turn())
        judgement = folder.new_judgement(number)
        with analytics(folder.path) as ask:
            for piece in folder.facts(ask):
                seen = [to_judge(facts) for _, facts in piece]
                verdicts = iter(judge.judge_many([each for each in seen if each is not None]))
                outcomes = []
                for (n, facts), read in zip(piece, seen, strict=True):
                    verdict = next(verdicts) if read is not None else None
                    outcome = _outcome(facts, verdict)
                    row = VerdictRow(n, facts.host, facts.at, facts.reason, "", "", 0.0, 0)
                    if verdict is not None and not facts.reason:
                        row = VerdictRow(
                            n, facts.host, facts.at, "", outcome.grade, verdict.level,
                            verdict.coverage, len(verdict.failed),
                        )  # fmt: skip
                    judgement.add(
                        row,
                        [
                            FindingRow(
                                n, facts.host, found.check, found.severity,
                                found.location[:LONGEST_LOCATION], found.args,
                            )
                            for found in outcome.findings
                        ],
                    )  # fmt: skip
                    outcomes.append(outcome)
                keep_outcomes(self.engine, run, outcomes)
                done += len(piece)
                if progress is not None:
                    progress(done)
        judgement.close()
        judged = close_judgement(self.engine, run, self._by, self._clock.now(), number)
        folder.drop_judgements(but=number)
        return judged

    def judged(self, number: int | None = None) -> Run:
        """A run that was judged, by default the newest; InputError where there is none."""
        if number is None:
            newest = next((run for run in list_runs(self.engine) if run.judgement), None)
            if newest is None:
                raise InputError("error-sites-none-judged")
            return newest
        run = get_run(self.engine, number)
        if not run.judgement:
            raise InputError("error-sites-not-judged", run=number)
        return run

    def forget(self, days: int) -> int:
        """Delete what runs kept that began more than so many days ago; how many they were."""
        before = self._clock.now() - days * _DAY_S
        with alone(self._home), judging(self._home):
            gone = forget_runs(self.engine, self._by, self._clock.now(), before)
            for number in gone:
                RunFolder(self._home, number).remove()
        return len(gone)

    def _choose(self, wanted: Wanted, profile: str) -> Iterator[tuple[Site, str]]:
        """The sites of a run, and why some of them are not visited."""
        before = None
        if wanted.older_than_days is not None:
            before = self._clock.now() - wanted.older_than_days * _DAY_S
        if wanted.hosts is None:
            for site, last in to_visit(self.engine, before):
                yield site, _without_asking(last, profile)
            return
        for some in _pieces(dict.fromkeys(wanted.hosts)):
            found = look_up(self.engine, some)
            for host in some:
                row = found.get(host)
                if row is None:
                    yield Site(host), OUT_OF_SCOPE
                    continue
                site = Site(host, row.owner, row.sector, row.district)
                if row.out_at is not None:
                    yield site, OPTED_OUT
                elif before is not None and (row.visited_at or 0) >= before:
                    yield site, "fresh"
                else:
                    yield site, _without_asking(row.reason or "", profile)

    def _require_canaries(self) -> None:
        """ConfigurationError when a canary is no host in scope: nothing else is ever visited."""
        canaries = self._config.census.canaries
        found = look_up(self.engine, [host_of(canary) or "" for canary in canaries])
        for canary in canaries:
            row = found.get(canary)
            if row is None or row.out_at is not None:
                raise ConfigurationError("error-sites-canary", host=canary[:200])


def _outcome(facts: SiteFacts, verdict: Verdict | None) -> Outcome:
    """What is known of a site now: of one without a result only what was found, and no grade."""
    if verdict is None:
        return Outcome(facts.host, facts.at, facts.reason, "")
    failed = frozenset(item.check for item in verdict.failed)
    if facts.reason:
        return Outcome(facts.host, facts.at, facts.reason, "", verdict.findings, failed)
    return Outcome(
        facts.host, facts.at, "", grade_of(verdict), (*signs_of(verdict), *verdict.findings),
        failed, hardly_seen=is_hardly_seen(verdict),
    )  # fmt: skip


def _without_asking(last: str, profile: str) -> str:
    """Why a site is not even asked: a quick visit reads no robots.txt, so the last one counts."""
    return ROBOTS_SAY_NO if profile == QUICK and last == ROBOTS_SAY_NO else ""


def _chain(first: tuple[Site, str], rest: Iterator[tuple[Site, str]]) -> Iterator[tuple[Site, str]]:
    yield first
    yield from rest


def _pieces(hosts: Iterable[str]) -> Iterator[list[str]]:
    piece: list[str] = []
    for host in hosts:
        piece.append(host)
        if len(piece) == _LOOK_UP:
            yield piece
            piece = []
    if piece:
        yield piece
