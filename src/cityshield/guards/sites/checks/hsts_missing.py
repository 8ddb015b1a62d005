"""Browsers are not told to insist on HTTPS."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import header, secure_home
from cityshield.guards.sites.facts import SiteFacts


@check(severity="low", cwe=319)
def hsts_missing(facts: SiteFacts) -> Hit | None:
    """Hit when the page has no `Strict-Transport-Security`, or one of age 0 (RFC 6797)."""
    hop = secure_home(facts)
    if hop is None:
        return None
    value = header(hop, "strict-transport-security").replace(" ", "").replace('"', "").lower()
    return (
        None
        if value and "max-age=0" not in value.split(";")
        else Hit(location="Strict-Transport-Security")
    )
