"""The certificate is signed by itself."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.facts import SiteFacts


@check(severity="high", cwe=295)
def certificate_self_signed(facts: SiteFacts) -> Hit | None:
    """Hit when the check of the chain failed because the leaf vouches for itself."""
    return Hit() if facts.tls is not None and facts.tls.trust == "self-signed" else None
