"""Gathering of facts about links: both views of the address, and what sources say of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from cityshield.guards.budget import Budget
from cityshield.guards.links import canonical as addresses
from cityshield.guards.links.canonical import Canonical
from cityshield.guards.links.facts import LinkFacts
from cityshield.guards.links.suffixes import Suffixes
from cityshield.guards.links.written import refang
from cityshield.ports.decided import Decided
from cityshield.ports.indicators import Indicators
from cityshield.vocabulary.decision import (
    ALLOW,
    BLOCK,
    DOMAIN,
    HOST,
    SCOPES,
    WARN,
    Decision,
    Target,
)
from cityshield.vocabulary.indicator import BENIGN_ACTIVITY, URL, Indicator
from cityshield.vocabulary.subject import LINK, Subject
from cityshield.vocabulary.verdict import Failure

_NOTHING = Canonical("", "", "", None, "", None, False)
_NOT_A_LINK = (Failure("links", "not-a-link"),)
_WEB_PORTS = {"http": 80, "https": 443}
_INNER = re.compile(r"https?://[^&;\s]+", re.IGNORECASE)
_MOST_INNER = 3
_MANY_DOTS = 5
_LONGEST_HOST = 253
_MILDEST = (ALLOW, WARN, BLOCK)


class LinkGatherer:
    """Reads a link as a filter and as a browser would, and looks it up; it fetches nothing."""

    def __init__(self, indicators: Indicators, decided: Decided, suffixes: Suffixes) -> None:
        self._indicators = indicators
        self._decided = decided
        self._suffixes = suffixes

    def version(self) -> str:
        """The version of the indicators."""
        return self._indicators.version()

    def identify(self, subject: Subject) -> str | None:
        """No verdict on a link is cached: judging costs less than looking it up."""
        return None

    def identified(self, facts: Any) -> str | None:
        """No verdict on a link is cached."""
        return None

    async def gather_many(self, subjects: Sequence[Subject]) -> list[LinkFacts]:
        """Facts for each link; one that no reader can make a link of has read nothing."""
        views = [self._view(refang(subject.value)) for subject in subjects]
        orders = [view.order if view else () for view in views]
        found = self._indicators.find_many(orders)
        decided = self._decided.find_many([_with_parents(order) for order in orders])
        return [
            _facts(subject, view, listed, decisions) if view else _unread(subject)
            for subject, view, listed, decisions in zip(
                subjects, views, found, decided, strict=True
            )
        ]

    def parts(self, subject: Subject, facts: Any, budget: Budget) -> Iterator[Subject | Failure]:
        """The links that the link carries, where it may send a reader on."""
        for link in facts.inner:
            yield Subject(LINK, link)

    def _view(self, value: str) -> View | None:
        """A link as a filter and as a browser reads it; None for what is no link."""
        canonical = addresses.canonicalize(_octets(value))
        if canonical is None:
            return None
        host = canonical.host
        registrable = host if canonical.is_ip else self._suffixes.registrable(host)
        order = addresses.expressions(canonical, registrable)
        if canonical.url == value:  # a browser reads what is canonical already as we do
            return View(canonical, registrable, order, "", canonical.scheme in _WEB_PORTS)
        has_scheme = value.lstrip().lower().startswith(canonical.scheme + ":")
        href = addresses.browser_view(value if has_scheme else f"http://{value}")
        elsewhere = ""
        if href is not None and addresses.views_differ(canonical, href):
            other = addresses.canonicalize(_octets(href))
            if other is not None:
                order += addresses.expressions(other, self._suffixes.registrable(other.host))
                elsewhere = other.host
        port = _WEB_PORTS.get(canonical.scheme)
        plain = (
            href is not None
            and not elsewhere
            and port is not None
            and canonical.port in (None, port)
            and "%" not in host
        )
        return View(canonical, registrable, order, elsewhere, plain)


def _with_parents(order: Sequence[str]) -> Sequence[str]:
    """Look-up expressions, and those of the hosts between that a link of many labels leaves out.

    A host that is longer than DNS allows has none that anything could be decided about.
    """
    host = order[0].partition("/")[0] if order else ""
    if host.count(".") < _MANY_DOTS or len(host) > _LONGEST_HOST:
        return order
    labels = host.split(".")
    return [*order, *(".".join(labels[place:]) + "/" for place in range(1, len(labels) - 1))]


class View(NamedTuple):
    """A link as it is read: see `LinkFacts`. `order` holds the look-up expressions.

    `plain` says that every reader goes to that host, over the web, at its usual port: only of
    such a link may a list vouch.
    """

    canonical: Canonical
    registrable: str
    order: list[str]
    elsewhere: str
    plain: bool


def _octets(value: str) -> bytes:
    """UTF-8, with lone surrogates kept as three bytes so that no text raises."""
    return value.encode("utf-8", "surrogatepass")


def _unread(subject: Subject) -> LinkFacts:
    return LinkFacts(subject, _NOTHING, "", "", (), (), (), read=0.0, failed=_NOT_A_LINK)


def _facts(
    subject: Subject, view: View, found: Sequence[Indicator], decisions: Sequence[Decision]
) -> LinkFacts:
    canonical, registrable, order, elsewhere, plain = view
    url = canonical.url
    inner = inner_links(url) if url.find("http", 8) >= 0 else ()
    listed: tuple[Indicator, ...] = ()
    vouched: tuple[Indicator, ...] = ()
    if found:
        listed, vouched = sort_out((canonical.host, elsewhere), order, found)
        vouched = vouched if plain else ()
    decided = None
    if decisions:
        others = [each for each in decisions if plain or each.action != ALLOW]
        found_on = [decision_on(each, canonical, others) for each in (canonical.host, elsewhere)]
        decided = max((each for each in found_on if each), key=_how_harsh, default=None)
        if decided is not None and decided.action == ALLOW:
            listed = ()
        elif decided is not None:
            vouched = ()
    return LinkFacts(subject, canonical, registrable, elsewhere, inner, listed, vouched, decided)


def decision_on(host: str, link: Canonical, decisions: Sequence[Decision]) -> Decision | None:
    """The decision that counts for a link on a host: the most specific; of two alike, the milder.

    A decision on a link speaks of that very path, with any query where it names none; one on a
    host of that host alone, one on a domain of all below it.
    """
    path, query = link.path, link.query
    own = {host + path} | ({f"{host}{path}?{query}"} if query is not None else set())
    pertinent = [
        decision
        for decision in decisions
        if (decision.target.scope == URL and decision.target.value in own)
        or decision.target == Target(HOST, host)
        or (decision.target.scope == DOMAIN and _is_in(host, decision.target.value))
    ]
    return min(pertinent, key=_how_specific, default=None)


def _is_in(host: str, domain: str) -> bool:
    return host == domain or host.endswith("." + domain)


def _how_specific(decision: Decision) -> tuple[int, int, int]:
    target = decision.target
    return SCOPES.index(target.scope), -len(target.value), _how_harsh(decision)


def _how_harsh(decision: Decision) -> int:
    return _MILDEST.index(decision.action)


def inner_links(url: str) -> tuple[str, ...]:
    """The links inside a canonical URL's path and query, the first few of them."""
    found = _INNER.findall(url, 8)
    return tuple(dict.fromkeys(found[:_MOST_INNER]))


def sort_out(
    hosts: Sequence[str], order: list[str], found: Sequence[Indicator]
) -> tuple[tuple[Indicator, ...], tuple[Indicator, ...]]:
    """Indicators against and for a link, the most specific first.

    `hosts` are the hosts that the link may lead to, `order` the look-up expressions as they were
    asked. A listed URL speaks of its own host only, not of the hosts below it. A voucher that is
    less specific than a listing is left out.
    """
    own = tuple(host + "/" for host in hosts)
    pertinent = sorted(
        [item for item in found if item.kind != URL or item.value.startswith(own)],
        key=lambda item: order.index(item.value),
    )
    listed = tuple(item for item in pertinent if item.type != BENIGN_ACTIVITY)
    vouched = tuple(item for item in pertinent if item.type == BENIGN_ACTIVITY)
    if listed:
        sharpest = order.index(listed[0].value)
        vouched = tuple(item for item in vouched if order.index(item.value) <= sharpest)
    return listed, vouched
