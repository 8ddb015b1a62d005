"""The way from an address to a page: every redirect is looked at before it is followed."""

from __future__ import annotations

import re
from collections.abc import Callable
from time import monotonic
from typing import Final

import ada_url
import msgspec

from cityshield.adapters.sites.cookies import read_cookies
from cityshield.adapters.sites.courier import Courier
from cityshield.adapters.sites.settings import SitesSettings
from cityshield.adapters.sites.transfer import Answer, Request
from cityshield.guards.sites.addresses import without_values
from cityshield.guards.sites.facts import BROKEN_OFF, Cookie, Hop, Page, Visit
from cityshield.guards.sites.refresh import refresh_of

_OK = 200
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_SECRET: Final = frozenset({"set-cookie", "set-cookie2"})
_ADDRESSES: Final = frozenset({"location", "content-location", "link"})
_REFRESH: Final = re.compile(
    r"^([\d.\s]*[;,]?\s*(?:url\s*=\s*)?['\"]?)(.*)", re.IGNORECASE | re.DOTALL
)
"""How long to wait, and where to go then (HTML, 7.6.3)."""
_TARGET: Final = re.compile("(?<=<)[^>]*")
"""The address of a link (RFC 8288, 3)."""
_LONGEST_URL = 2048
_FIRST_FREE_PORT = 1024


class Walk:
    """Walks for one visit. `closes` says that no connection is to be kept for later requests.

    `see` is told each answer on the way with its address.
    """

    def __init__(
        self,
        courier: Courier,
        settings: SitesSettings,
        read_page: Callable[[Answer, str], Page | None],
        closes: bool,
        see: Callable[[Answer, str], None],
    ) -> None:
        self._courier = courier
        self._settings = settings
        self._read_page = read_page
        self._closes = closes
        self._see = see

    async def go(self, url: str, seen: set[str]) -> tuple[Visit, tuple[bytes, ...]]:
        """Follow redirects from an address, each looked at before; the chain is of the first.

        A page that sends its visitors on within the site is such a redirect too, once, if it leads
        to a page. Cookies are those that the site and its kin set on the way.
        """
        settings = self._settings
        began = monotonic()
        hops: list[Hop] = []
        chain: tuple[bytes, ...] = ()
        cookies: tuple[Cookie, ...] = ()
        failed, page, known = "", None, frozenset(seen)
        sender: tuple[tuple[Hop, ...], Page | None] | None = None
        for _ in range(settings.redirects + 1):
            if url in seen:
                failed = "redirects"
                break
            seen.add(url)
            answer = await self._ask_for_hop(url, not hops)
            if isinstance(answer, str):
                failed = answer
                break
            chain = chain or answer.chain
            failed = answer.failed
            if not answer.status:
                break
            self._see(answer, url)
            location = answer.first("location") if answer.status in _REDIRECTS else ""
            location = location[:_LONGEST_URL]
            if not location:
                page = self._read_page(answer, url)
                location = self._sent_on(answer, url) if page and sender is None else ""
                if location:
                    sender = (*hops, _keep(url, answer, "")), page
            hops.append(_keep(url, answer, location))
            if self._courier.is_kin(_parts(url)[1]):
                cookies = read_cookies(answer.headers, cookies)
            if not location:
                break
            page, url = None, join(url, location)
            if not url:
                failed = "bad-answer"
                break
        else:
            failed = "redirects"
        is_page = (not failed or failed in BROKEN_OFF) and hops[-1].status == _OK
        if sender is not None and url not in known and not is_page:
            (*hops,), page, failed = *sender, ""
        visit = Visit(
            hops=tuple(hops),
            address=self._courier.address,
            cookies=cookies,
            page=page,
            took_ms=int((monotonic() - began) * 1000),
            failed=failed,
        )
        return visit, chain

    def _sent_on(self, answer: Answer, url: str) -> str:
        """Where a page sends its visitors on to at once; empty where they stay with it."""
        if answer.failed or answer.status != _OK:
            return ""
        location = refresh_of(answer.first("refresh"), answer.body)[:_LONGEST_URL]
        target = join(url, location) if location else ""
        if not target or not self._courier.is_kin(_parts(target)[1]):
            return ""
        here, there = url.partition("?")[0], target.partition("?")[0]
        is_same = there == here or there == here.replace("https:", "http:", 1)
        return "" if is_same else location

    async def _ask_for_hop(self, url: str, first: bool) -> Answer | str:
        """The answer of one hop, or the reason why it was not asked for."""
        settings = self._settings
        secure, host, port, query = _parts(url)
        usual = (80, 443, settings.secure_port, settings.plain_port)
        if port not in usual and port < _FIRST_FREE_PORT:
            return "redirect-scope"
        request = Request(
            url, self._courier.address, port, settings.page_bytes,
            last=self._closes or not secure,
            certificates=secure and first,
        )  # fmt: skip
        is_strange = bool(query) or port not in usual
        if is_strange and not self._courier.is_kin(host):
            return "redirect-scope"  # nobody sends us to ask somebody else for what he likes
        if host == self._courier.host:
            return await self._courier.ask(request)
        place = await self._courier.find(host)
        if isinstance(place, str):
            return place
        there = msgspec.structs.replace(request, address=place[0], last=True)
        return await self._courier.ask_elsewhere(there, place, host)


def _parts(url: str) -> tuple[bool, str, int, str]:
    """Whether an address is one of HTTPS, its host, port and query.

    It is one of ours, or in the form that `join` gives, so that its marks are enough.
    """
    scheme, _, rest = url.partition("://")
    place, _, path = rest.partition("/")
    host, colon, port = place.rpartition(":")
    secure = scheme == "https"
    if not colon or port.endswith("]"):  # of an address of IPv6
        host, port = place, "443" if secure else "80"
    return secure, host, int(port), path.partition("?")[2]


def _keep(url: str, answer: Answer, location: str) -> Hop:
    """What is kept of an answer on the way: its cookies are kept apart, without their values."""
    headers = [(name, _told(name, value)) for name, value in answer.headers if name not in _SECRET]
    return Hop(without_values(url), answer.status, without_values(location), tuple(headers))


def _told(name: str, value: str) -> str:
    """The value of a header, its addresses without what may be a secret."""
    if name == "refresh":
        before, address = _REFRESH.findall(value)[0]
        return f"{before}{without_values(address)}"
    if name == "link" and "<" in value:
        return _TARGET.sub(lambda found: without_values(found[0]), value)
    return without_values(value) if name in _ADDRESSES else value


def join(url: str, location: str) -> str:
    """Where a redirect leads, in the one form of an address; empty where it leads nowhere."""
    try:
        joined: str = ada_url.join_url(url, location)
        if "#" in joined or "@" in joined:
            target = ada_url.URL(joined)
            target.hash = target.username = target.password = ""
            joined = str(target.href)
    except ValueError:
        return ""
    if not joined.startswith(("http://", "https://")) or len(joined) > _LONGEST_URL:
        return ""
    return joined
