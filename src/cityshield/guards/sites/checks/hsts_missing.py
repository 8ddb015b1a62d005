"""Browsers are not told to insist on HTTPS."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import header, secure_home
from cityshield.guards.sites.facts import SiteFacts


@check(severity="low", cwe=319)
def hsts_missing(facts: SiteFacts) -> Hit | None:
    """Hit when the page has no `Strict-Transport-Security`, or one of no age (RFC 6797).

    Also where the certificate is not trusted: browsers begin to heed the header once it is.
    """
    hop = secure_home(facts)
    if hop is None:
        return None
    first = header(hop, "strict-transport-security")[:500].partition(",")[0]
    words = [word.partition("=") for word in first.replace('"', "").lower().split(";")]
    ages = [value.strip() for name, _, value in words if name.strip() == "max-age"]
    holds = ages and ages[0].isascii() and ages[0].isdigit() and ages[0].strip("0")
    return None if holds else Hit(location="Strict-Transport-Security")
