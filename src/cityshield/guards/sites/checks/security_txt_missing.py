"""Nobody is named to whom a hole can be told."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import home
from cityshield.guards.sites.facts import SiteFacts

_LEAST_READ = 0.7
"""A visit of which more is missing was cut short."""


@check(severity="none")
def security_txt_missing(facts: SiteFacts) -> Hit | None:
    """Hit when a whole visit found no `/.well-known/security.txt` (RFC 9116).

    A site whose robots.txt keeps us from asking for it may well have one.
    """
    if any(each.check == "sites.security_txt_missing" for each in facts.failed):
        return None
    if facts.security_txt or facts.profile == "quick" or home(facts) is None:
        return None
    if facts.read < _LEAST_READ:
        return None
    return Hit(location="/.well-known/security.txt")
