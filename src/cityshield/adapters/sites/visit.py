"""One visit to one site: what is asked for, in which order, and what becomes of the answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from hashlib import sha256
from time import monotonic
from typing import Any, Final

import ada_url
import msgspec

from cityshield.adapters.sites.budget import Keys, keys_of
from cityshield.adapters.sites.certificates import Roots, describe
from cityshield.adapters.sites.cookies import read_cookies
from cityshield.adapters.sites.hello import Heard
from cityshield.adapters.sites.log import Line
from cityshield.adapters.sites.names import find_addresses, find_mail, find_records
from cityshield.adapters.sites.paths import (
    ROBOTS,
    SECURITY,
    TIER_1,
    Calibration,
    Recognize,
    describe_path,
    invent_paths,
    is_packed,
    recognize,
    type_of,
)
from cityshield.adapters.sites.probe import probe, say_hello
from cityshield.adapters.sites.resolver import Resolver
from cityshield.adapters.sites.robots import ALL_ALLOWED, NONE_ALLOWED, Robots, read_robots
from cityshield.adapters.sites.scope import Scope
from cityshield.adapters.sites.settings import FULL, QUICK, SitesSettings
from cityshield.adapters.sites.transfer import Answer, Request, Transfers
from cityshield.adapters.sites.turnstile import Overdrawn, Turnstile
from cityshield.guards.sites.facts import Header, Hop, Mail, Names, Page, SiteFacts, Tls, Visit
from cityshield.ports.clock import Clock
from cityshield.vocabulary.subject import SITE, Subject
from cityshield.vocabulary.verdict import Failure

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_LONGEST_URL = 2048
_LONGEST_TEXT = 8192
_FIRST_FREE_PORT = 1024
_MOST_PATHS = 250

ReadPage = Callable[[bytes, str, Sequence[Header]], Page]
ReadScript = Callable[[bytes, str], tuple[tuple[str, str], ...]]
MorePaths = Callable[[SiteFacts], Sequence[str]]


def no_libraries(body: bytes, url: str) -> tuple[tuple[str, str], ...]:
    """No library is known."""
    return ()


def no_more(facts: SiteFacts) -> Sequence[str]:
    """No more than what is always asked for."""
    return ()


class Doors(msgspec.Struct, frozen=True):
    """What visits share and what they ask others: all that reaches out goes through here.

    `lets` says whether an address may be connected to. `read_page`, `read_script` and `recognize`
    are pure; `more_paths` says what else to ask of a site with the profile `full`, by what is known
    of it. `secret` keys the proofs of what stood at a path.
    """

    settings: SitesSettings
    transfers: Transfers
    resolver: Resolver
    turnstile: Turnstile
    scope: Scope
    roots: Roots
    clock: Clock
    lets: Callable[[str], bool]
    registrable: Callable[[str], str]
    read_page: ReadPage
    log: Callable[[Line], None]
    recognize: Recognize = recognize
    read_script: ReadScript = no_libraries
    more_paths: MorePaths = no_more
    paths: Sequence[str] = TIER_1
    secret: bytes = b""
    vantage: str = ""


class SiteVisit:
    """A visit under way."""

    def __init__(self, doors: Doors, host: str, profile: str) -> None:
        self._doors = doors
        self._host = host.lower().rstrip(".")
        self._profile = profile
        self._domain = doors.registrable(self._host) or self._host
        self._keys: Keys = ()
        self._address = ""
        self._requests = self._connections = self._bytes = 0
        self._failed: list[Failure] = []

    async def run(self) -> SiteFacts:
        """The facts of the site; never raises for what a server or a name does."""
        refused = self._doors.scope.reason(self._host)
        if refused:
            return self._facts(reason=refused, read=0.0)
        names = await find_addresses(self._doors.resolver, self._host)
        reason = self._choose(names)
        if reason:
            return self._facts(names=names, reason=reason, read=0.0)
        await self._doors.turnstile.enter(self._keys)
        try:
            return await self._look(names)
        finally:
            if self._keys:
                self._doors.turnstile.leave(self._keys)

    def _choose(self, names: Names) -> str:
        """Take the address to visit, or say why there is none."""
        if names.status != "NOERROR":
            return "no-name"
        found = names.v4 + names.v6
        good = [address for address in found if self._doors.lets(address)]
        if not good:
            return "private-address" if found else "no-address"
        self._address = good[0]
        self._keys = keys_of(self._address, self._domain)
        return ""

    async def _look(self, names: Names) -> SiteFacts:
        facts = self._facts(names=names)
        try:
            secure, chain = await self._visit_secure()
            plain = await self._visit_plain(secure)
            tls = self._judge_chain(chain)
            facts = self._facts(names=names, secure=secure, plain=plain, tls=tls)
            if secure.failed and plain.failed and not secure.hops and not plain.hops:
                return self._facts(
                    names=names, secure=secure, plain=plain, tls=tls, reason="dead", read=0.5
                )
            if self._profile == QUICK:
                return facts
            return await self._look_closer(facts)
        except Overdrawn:
            return msgspec.structs.replace(facts, reason="budget", read=0.5, **self._counts())

    async def _visit_secure(self) -> tuple[Visit, tuple[bytes, ...]]:
        port = self._doors.settings.secure_port
        visit, chain = await self._walk(self._url("https", port), set())
        if visit.failed == "tls" and not visit.hops:
            visit, chain = await self._walk(self._url("https", port), set(), legacy=True)
        return visit, chain

    async def _visit_plain(self, secure: Visit) -> Visit:
        """Over http; where that leads to the known page of https, it is not asked for again."""
        port = self._doors.settings.plain_port
        known = secure.hops[0].url if secure.hops else ""
        visit, _ = await self._walk(self._url("http", port), {known} if known else set())
        led_to_known = visit.failed == "redirects" and self._next_of(visit) == known
        if not known or not led_to_known:
            return visit
        return msgspec.structs.replace(
            visit, hops=visit.hops + secure.hops, cookies=secure.cookies, failed=secure.failed
        )

    @staticmethod
    def _next_of(visit: Visit) -> str:
        if not visit.hops or not visit.hops[-1].location:
            return ""
        return _join(visit.hops[-1].url, visit.hops[-1].location)

    async def _walk(
        self, url: str, seen: set[str], legacy: bool = False
    ) -> tuple[Visit, tuple[bytes, ...]]:
        """Follow redirects from an address, each looked at before; the chain is of the first."""
        settings = self._doors.settings
        began = monotonic()
        hops: list[Hop] = []
        chain: tuple[bytes, ...] = ()
        headers: Sequence[Header] = ()
        failed, page = "", None
        for _ in range(settings.redirects + 1):
            if url in seen:
                failed = "redirects"
                break
            seen.add(url)
            answer = await self._ask_for_hop(url, not hops, legacy)
            if isinstance(answer, str):
                failed = answer
                break
            chain = chain or answer.chain
            failed = answer.failed
            if not answer.status:
                break
            location = answer.first("location") if answer.status in _REDIRECTS else ""
            location = location[:_LONGEST_URL]
            hops.append(Hop(url, answer.status, location, answer.headers))
            headers = answer.headers
            if not location:
                page = self._read_page(answer, url)
                break
            url = _join(url, location)
            if not url:
                failed = "bad-answer"
                break
        else:
            failed = "redirects"
        visit = Visit(
            hops=tuple(hops),
            address=self._address,
            cookies=read_cookies(headers),
            page=page,
            took_ms=int((monotonic() - began) * 1000),
            failed=failed,
        )
        return visit, chain

    async def _ask_for_hop(self, url: str, first: bool, legacy: bool) -> Answer | str:
        """The answer of one hop, or the reason why it was not asked for."""
        settings = self._doors.settings
        target = ada_url.URL(url)
        secure = target.protocol == "https:"
        host = target.hostname
        port = int(target.port or (443 if secure else 80))
        usual = (80, 443, settings.secure_port, settings.plain_port)
        if port not in usual and port < _FIRST_FREE_PORT:
            return "redirect-scope"
        request = Request(
            url, self._address, port, settings.page_bytes,
            last=self._profile == QUICK or not secure,
            certificates=secure and first,
            legacy=legacy,
        )  # fmt: skip
        if host == self._host:
            return await self._request(request, self._keys, host)
        if not self._doors.scope.covers(host):
            return "redirect-scope"
        names = await find_addresses(self._doors.resolver, host)
        found = names.v4 + names.v6
        good = [address for address in found if self._doors.lets(address)]
        if not good:
            return "redirect-private" if found else "redirect-name"
        keys = keys_of(good[0], self._doors.registrable(host) or host)
        there = msgspec.structs.replace(request, address=good[0], last=True)
        return await self._request_elsewhere(there, keys, host)

    async def _request_elsewhere(self, request: Request, keys: Keys, host: str) -> Answer:
        """Ask another server: the place with our own is given back for that time."""
        turnstile, own = self._doors.turnstile, self._keys
        turnstile.leave(own)
        self._keys = ()
        await turnstile.enter(keys, first=True)
        try:
            answer = await self._request(request, keys, host)
        finally:
            turnstile.leave(keys)
        await turnstile.enter(own, first=True)
        self._keys = own
        return answer

    async def _request(self, request: Request, keys: Keys, host: str) -> Answer:
        """Make one request when the budget lets it begin, and write it into the log."""
        turnstile = self._doors.turnstile
        began = await turnstile.begin(keys)
        answer = await self._doors.transfers.fetch(request)
        self._requests += 1
        self._connections += answer.connections
        self._bytes += answer.bytes_in
        path = _path_of(request.url)
        self._doors.log(
            Line(began, answer.ended, request.address, host, path, answer.status)
        )
        took_s = answer.ended - began
        waits_s = _retry_after(answer.first("retry-after"))
        turnstile.budget.learn(keys, answer.ended, answer.status, took_s, waits_s)
        return answer

    def _read_page(self, answer: Answer, url: str) -> Page | None:
        """What the page says, where it is one, whatever its type claims."""
        kind = type_of(answer)
        if not answer.body or ("html" not in kind and answer.body.lstrip()[:1] != b"<"):
            return None
        try:
            return self._doors.read_page(answer.body, url, answer.headers)
        except Exception as error:
            self._failed.append(Failure("sites.page", "broke", detail=type(error).__name__))
            return None

    def _judge_chain(self, chain: tuple[bytes, ...]) -> Tls | None:
        if not chain:
            return None
        told = tuple(each for each in map(describe, chain) if each is not None)
        trust = self._doors.roots.trust(chain, self._host, self._doors.clock.now())
        return Tls(chain=told, trust=trust)

    async def _look_closer(self, facts: SiteFacts) -> SiteFacts:
        """What the profiles `standard` and `full` see beyond the home page."""
        assert facts.names is not None
        assert facts.secure is not None
        asked = asyncio.ensure_future(self._ask_dns(facts.names))
        try:
            if facts.secure.failed not in ("refused", "timeout"):
                facts = msgspec.structs.replace(facts, tls=await self._probe(facts.tls or Tls()))
            facts = await self._look_at_paths(facts)
            names, mail = await asked
        finally:
            asked.cancel()
        return msgspec.structs.replace(facts, names=names, mail=mail, **self._counts())

    async def _ask_dns(self, names: Names) -> tuple[Names, Mail]:
        resolver = self._doors.resolver
        more = await find_records(resolver, names, self._host, self._domain)
        return more, await find_mail(resolver, more, self._host, self._domain)

    async def _probe(self, known: Tls) -> Tls:
        seen = await probe(self._host, self._say_hello)
        self._connections += seen.connections
        return msgspec.structs.replace(seen, chain=known.chain, trust=known.trust)

    async def _say_hello(self, hello: bytes) -> Heard | None:
        settings = self._doors.settings
        began = await self._doors.turnstile.begin(self._keys)
        heard = await say_hello(self._address, settings.secure_port, hello, settings.connect_s)
        self._doors.log(Line(began, monotonic(), self._address, self._host, "tls"))
        return heard

    async def _look_at_paths(self, facts: SiteFacts) -> SiteFacts:
        """robots.txt, security.txt, the paths of tier 1 and more, and the scripts of the site."""
        settings = self._doors.settings
        good = facts.secure is not None and bool(facts.secure.hops)
        base = (
            self._url("https", settings.secure_port)
            if good
            else self._url("http", settings.plain_port)
        )
        said = await self._get(base, ROBOTS)
        robots = _robots(said)
        texts = {"robots": _text(said)}
        calibration = Calibration([(path, await self._get(base, path)) for path in invent_paths()])
        planned = [] if calibration.is_useless else list(self._doors.paths)
        if planned and self._profile == FULL:
            planned += [path for path in self._doors.more_paths(facts) if path not in planned]
        found = {}
        for path in planned[:_MOST_PATHS]:
            if not robots.lets(path):
                continue
            answer = await self._get(base, path)
            told = describe_path(
                path, answer, calibration, self._doors.recognize, self._doors.secret
            )
            if told is not None:
                found[path] = told
        facts = await self._read_scripts(facts, base, robots)
        if robots.lets(SECURITY):
            texts["security_txt"] = _text(await self._get(base, SECURITY, last=True))
        return msgspec.structs.replace(facts, paths=found, **texts)

    async def _get(
        self, base: str, path: str, most_bytes: int = 0, last: bool = False
    ) -> Answer:
        settings = self._doors.settings
        request = Request(
            base + path[1:],
            self._address,
            settings.secure_port if base.startswith("https") else settings.plain_port,
            most_bytes or settings.path_bytes,
            last=last,
            first_bytes=is_packed(path),
        )
        return await self._request(request, self._keys, self._host)

    async def _read_scripts(self, facts: SiteFacts, base: str, robots: Robots) -> SiteFacts:
        """Name the libraries in the scripts that lie on the site itself."""
        visit = facts.secure if facts.secure is not None and facts.secure.page else facts.plain
        if visit is None or visit.page is None:
            return facts
        known: dict[str, tuple[tuple[tuple[str, str], ...], str]] = {}
        for script in visit.page.scripts:
            path = script.url.removeprefix(base)
            if path == script.url or script.url in known or not robots.lets(f"/{path}"):
                continue
            if len(known) >= self._doors.settings.scripts:
                break
            answer = await self._get(base, f"/{path}", self._doors.settings.script_bytes)
            if answer.status == 200:
                known[script.url] = self._read_script(answer.body, script.url)
        if not known:
            return facts
        scripts = tuple(
            msgspec.structs.replace(
                each, libraries=each.libraries + known[each.url][0], sha256=known[each.url][1]
            )
            if each.url in known
            else each
            for each in visit.page.scripts
        )
        read = msgspec.structs.replace(
            visit, page=msgspec.structs.replace(visit.page, scripts=scripts)
        )
        change: dict[str, Any] = {"secure" if visit is facts.secure else "plain": read}
        return msgspec.structs.replace(facts, **change)

    def _read_script(self, body: bytes, url: str) -> tuple[tuple[tuple[str, str], ...], str]:
        try:
            libraries = self._doors.read_script(body, url)
        except Exception as error:
            self._failed.append(Failure("sites.script", "broke", detail=type(error).__name__))
            libraries = ()
        return libraries, sha256(body).hexdigest()

    def _url(self, scheme: str, port: int) -> str:
        usual = port == (443 if scheme == "https" else 80)
        return f"{scheme}://{self._host}/" if usual else f"{scheme}://{self._host}:{port}/"

    def _counts(self) -> dict[str, Any]:
        return {
            "requests": self._requests,
            "connections": self._connections,
            "bytes_in": self._bytes,
            "failed": tuple(self._failed),
        }

    def _facts(self, **seen: Any) -> SiteFacts:
        return SiteFacts(
            Subject(SITE, self._host),
            self._host,
            self._doors.clock.now(),
            self._doors.vantage,
            self._profile,
            **seen,
            **self._counts(),
        )


def _join(url: str, location: str) -> str:
    """Where a redirect leads, in the one form of an address; empty where it leads nowhere."""
    try:
        target = ada_url.URL(ada_url.join_url(url, location))
    except ValueError:
        return ""
    if target.protocol not in ("http:", "https:") or not target.hostname:
        return ""
    target.hash = target.username = target.password = ""
    return str(target.href) if len(target.href) <= _LONGEST_URL else ""


def _path_of(url: str) -> str:
    """The path of an address, without what it may ask."""
    rest = url.partition("://")[2]
    return f"/{rest.partition('/')[2].partition('?')[0]}"[:200]


def _retry_after(text: str) -> float:
    """The seconds of a Retry-After field (RFC 9110, 10.2.3); a date counts as none."""
    return float(text[:6]) if text.isascii() and text.isdigit() else 0.0


def _robots(answer: Answer) -> Robots:
    """The rules of robots.txt: a server in trouble allows nothing (RFC 9309, 2.3.1)."""
    if 200 <= answer.status < 300:
        return read_robots(answer.body)
    return ALL_ALLOWED if 300 <= answer.status < 500 and answer.status != 429 else NONE_ALLOWED


def _text(answer: Answer) -> str:
    """The text of a small file that is no page."""
    if answer.status != 200 or answer.body.lstrip()[:1] == b"<":
        return ""
    return answer.body[:_LONGEST_TEXT].decode("utf-8", "replace")
