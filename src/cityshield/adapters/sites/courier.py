"""Asks on behalf of one visit: nothing is asked but through here, within budget and scope."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

import msgspec

from cityshield.adapters.sites.budget import Keys, keys_of
from cityshield.adapters.sites.dates import read_date
from cityshield.adapters.sites.doors import Doors
from cityshield.adapters.sites.hello import Heard
from cityshield.adapters.sites.log import Line
from cityshield.adapters.sites.names import find_addresses
from cityshield.adapters.sites.probe import say_hello
from cityshield.adapters.sites.starttls import offers_starttls
from cityshield.adapters.sites.transfer import Answer, Request, hang_up

_LONGEST_RETRY_S = 999_999.0

Place = tuple[str, Keys]
"""An address, and what a request to it is counted against."""

_FRESH_S = 1.0
"""For so long holds what was said of a site's scope: meanwhile somebody may opt out."""


class Barred(Exception):
    """The site may not be visited, or not any more: `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Courier:
    """Holds a place with the server of the site, and counts what was asked.

    `legacy` is set once the server has refused what is offered today. Once a connection that was
    kept has died with a request, none is kept any more. `scoped_at` is when the scope was asked
    about the host; once that is old, whatever is asked next may raise Barred.
    """

    def __init__(self, doors: Doors, host: str, place: Place, scoped_at: float) -> None:
        self._doors = doors
        self.host = host
        self.address, self._own = place
        self._keys: Keys = ()
        self.legacy = False
        self.requests = self.connections = self.bytes_in = 0
        self._spent_s = 0.0
        self._keeps = True
        self._scoped_at = scoped_at
        self._open: set[tuple[int, int]] = set()

    @property
    def is_out_of_patience(self) -> bool:
        """Whether the servers asked have taken as long as one site may take."""
        return self._spent_s >= self._doors.settings.patience_s

    async def come(self) -> None:
        """Wait for a place with the server of the site."""
        await self._doors.turnstile.enter(self._own)
        self._keys = self._own
        self._look_at_scope(monotonic())

    def go(self) -> None:
        """Give the place back, if there is one, and leave no connection open without it."""
        for kept in self._open:
            hang_up(kept)
        self._open.clear()
        if self._keys:
            self._doors.turnstile.leave(self._keys)
            self._keys = ()

    async def ask(self, request: Request) -> Answer:
        """Ask the server of the site."""
        if self.legacy:
            request = msgspec.structs.replace(request, legacy=True)
        if not self._keeps:
            request = _alone(request)
        answer = await self._request(request, self._own, self.host)
        if answer.kept[0] >= 0:
            self._open.add(answer.kept)
        return answer

    async def ask_elsewhere(self, request: Request, place: Place, host: str) -> Answer:
        """Ask another server."""
        async with self._place_with(place):
            return await self._request(_alone(request), place[1], host)

    async def say_hello(self, hello: bytes) -> Heard | None:
        """Say hello to the server of the site over a new connection."""
        settings = self._doors.settings
        turnstile = self._doors.turnstile
        began = await self._begin(self._own)
        try:
            heard = await say_hello(self.address, settings.secure_port, hello, settings.connect_s)
        finally:
            turnstile.budget.end(self._own, monotonic())
        self.connections += 1
        self._doors.log(Line(began, monotonic(), self.address, self.host, "tls"))
        return heard

    async def ask_mail_server(self, place: Place, host: str) -> tuple[str, tuple[bytes, ...]]:
        """Whether a mail server offers to encrypt, and the certificates that it shows."""
        settings = self._doors.settings
        async with self._place_with(place):
            turnstile = self._doors.turnstile
            began = await self._begin(place[1])
            port, time_s = settings.mail_port, settings.connect_s
            try:
                told = await offers_starttls(place[0], port, host, time_s)
            finally:
                turnstile.budget.end(place[1], monotonic())
            self.connections += 1
            self._doors.log(Line(began, monotonic(), place[0], host, "smtp"))
        return told

    def is_kin(self, host: str) -> bool:
        """Whether a host is of the same registrable domain as the site."""
        registrable = self._doors.registrable
        return host == self.host or registrable(host) == (registrable(self.host) or self.host)

    async def find(self, host: str) -> Place | str:
        """Where another host is, or the reason why it is not visited."""
        if self._doors.scope.reason(host):
            return "redirect-scope"
        names = await find_addresses(self._doors.resolver, host)
        found = names.v4 + names.v6
        good = [address for address in found if self._doors.lets(address)]
        if not good:
            return "redirect-private" if found else "redirect-name"
        domain = self._doors.registrable(host) or host
        return good[0], keys_of(good[0], domain, self._doors.hoster(good[0]))

    @asynccontextmanager
    async def _place_with(self, place: tuple[str, Keys]) -> AsyncIterator[None]:
        """A place with another server: that with our own is given back for that time."""
        turnstile, keys = self._doors.turnstile, place[1]
        self.go()
        await turnstile.enter(keys, first=True)
        try:
            yield
        finally:
            turnstile.leave(keys)
        await turnstile.enter(self._own, first=True)
        self._keys = self._own

    async def _begin(self, keys: Keys) -> float:
        """Wait until one more request may begin, to a site that still lets us: since when."""
        turnstile = self._doors.turnstile
        began = await turnstile.begin(keys)
        try:
            self._look_at_scope(began)
        except BaseException:
            turnstile.budget.end(keys, monotonic())
            raise
        return began

    def _look_at_scope(self, now: float) -> None:
        if now - self._scoped_at < _FRESH_S:
            return
        if reason := self._doors.scope.reason(self.host):
            raise Barred(reason)
        self._scoped_at = now

    async def _request(self, request: Request, keys: Keys, host: str) -> Answer:
        """Make a request; one that was lost with a connection that was kept is made once more."""
        answer = await self._request_once(request, keys, host)
        if answer.lost:
            self._keeps = False
            answer = await self._request_once(_alone(request), keys, host)
        return answer

    async def _request_once(self, request: Request, keys: Keys, host: str) -> Answer:
        """Make one request when the budget lets it begin, and write it into the log."""
        turnstile = self._doors.turnstile
        began = await self._begin(keys)
        try:
            answer = await self._doors.transfers.fetch(request)
        finally:
            turnstile.budget.end(keys, monotonic())
        self.requests += 1
        self.connections += answer.connections
        self.bytes_in += answer.bytes_in
        path = _path_of(request.url)
        self._doors.log(Line(began, answer.ended, request.address, host, path, answer.status))
        took_s = answer.ended - began
        self._spent_s += took_s
        waits_s = _retry_after(answer, self._doors.clock.now())
        turnstile.budget.learn(keys, answer.ended, answer.status, took_s, waits_s)
        return answer


def _alone(request: Request) -> Request:
    """The same request over a connection of its own."""
    return msgspec.structs.replace(request, last=True, fresh=True)


def _path_of(url: str) -> str:
    """The path of an address, without what it may ask."""
    rest = url.partition("://")[2]
    return f"/{rest.partition('/')[2].partition('?')[0]}"[:200]


def _retry_after(answer: Answer, now_s: int) -> float:
    """The seconds of a Retry-After field (RFC 9110, 10.2.3): of a date, by the server's clock."""
    text = answer.first("retry-after")
    if text.isascii() and text.isdigit():
        return float(text[:6])
    until, here = read_date(text), read_date(answer.first("date"))
    if until is None:
        return 0.0
    return min(max(0.0, until - (now_s if here is None else here)), _LONGEST_RETRY_S)
