"""A mail server takes mail unencrypted only."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import shorten
from cityshield.guards.sites.facts import SiteFacts


@check(severity="medium", cwe=319)
def starttls_missing(facts: SiteFacts) -> Hit | None:
    """Hit on mail servers that do not offer STARTTLS (RFC 3207)."""
    servers = [
        name for name, answer in (facts.mail.starttls if facts.mail else ()) if answer == "no"
    ]
    if not servers:
        return None
    return Hit(args={"servers": shorten(", ".join(servers[:3]))}, location=servers[0][:300])
