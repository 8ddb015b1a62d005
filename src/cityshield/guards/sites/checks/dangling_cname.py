"""The name leads to a place that nobody holds."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import shorten
from cityshield.guards.sites.facts import SiteFacts


@check(severity="high", cwe=672)
def dangling_cname(facts: SiteFacts) -> Hit | None:
    """Hit when a CNAME ends at a name that does not exist (RFC 1034, 3.6.2)."""
    if facts.names is None or not facts.names.dangling:
        return None
    return Hit(args={"target": shorten(facts.names.dangling)}, location=facts.names.dangling[:300])
