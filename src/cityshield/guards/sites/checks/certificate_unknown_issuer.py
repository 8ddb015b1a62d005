"""Nobody trusts who signed the certificate."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import leaf, shorten
from cityshield.guards.sites.facts import SiteFacts


@check(severity="high", cwe=295)
def certificate_unknown_issuer(facts: SiteFacts) -> Hit | None:
    """Hit when the chain is whole and leads to a root that browsers do not trust."""
    shown = leaf(facts)
    if facts.tls is None or facts.tls.trust != "unknown-issuer" or shown is None:
        return None
    return Hit(args={"issuer": shorten(shown.issuer)})
