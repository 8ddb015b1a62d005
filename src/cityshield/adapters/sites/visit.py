"""One visit to one site: what is asked for, in which order, and what becomes of the answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import monotonic

import msgspec

from cityshield.adapters.sites.budget import keys_of, seconds_until_open
from cityshield.adapters.sites.certificates import describe
from cityshield.adapters.sites.closer import Closer
from cityshield.adapters.sites.courier import Barred, Courier
from cityshield.adapters.sites.doors import Doors
from cityshield.adapters.sites.matching import Matching
from cityshield.adapters.sites.names import find_addresses
from cityshield.adapters.sites.paths import ROBOTS, type_of
from cityshield.adapters.sites.robots import ask_for_robots, read_robots
from cityshield.adapters.sites.transfer import Answer, Request
from cityshield.adapters.sites.turnstile import Overdrawn
from cityshield.adapters.sites.walk import Walk, join
from cityshield.guards.sites.addresses import without_values
from cityshield.guards.sites.answers import home
from cityshield.guards.sites.facts import Elsewhere, Names, Page, SiteFacts, Tls, Visit
from cityshield.guards.sites.page import CUT
from cityshield.vocabulary.census import QUICK, ROBOTS_SAY_NO
from cityshield.vocabulary.subject import SITE, Subject
from cityshield.vocabulary.verdict import Failure

MOST_OTHERS = 3
"""Further addresses of a host that are asked."""

_HALF = 0.5
_LONGEST_LOCATION = 300


class _Closed(Exception):
    """While the visit waited for its place, the time of day came at which none begins."""


class SiteVisit:
    """A visit under way; `has_begun` once the site is asked, and `empty` are facts of nothing.

    `until_open` waits for the next time of day at which visits begin, or raises.
    """

    def __init__(
        self, doors: Doors, host: str, profile: str, until_open: Callable[[], Awaitable[None]]
    ) -> None:
        self._doors = doors
        self._until_open = until_open
        self._host = host.lower().rstrip(".")
        self._profile = profile
        self._failed: list[Failure] = []
        self._known = b""
        self._good: list[str] = []
        self._scoped_at = 0.0
        self.has_begun = False
        self.empty = SiteFacts(
            Subject(SITE, self._host), self._host, doors.clock.now(), doors.vantage, profile
        )

    async def run(self) -> SiteFacts:
        """The facts of the site; never raises for what a server or a name does."""
        while True:
            try:
                return await self._visit()
            except Barred as barred:
                return msgspec.structs.replace(self.empty, reason=barred.reason, read=0.0)
            except _Closed:
                await self._until_open()

    async def _visit(self) -> SiteFacts:
        """Find the site, and look at it at its first address, or its second."""
        if refused := self._doors.scope.reason(self._host):
            raise Barred(refused)
        self._scoped_at = monotonic()
        names = await find_addresses(self._doors.resolver, self._host)
        seen = msgspec.structs.replace(self.empty, names=names)
        good = [address for address in names.v4 + names.v6 if self._doors.lets(address)]
        self._good = good
        if not good:
            return msgspec.structs.replace(seen, reason=_why_none(names), read=0.0)
        at_first = await self._visit_at(good[0], seen)
        if at_first.reason != "dead" or len(good) == 1:
            return at_first
        second = await self._visit_at(good[1], seen)  # as a browser goes on to the next address
        return msgspec.structs.replace(
            second,
            requests=at_first.requests + second.requests,
            connections=at_first.connections + second.connections,
            bytes_in=at_first.bytes_in + second.bytes_in,
        )

    async def _visit_at(self, address: str, seen: SiteFacts) -> SiteFacts:
        """Look at the site at one of its addresses."""
        domain = self._doors.registrable(self._host) or self._host
        keys = keys_of(address, domain, self._doors.hoster(address))
        courier = Courier(self._doors, self._host, (address, keys), self._scoped_at)
        matching = Matching(self._doors.match, self._host, address)
        clock, windows = self._doors.clock, self._doors.settings.windows
        try:
            await courier.come()
            if not self.has_begun and seconds_until_open(windows, clock.now()):
                raise _Closed
            self.has_begun = True
            seen = msgspec.structs.replace(seen, at=clock.now())
            seen = await self._look(seen, courier, domain, matching)
        except Barred as barred:
            return msgspec.structs.replace(
                self.empty,
                reason=barred.reason,
                read=0.0,
                requests=courier.requests,
                connections=courier.connections,
                bytes_in=courier.bytes_in,
            )
        finally:
            courier.go()
        return msgspec.structs.replace(
            seen,
            requests=courier.requests,
            connections=courier.connections,
            bytes_in=courier.bytes_in,
            templates=matching.hits,
            template_set=self._doors.template_set,
            failed=(*self._failed, *matching.failed),
        )

    async def _look(
        self, seen: SiteFacts, courier: Courier, domain: str, matching: Matching
    ) -> SiteFacts:
        settings = self._doors.settings
        is_quick = self._profile == QUICK
        walk = Walk(courier, settings, self._read_page, is_quick, matching.see_home)
        try:
            said = {} if is_quick else await self._ask_robots(courier)
            if any(map(_forbids_us, said.values())):
                return msgspec.structs.replace(seen, reason=ROBOTS_SAY_NO, read=0.0)
            secure, chain = await self._visit_secure(walk, courier)
            seen = msgspec.structs.replace(seen, secure=secure, tls=self._judge_chain(chain))
            if chain and self._doors.roots.is_empty:
                self._failed.append(Failure("sites.certificate_unknown_issuer", "no-roots"))
            plain = await self._visit_plain(walk, secure)
            seen = msgspec.structs.replace(seen, plain=plain)
            if not secure.hops and not plain.hops:
                return msgspec.structs.replace(seen, reason="dead", read=_HALF)
            if home(seen) is None:  # what it lacks is not known, so nothing speaks for it either
                self._failed.append(Failure("sites.page", "no-page", detail=_why_no_page(seen)))
                seen = msgspec.structs.replace(seen, read=_HALF)
            if is_quick:
                return seen
            scheme = "https" if secure.hops else "http"
            base = self._url(scheme)
            seen = msgspec.structs.replace(seen, templates=matching.hits)
            closer = Closer(self._doors, courier, domain, base, matching, said.get(scheme))
            seen = await closer.look(seen)
            if secure.hops:
                others = await self._ask_others(courier, domain, secure)
                seen = msgspec.structs.replace(seen, others=others)
            self._failed += closer.failed
            return seen
        except Overdrawn:
            return msgspec.structs.replace(seen, reason="budget", read=_HALF)

    async def _ask_robots(self, courier: Courier) -> dict[str, Answer]:
        """robots.txt before anything else, by scheme: over HTTP where nothing comes over HTTPS.

        Its connection is ended, for the home page is to show its certificate on one of its own.
        """
        settings, url = self._doors.settings, self._url("https") + ROBOTS[1:]
        said = await ask_for_robots(courier, settings, url)
        if said.failed == "tls" and not said.status:
            courier.legacy = True
            said = await ask_for_robots(courier, settings, url)
        if said.status:
            return {"https": said}
        said = await ask_for_robots(courier, settings, self._url("http") + ROBOTS[1:])
        return {"http": said} if said.status else {}

    async def _visit_secure(self, walk: Walk, courier: Courier) -> tuple[Visit, tuple[bytes, ...]]:
        url = self._url("https")
        visit, chain = await walk.go(url, set())
        if visit.failed == "tls" and not visit.hops and not courier.legacy:
            courier.legacy = True
            visit, chain = await walk.go(url, set())
        return visit, chain

    async def _visit_plain(self, walk: Walk, secure: Visit) -> Visit:
        """Over http; where that leads to the known page of https, it is not asked for again."""
        url = self._url("http")
        known = secure.hops[0].url if secure.hops else ""
        visit, _ = await walk.go(url, {known} if known else set())
        if not known or visit.failed != "redirects" or _next_of(visit) != known:
            return visit
        cookies = {cookie.name: cookie for cookie in visit.cookies + secure.cookies}
        return msgspec.structs.replace(
            visit,
            hops=visit.hops + secure.hops,
            cookies=tuple(cookies.values()),
            failed=secure.failed,
        )

    async def _ask_others(
        self, courier: Courier, domain: str, secure: Visit
    ) -> tuple[Elsewhere, ...]:
        """Ask further addresses of the host for the home page, once each."""
        settings = self._doors.settings
        found = []
        rest = [address for address in self._good if address != courier.address]
        for address in rest[:MOST_OTHERS]:
            if courier.is_out_of_patience:
                break
            request = Request(
                secure.hops[0].url, address, settings.secure_port, settings.path_bytes,
                last=True, certificates=True,
            )  # fmt: skip
            place = address, keys_of(address, domain, self._doors.hoster(address))
            try:
                answer = await courier.ask_elsewhere(request, place, self._host)
            except Overdrawn:  # what was seen so far stays
                break
            judged = self._judge_chain(answer.chain)
            found.append(
                Elsewhere(
                    address,
                    answer.failed,
                    answer.status,
                    without_values(answer.first("location"))[:_LONGEST_LOCATION],
                    judged.trust if judged else "",
                )
            )
        return tuple(found)

    def _read_page(self, answer: Answer, url: str) -> Page | None:
        """What the page says, where it is one, whatever its type claims.

        The same bytes are read once: over HTTPS, which is asked for first.
        """
        kind = type_of(answer)
        if not answer.body or ("html" not in kind and answer.body.lstrip()[:1] != b"<"):
            return None
        if answer.body == self._known:
            return None
        try:
            page = self._doors.read_page(answer.body, url, answer.headers)
        except Exception as error:
            self._failed.append(Failure("sites.page", "raised", detail=type(error).__name__))
            return None
        if CUT in page.marks or answer.failed:
            reason = "cut-short" if answer.failed == "cut-short" else "too-long"
            self._failed.append(Failure("sites.page", reason))
        if url.startswith("https:"):
            self._known = answer.body
        return page

    def _judge_chain(self, chain: tuple[bytes, ...]) -> Tls | None:
        if not chain:
            return None
        told = tuple(each for each in map(describe, chain) if each is not None)
        trust = self._doors.roots.trust(chain, self._host, self._doors.clock.now())
        return Tls(chain=told, trust=trust)

    def _url(self, scheme: str) -> str:
        settings = self._doors.settings
        secure = scheme == "https"
        port = settings.secure_port if secure else settings.plain_port
        usual = port == (443 if secure else 80)
        return f"{scheme}://{self._host}/" if usual else f"{scheme}://{self._host}:{port}/"


def _why_no_page(seen: SiteFacts) -> str:
    """Why there is no home page: of who answered at all, the status, or what went wrong."""
    visits = [visit for visit in (seen.secure, seen.plain) if visit is not None and visit.hops]
    answered = next((f"HTTP {visit.hops[-1].status}" for visit in visits if not visit.failed), "")
    return answered or next((visit.failed for visit in visits), "")


def _forbids_us(said: Answer) -> bool:
    """Whether robots.txt turns us away from all of the site by our name."""
    if not 200 <= said.status < 300:
        return False
    robots = read_robots(said.body)
    return robots.named and not robots.lets("/")


def _why_none(names: Names) -> str:
    """Why there is no address that may be visited."""
    if names.status in ("NXDOMAIN", "FORMERR"):
        return "no-name"
    if names.status != "NOERROR":
        return "name-timeout"
    return "private-address" if names.v4 or names.v6 else "no-address"


def _next_of(visit: Visit) -> str:
    """Where the last hop led to."""
    if not visit.hops or not visit.hops[-1].location:
        return ""
    return join(visit.hops[-1].url, visit.hops[-1].location)
