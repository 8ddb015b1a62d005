"""Runs through websites: planned, visited, gone on with after any end, and judged.

    inventory -> plan -> visited -> recorded -> judged -> present state of each site
                            ^            |
                            `- again ----'   while we were down, not they

A site is recorded the moment its facts come. What may only look dead because we were cut off is
held back until a canary, a host that is known to be well, answers or does not.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Sequence,
)
from typing import TYPE_CHECKING

from cityshield.adapters.history.run import Planned, Record, RunFolder
from cityshield.adapters.store.sites import refusals
from cityshield.guards.sites.facts import SiteFacts
from cityshield.visits import Visitor
from cityshield.vocabulary.census import BUDGET, DOUBTFUL, QUICK, STOPPED, VANTAGE_DOWN
from cityshield.vocabulary.subject import Subject

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cityshield.ports.clock import Clock

MOST_HELD = 50
"""Sites that seem dead, and wait for a canary: as many are visited twice if we are killed."""

MOST_TRIES = 5
"""How often a site is put off because we were down, before that is its result."""

GRACE_S = 15.0
"""How long visits under way may take to their end when somebody stops a run."""

_SEEN = ("", BUDGET)
"""Reasons of a canary that was reached: one that may not be visited any more tells nothing."""
_CANARY_EVERY_S = 30.0
_LOOK_AT_SCOPE = 200
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0


class Vantage:
    """Whether we can see the world from here: asks the canaries.

    Each time one of them, in turn; only when that one does not answer, all of them.
    """

    def __init__(
        self, canaries: Sequence[str], visitor: Visitor, pause_s: float = _FIRST_PAUSE_S
    ) -> None:
        self._canaries = deque(canaries)
        self._visitor = visitor
        self._pause_s = pause_s

    @property
    def can_tell(self) -> bool:
        """Whether there are any canaries."""
        return bool(self._canaries)

    async def is_up(self) -> bool:
        """Whether at least one canary answers."""
        self._canaries.rotate(-1)
        first, *others = self._canaries
        return await self._any_answers([first]) or await self._any_answers(others)

    async def wait_until_up(self, stopping: asyncio.Event) -> bool:
        """Wait until a canary answers, longer each time; False when stopped before."""
        pause_s = self._pause_s
        while not stopping.is_set():
            try:
                await asyncio.wait_for(stopping.wait(), pause_s)
                return False
            except TimeoutError:
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            if await self.is_up():
                return True
        return False

    async def _any_answers(self, hosts: Sequence[str]) -> bool:
        if not hosts:
            return False
        found = [facts async for facts in self._visitor.visit(_each(hosts), QUICK)]
        return any(facts.reason in _SEEN for facts in found)


class Gathering:
    """Visits the sites of a run that have no facts yet, and records what comes.

    `rate` is how many visits are begun in a second at most, 0 for no bound beside the gatherer's.
    `cut_off` is told when no canary answers any more, and when one does again.
    """

    def __init__(
        self,
        engine: Engine,
        folder: RunFolder,
        visitor: Visitor,
        profile: str,
        vantage: Vantage,
        clock: Clock,
        *,
        rate: float = 0.0,
        progress: Callable[[int], None] | None = None,
        cut_off: Callable[[bool], None] | None = None,
    ) -> None:
        self._engine = engine
        self._folder = folder
        self._visitor = visitor
        self._profile = profile
        self._vantage = vantage
        self._clock = clock
        self._rate = rate
        self._progress = progress
        self._cut_off = cut_off
        self._stopping = asyncio.Event()
        self._up = asyncio.Event()
        self._begun: dict[str, tuple[int, float]] = {}
        self._held: list[tuple[int, float, SiteFacts]] = []
        self._again: dict[int, str] = {}
        self._tries: dict[int, int] = {}
        self._up_since = 0.0
        self._asked_at = 0.0
        self._packing: asyncio.Task[None] | None = None
        self._asking: asyncio.Task[None] | None = None
        self.grace_s = GRACE_S
        self.done = bytearray()
        self.settled = 0
        self.settled_now = 0

    def stop(self) -> None:
        """Begin no more visits; those under way that end within `grace_s` are recorded."""
        self._stopping.set()
        self._visitor.halt()

    async def run(self) -> bool:
        """Visit until every site has facts or a reason; whether that is so.

        What was recorded stays recorded, however this ends.
        """
        self.done = self._folder.settled()
        self.settled = sum(self.done)
        try:
            if (
                not self._vantage.can_tell
                or await self._vantage.is_up()
                or await self._wait_for_up()
            ):
                self._see()
            await self._round(self._planned())
            while self._again and not self._stopping.is_set():
                again = [Planned(n, host) for n, host in sorted(self._again.items())]
                self._again.clear()
                await self._round(_pieces(again))
        finally:
            if self._packing is not None:
                await self._packing
            await asyncio.to_thread(self._folder.pack, self._folder.turn())
        return self.settled == len(self.done)

    def _planned(self) -> Iterator[list[Planned]]:
        return self._folder.planned(self.done)

    async def _round(self, pieces: Iterator[list[Planned]]) -> None:
        """Visit sites once, each; what is to be visited again is noted."""
        visits = self._visitor.visit(self._feed(pieces), self._profile)
        await self._until_stopped(self._take_all(visits))
        for host, (n, _) in self._begun.items():  # whoever visits lost them
            if not self._stopping.is_set():
                self._put_off(n, _bare(host, self._clock.now(), STOPPED))
        self._begun.clear()
        if self._asking is not None:
            await self._asking
        if self._held and not self._stopping.is_set():
            await self._ask()
        elif self._held and await self._vantage.is_up():
            self._release()
        self._held.clear()  # seen at a time of which nothing is known: visited again another time

    async def _take_all(self, visits: AsyncIterator[SiteFacts]) -> None:
        """Take what comes: at once, so that a kill loses no visit that is over.

        What is there already is taken without a turn of the loop in between, in which more visits
        would end than one.
        """
        try:
            async for facts in visits:
                begun = self._begun.pop(facts.host, None)
                if begun is not None:  # else nobody asked for it
                    await self._take(*begun, facts)
        finally:
            if isinstance(visits, AsyncGenerator):
                await visits.aclose()

    async def _until_stopped(self, work: Coroutine[None, None, None]) -> None:
        """Work until its end, or until a while after somebody stopped the run."""
        working = asyncio.create_task(work)
        stopped = asyncio.create_task(self._stopped_long_ago())
        try:
            await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            if not working.done():
                working.cancel()
                await asyncio.wait({working})
        if not working.cancelled():
            working.result()

    async def _stopped_long_ago(self) -> None:
        await self._stopping.wait()
        await asyncio.sleep(self.grace_s)

    async def _feed(self, pieces: Iterator[list[Planned]]) -> AsyncIterator[str]:
        """The hosts to visit now: in scope at this moment, at the pace of the run."""
        next_at = time.monotonic()
        for piece in pieces:
            for start in range(0, len(piece), _LOOK_AT_SCOPE):
                some = piece[start : start + _LOOK_AT_SCOPE]
                if self._stopping.is_set():
                    return
                hosts = [site.host for site in some]
                refused = await asyncio.to_thread(refusals, self._engine, hosts)
                for site in some:
                    if reason := refused.get(site.host, "") or site.reason:
                        self._record(site.n, _bare(site.host, self._clock.now(), reason))
                        continue
                    if self._rate:
                        next_at = max(next_at, time.monotonic()) + 1 / self._rate
                        await self._wait(next_at - time.monotonic())
                    await self._until_up()
                    if self._stopping.is_set():
                        return
                    self._begun[site.host] = site.n, time.monotonic()
                    yield site.host

    async def _wait(self, seconds: float) -> None:
        if seconds > 0:
            try:
                await asyncio.wait_for(self._stopping.wait(), seconds)
            except TimeoutError:
                pass

    async def _until_up(self) -> None:
        while not self._up.is_set() and not self._stopping.is_set():
            await self._wait(0.02)

    async def _take(self, n: int, begun: float, facts: SiteFacts) -> None:
        """Record the facts of a site, or hold them back, or have it visited again."""
        if facts.reason == STOPPED and self._stopping.is_set():
            return
        if facts.reason in (STOPPED, VANTAGE_DOWN):
            self._put_off(n, facts)
        elif not self._vantage.can_tell or not is_doubtful(facts):
            self._record(n, facts)
        elif not self._up.is_set() or begun < self._up_since:
            self._put_off(n, _down(facts))
        else:
            self._held.append((n, begun, facts))
            self._ask_soon()
        if self._folder.is_full:
            if self._packing is not None:
                await self._packing
            segments = self._folder.turn()
            self._packing = asyncio.create_task(asyncio.to_thread(self._folder.pack, segments))
        if len(self._held) >= 2 * MOST_HELD and self._asking is not None:
            await self._asking

    def _ask_soon(self) -> None:
        """Ask a canary when enough is held back, or has been for long enough."""
        is_due = len(self._held) >= MOST_HELD or (
            time.monotonic() - self._asked_at >= _CANARY_EVERY_S
        )
        if is_due and (self._asking is None or self._asking.done()):
            self._asking = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        """Ask a canary: what is held back is true if it answers, and else was our fault."""
        count = len(self._held)
        if await self._vantage.is_up():
            self._asked_at = time.monotonic()
            self._release(count)
            return
        self._up.clear()
        self._put_off_held()
        if await self._wait_for_up():
            self._put_off_held()
            self._see()

    async def _wait_for_up(self) -> bool:
        """Wait until a canary answers, and say so; False when stopped before."""
        if self._cut_off is not None:
            self._cut_off(True)
        is_up = await self._vantage.wait_until_up(self._stopping)
        if is_up and self._cut_off is not None:
            self._cut_off(False)
        return is_up

    def _see(self) -> None:
        self._up_since = self._asked_at = time.monotonic()
        self._up.set()

    def _release(self, count: int | None = None) -> None:
        """Record what was held back until a canary was asked."""
        true, self._held = self._held[:count], self._held[len(self._held[:count]) :]
        for n, _, facts in true:
            self._record(n, facts)

    def _put_off_held(self) -> None:
        for n, _, facts in self._held:
            self._put_off(n, _down(facts))
        self._held.clear()

    def _put_off(self, n: int, facts: SiteFacts) -> None:
        """Have a site visited again, unless that was so too often."""
        self._tries[n] = self._tries.get(n, 0) + 1
        if self._tries[n] >= MOST_TRIES:
            self._record(n, facts)
            return
        self._folder.append(Record(n, facts, again=True))
        self._again[n] = facts.host

    def _record(self, n: int, facts: SiteFacts) -> None:
        if self.done[n]:
            return
        self._folder.append(Record(n, facts))
        self.done[n] = 1
        self.settled += 1
        self.settled_now += 1
        if self._progress is not None:
            self._progress(self.settled_now)


def is_doubtful(facts: SiteFacts) -> bool:
    """Whether a site looks as it would too if we had no network."""
    return facts.reason in DOUBTFUL or facts.reason == VANTAGE_DOWN


def _down(facts: SiteFacts) -> SiteFacts:
    return _bare(facts.host, facts.at, VANTAGE_DOWN)


def _bare(host: str, at: int, reason: str) -> SiteFacts:
    return SiteFacts(Subject("site", host), host, at, reason=reason, read=0.0)


async def _each(hosts: Iterable[str]) -> AsyncIterator[str]:
    for host in hosts:
        yield host


def _pieces(sites: Sequence[Planned], size: int = 1000) -> Iterator[list[Planned]]:
    for start in range(0, len(sites), size):
        yield list(sites[start : start + size])
