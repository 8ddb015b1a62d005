"""The signatures of DNS do not hold."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.facts import SiteFacts


@check(severity="high", cwe=347)
def dnssec_broken(facts: SiteFacts) -> Hit | None:
    """Hit when a resolver that checks signatures refuses the answers (RFC 4035, 5.5)."""
    return Hit(location=facts.host) if facts.names is not None and facts.names.bogus else None
