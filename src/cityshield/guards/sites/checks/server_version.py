"""The server tells its exact version."""

from __future__ import annotations

import re

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import header, home, page_of, shorten
from cityshield.guards.sites.facts import SiteFacts

_HEADERS = ("server", "x-powered-by", "x-aspnet-version", "x-aspnetmvc-version", "x-generator")
_VERSION = re.compile(r"\d+\.\d+")


@check(severity="low", cwe=200)
def server_version(facts: SiteFacts) -> Hit | None:
    """Hit on a version in `Server` and its like (RFC 9110, 10.2.4) or in the generator."""
    hop, page = home(facts), page_of(facts)
    if hop is None:
        return None
    told = [
        value for name in _HEADERS if (value := header(hop, name)) and _VERSION.search(value[:200])
    ]
    if page is not None and _VERSION.search(page.generator):
        told.append(page.generator)
    return Hit(args={"told": shorten(", ".join(told))}, location="Server") if told else None
