"""Browsers are told to insist on HTTPS, but not for long."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import hsts_age_s, secure_home
from cityshield.guards.sites.facts import SiteFacts

_LEAST_S = 15_552_000


@check(severity="none", cwe=319)
def hsts_short(facts: SiteFacts) -> Hit | None:
    """Hit when `max-age` is below 180 days (RFC 6797, 6.1.1)."""
    hop = secure_home(facts)
    age_s = hsts_age_s(hop) if hop is not None else 0
    if not 0 < age_s < _LEAST_S:
        return None
    return Hit(args={"days": str(age_s // 86_400)}, location="Strict-Transport-Security")
