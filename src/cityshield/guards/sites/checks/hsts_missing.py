"""Browsers are not told to insist on HTTPS."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import hsts_age_s, secure_home
from cityshield.guards.sites.facts import SiteFacts


@check(severity="low", cwe=319)
def hsts_missing(facts: SiteFacts) -> Hit | None:
    """Hit when the page has no `Strict-Transport-Security`, or one of no age (RFC 6797).

    Also where the certificate is not trusted: browsers begin to heed the header once it is.
    """
    hop = secure_home(facts)
    return None if hop is None or hsts_age_s(hop) else Hit(location="Strict-Transport-Security")
