"""The chain of certificates has a gap."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import leaf, shorten
from cityshield.guards.sites.facts import SiteFacts


@check(severity="medium", cwe=296)
def certificate_incomplete(facts: SiteFacts) -> Hit | None:
    """Hit when certificates between the leaf and the root were not sent (RFC 8446, 4.4.2)."""
    shown = leaf(facts)
    if facts.tls is None or facts.tls.trust != "incomplete" or shown is None:
        return None
    sent = {each.subject: each for each in facts.tls.chain}
    while (above := sent.pop(shown.issuer, None)) is not None:
        shown = above
    return Hit(args={"issuer": shorten(shown.issuer)})
