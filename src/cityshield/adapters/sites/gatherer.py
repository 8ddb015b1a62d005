"""Visits many sites at once, and gives each as it is done; holds a window of them, never a list."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Sequence

import msgspec

from cityshield.adapters.sites.budget import Budget, seconds_until_open
from cityshield.adapters.sites.certificates import Roots
from cityshield.adapters.sites.doors import (
    Doors,
    MorePaths,
    ReadPage,
    ReadScript,
    Scoped,
    no_libraries,
    no_more,
    nobody,
)
from cityshield.adapters.sites.log import Line
from cityshield.adapters.sites.matching import Match, no_templates
from cityshield.adapters.sites.paths import TIER_1
from cityshield.adapters.sites.resolver import Resolver
from cityshield.adapters.sites.settings import SitesSettings
from cityshield.adapters.sites.transfer import Transfers
from cityshield.adapters.sites.turnstile import Turnstile
from cityshield.adapters.sites.visit import SiteVisit
from cityshield.guards.sites.facts import SiteFacts
from cityshield.ports.clock import Clock
from cityshield.vocabulary.census import QUICK
from cityshield.vocabulary.errors import CityShieldError, InputError
from cityshield.vocabulary.subject import Subject


def _forget(line: Line) -> None:
    """Keep no log."""


class Gatherer:
    """Visits sites within one budget: the port `Websites`, and a stream for runs.

    All visits of a gatherer keep the same budget, whatever their profile. See `doors.Doors` for
    what is passed in.
    """

    def __init__(
        self,
        settings: SitesSettings,
        scope: Scoped,
        *,
        lets: Callable[[str], bool],
        registrable: Callable[[str], str],
        read_page: ReadPage,
        clock: Clock,
        log: Callable[[Line], None] = _forget,
        hoster: Callable[[str], str] = nobody,
        read_script: ReadScript = no_libraries,
        more_paths: MorePaths = no_more,
        match: Match = no_templates,
        template_set: str = "",
        paths: Sequence[str] = TIER_1,
        profile: str = QUICK,
        secret: bytes = b"",
        vantage: str = "",
    ) -> None:
        self._settings = settings
        self._scope = scope
        self._profile = profile
        self._clock = clock
        self._turnstile = Turnstile(Budget(settings), settings.longest_wait_s)
        self._halted = asyncio.Event()
        self._under_way: dict[asyncio.Task[None], SiteVisit] = {}
        self._roots = Roots(settings.ca)
        self._given = {
            "lets": lets, "registrable": registrable, "read_page": read_page, "log": log,
            "hoster": hoster, "read_script": read_script, "more_paths": more_paths,
            "match": match, "template_set": template_set,
            "paths": tuple(paths), "secret": secret, "vantage": vantage, "clock": clock,
        }  # fmt: skip

    async def visit_many(self, subjects: Sequence[Subject]) -> Sequence[SiteFacts]:
        """The facts of each site, in order; InputError outside the times of day that were set.

        Who waits for one answer would else wait for hours, and hold up every run meanwhile.
        """
        await self._refuse_if_closed()
        hosts = [_plain(each.value) for each in subjects]
        visits = self.visit(dict.fromkeys(hosts), waits=False)
        seen = {facts.host: facts async for facts in visits}
        return [seen[host] for host in hosts]

    async def visit(
        self, hosts: Iterable[str] | AsyncIterable[str], profile: str = "", *, waits: bool = True
    ) -> AsyncIterator[SiteFacts]:
        """Visit hosts as they come; the facts of each are given when they are there.

        Neighbours in a list often share a server: in a list that was shuffled less has to wait.
        Without a profile, that of the gatherer holds. Visits begin at the times of day that were
        set; who does not wait for them gets InputError outside them.
        """
        transfers = Transfers(self._settings)
        resolver = Resolver(self._settings.resolvers)
        doors = Doors(
            settings=self._settings, transfers=transfers, resolver=resolver,
            turnstile=self._turnstile, scope=self._scope, roots=self._roots,
            **self._given,  # type: ignore[arg-type]
        )  # fmt: skip
        done: asyncio.Queue[SiteFacts | None] = asyncio.Queue()
        room = asyncio.Semaphore(self._settings.waiting)
        tasks: set[asyncio.Task[None]] = set()

        broken: list[CityShieldError] = []
        until_open = self._wait_for_window if waits else self._refuse_if_closed

        async def one(visit: SiteVisit) -> None:
            try:
                facts = await self._run(visit)
            except CityShieldError as error:  # it is we who can't go on, not the site
                broken.append(error)
                await done.put(None)
            else:
                await done.put(facts)

        async def feed() -> None:
            async for host in _each(hosts):
                await until_open()
                await room.acquire()
                visit = SiteVisit(doors, host, profile or self._profile, until_open)
                task = asyncio.create_task(one(visit))
                tasks.add(task)
                self._under_way[task] = visit
                task.add_done_callback(tasks.discard)
                task.add_done_callback(self._under_way.pop)
                if self._halted.is_set():
                    self.halt()
            while tasks:
                await asyncio.wait(tasks)
            await done.put(None)

        feeder = asyncio.create_task(feed())
        feeder.add_done_callback(lambda _: done.put_nowait(None))
        try:
            while (facts := await done.get()) is not None:
                room.release()
                yield facts
            if broken:
                raise broken[0]
            await feeder
        finally:
            feeder.cancel()
            for task in list(tasks):
                task.cancel()
            await asyncio.gather(feeder, *tasks, return_exceptions=True)
            transfers.close()
            resolver.close()

    def halt(self) -> None:
        """Drop the visits that have asked their site for nothing yet; the others go on."""
        self._halted.set()
        for task, visit in list(self._under_way.items()):
            if not visit.has_begun:
                task.cancel()

    async def _run(self, visit: SiteVisit) -> SiteFacts:
        try:
            return await visit.run()
        except CityShieldError:
            raise
        except Exception as error:
            reason = f"error:{type(error).__name__}"
            return msgspec.structs.replace(visit.empty, reason=reason, read=0.0)

    def _wait_s(self) -> int:
        """How long until visits may begin."""
        return seconds_until_open(self._settings.windows, self._clock.now())

    async def _refuse_if_closed(self) -> None:
        """Raise InputError outside the times of day that were set."""
        if self._wait_s():
            windows = ", ".join("-".join(window) for window in self._settings.windows)
            raise InputError("error-sites-closed", windows=windows[:200])

    async def _wait_for_window(self) -> None:
        """Let no visit begin outside the times of day that were set."""
        wait_s = self._wait_s()
        if wait_s and not self._halted.is_set():
            try:
                async with asyncio.timeout(wait_s):  # unlike wait_for, it never eats what halts us
                    await self._halted.wait()
            except TimeoutError:
                pass


async def _each(hosts: Iterable[str] | AsyncIterable[str]) -> AsyncIterator[str]:
    if isinstance(hosts, AsyncIterable):
        async for host in hosts:
            yield host
    else:
        for host in hosts:
            yield host


def _plain(host: str) -> str:
    return host.lower().rstrip(".")
