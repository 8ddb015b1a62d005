"""The name leads to a place that nobody holds."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import shorten
from cityshield.guards.sites.facts import SiteFacts


@check(severity="high", cwe=672)
def dangling_cname(facts: SiteFacts) -> Hit | None:
    """Hit when a CNAME ends at a name that does not exist (RFC 1034, 3.6.2)."""
    names = facts.names
    if names is None or not names.dangling or names.status != "NXDOMAIN":
        return None  # a name that exists without an address is somebody's
    return Hit(args={"target": shorten(names.dangling)}, location=names.dangling[:300])
