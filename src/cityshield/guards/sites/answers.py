"""What checks ask of a site's answers again and again."""

from __future__ import annotations

import re

from cityshield.guards.printable import printable
from cityshield.guards.sites.facts import (
    BROKEN_OFF,
    Certificate,
    Cookie,
    Hop,
    Page,
    SiteFacts,
    Visit,
)


def last_hop(visit: Visit | None) -> Hop | None:
    """The last answer of a visit; None where there is none."""
    if visit is None or not visit.hops or (visit.failed and visit.failed not in BROKEN_OFF):
        return None
    return visit.hops[-1]


def home(facts: SiteFacts) -> Hop | None:
    """The answer that a browser shows: the last one over HTTPS, else over HTTP; None if neither.

    An answer that is an error is not a home page: what its headers lack is not held against it.
    """
    return last_hop(_shown(facts))


def _shown(facts: SiteFacts) -> Visit | None:
    for visit in (facts.secure, facts.plain):
        hop = last_hop(visit)
        if hop is not None and hop.status < 400:
            return visit
    return None


def secure_home(facts: SiteFacts) -> Hop | None:
    """The home page where it came over HTTPS."""
    hop = home(facts)
    return hop if hop is not None and hop.url.startswith("https:") else None


def page_of(facts: SiteFacts) -> Page | None:
    """The home page that a browser shows, or its beginning; else what stands in its place."""
    shown = _shown(facts)
    for visit in (facts.secure, facts.plain) if shown is None else (shown,):
        if visit is not None and visit.page is not None and last_hop(visit) is not None:
            return visit.page
    return None


def header(hop: Hop, name: str) -> str:
    """The value of a header, several joined by commas (RFC 9110, 5.3); empty if none."""
    found = [value for field, value in hop.headers if field == name]
    return found[0] if len(found) == 1 else ", ".join(found)


def hsts_age_s(hop: Hop) -> int:
    """How long browsers are to insist on HTTPS; 0 where that does not hold (RFC 6797, 6.1.1).

    Of several fields the first counts (8.1).
    """
    first = header(hop, "strict-transport-security")[:500].partition(",")[0]
    words = [word.partition("=") for word in first.replace('"', "").lower().split(";")]
    ages = [value.strip() for name, _, value in words if name.strip() == "max-age"]
    return int(ages[0]) if ages and ages[0].isascii() and ages[0].isdigit() else 0


def leaf(facts: SiteFacts) -> Certificate | None:
    """The site's own certificate."""
    return facts.tls.chain[0] if facts.tls is not None and facts.tls.chain else None


def shorten(text: str, most: int = 120) -> str:
    """A text of a stranger's, cut for a sentence."""
    text = printable(text[: most + 1])
    return text if len(text) <= most else text[: most - 1] + "…"


def cookies_of(facts: SiteFacts) -> tuple[Cookie, ...]:
    """The cookies that were set over HTTPS."""
    visit = facts.secure
    return visit.cookies if visit is not None and last_hop(visit) is not None else ()


_SESSION = re.compile(
    "sess|sid(?![a-z])|token|auth(?!or)|login|jwt|remember|ticket|aspx|dokuwiki|phpmyadmin|logged_in"
)
_NO_SESSION = re.compile("csrf|xsrf|^_ga")
"""Scripts have to read the tokens against forged requests."""


def is_session(name: str) -> bool:
    """Whether a cookie's name is that of a session: who holds it acts as the visitor."""
    name = name.lower()
    return _SESSION.search(name) is not None and _NO_SESSION.search(name) is None
