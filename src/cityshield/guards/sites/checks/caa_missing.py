"""Any authority may make a certificate for the name."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.facts import SiteFacts


@check(severity="none", cwe=295)
def caa_missing(facts: SiteFacts) -> Hit | None:
    """Hit when there is no CAA record (RFC 8659)."""
    names = facts.names
    if names is None or names.status != "NOERROR" or names.authorities or facts.mail is None:
        return None  # without `mail`, no record but the addresses was asked for
    return None if "CAA" in names.unanswered else Hit()
