"""Browsers may guess what a file is."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import header, home, page_of
from cityshield.guards.sites.facts import SiteFacts


@check(severity="low", cwe=430)
def nosniff(facts: SiteFacts) -> Hit | None:
    """Hit when `X-Content-Type-Options` is not `nosniff` (Fetch, 3.6)."""
    hop = home(facts)
    if hop is None or page_of(facts) is None:
        return None
    value = header(hop, "x-content-type-options").partition(",")[0].strip().lower()
    return None if value == "nosniff" else Hit(location="X-Content-Type-Options")
