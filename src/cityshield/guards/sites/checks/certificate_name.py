"""The certificate is for another name."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import leaf, shorten
from cityshield.guards.sites.facts import SiteFacts


@check(severity="high", cwe=297)
def certificate_name(facts: SiteFacts) -> Hit | None:
    """Hit when the check of the chain failed on the name (RFC 9525)."""
    shown = leaf(facts)
    if facts.tls is None or facts.tls.trust != "name" or shown is None:
        return None
    names = ", ".join(shown.names[:3]) or "none"  # a subject alone is read by no browser
    return Hit(args={"host": facts.host, "names": shorten(names)})
