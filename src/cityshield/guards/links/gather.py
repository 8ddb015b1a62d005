"""Gathering of facts about links: both views of the address, and what sources say of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cityshield.guards.budget import Budget
from cityshield.guards.links import canonical as addresses
from cityshield.guards.links.canonical import Canonical
from cityshield.guards.links.facts import LinkFacts
from cityshield.guards.links.suffixes import Suffixes
from cityshield.guards.links.written import refang
from cityshield.ports.indicators import Indicators
from cityshield.vocabulary.indicator import BENIGN_ACTIVITY, URL, Indicator
from cityshield.vocabulary.subject import Subject
from cityshield.vocabulary.verdict import Failure

_NOTHING = Canonical("", "", "", None, "", None, False)
_NOT_A_LINK = (Failure("links", "not-a-link"),)
_NO_INDICATORS: tuple[Indicator, ...] = ()


class LinkGatherer:
    """Reads a link as a filter and as a browser would, and looks it up; it fetches nothing."""

    def __init__(self, indicators: Indicators, suffixes: Suffixes) -> None:
        self._indicators = indicators
        self._suffixes = suffixes

    def version(self) -> str:
        """The version of the indicators."""
        return self._indicators.version()

    def identify(self, subject: Subject) -> str | None:
        """The canonical URL; None for what is not a link."""
        canonical = addresses.canonicalize(_octets(subject.value))
        return canonical.url if canonical else None

    async def gather_many(self, subjects: Sequence[Subject]) -> list[LinkFacts]:
        """Facts for each link; one that no reader can make a link of has read nothing."""
        canonicalize, expressions = addresses.canonicalize, addresses.expressions
        browser_view, views_differ = addresses.browser_view, addresses.views_differ
        registrable_of = self._suffixes.registrable
        rows: list[tuple[Subject, Canonical, str, str]] = []
        asked: list[list[str]] = []
        for subject in subjects:
            value = refang(subject.value)
            canonical = canonicalize(_octets(value))
            if canonical is None:
                rows.append((subject, _NOTHING, "", ""))
                asked.append([])
                continue
            host = canonical.host
            registrable = host if canonical.is_ip else registrable_of(host)
            order = expressions(canonical, registrable)
            elsewhere = ""
            if (
                canonical.url != value  # a browser reads what is canonical already as we do
                and (href := browser_view(value)) is not None
                and views_differ(canonical, href)
                and (other := canonicalize(_octets(href)))
            ):
                order += expressions(other, registrable_of(other.host))
                elsewhere = other.host
            rows.append((subject, canonical, registrable, elsewhere))
            asked.append(order)
        answers = self._indicators.find_many(asked)
        return [
            _facts(row, order, found)
            for row, order, found in zip(rows, asked, answers, strict=True)
        ]

    def parts(self, subject: Subject, facts: Any, budget: Budget) -> Iterator[Subject | Failure]:
        """A link has no parts."""
        return iter(())


def _octets(value: str) -> bytes:
    """UTF-8, with lone surrogates kept as three bytes so that no text raises."""
    return value.encode("utf-8", "surrogatepass")


def _facts(
    row: tuple[Subject, Canonical, str, str],
    order: Sequence[str],
    found: tuple[Indicator, ...],
) -> LinkFacts:
    subject, canonical, registrable, elsewhere = row
    if canonical is _NOTHING:
        return LinkFacts(subject, canonical, "", "", (), (), read=0.0, failed=_NOT_A_LINK)
    if not found:
        return LinkFacts(subject, canonical, registrable, elsewhere, (), ())
    listed, vouched = sort_out((canonical.host, elsewhere), order, found)
    return LinkFacts(subject, canonical, registrable, elsewhere, listed, vouched)


def sort_out(
    hosts: Sequence[str], order: Sequence[str], found: Sequence[Indicator]
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
