"""The answers of DNS are not signed."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.facts import SiteFacts


@check(severity="none", cwe=345)
def dnssec_unsigned(facts: SiteFacts) -> Hit | None:
    """Hit when the parent has no DS record for the zone (RFC 4035)."""
    return Hit() if facts.names is not None and facts.names.signed is False else None
