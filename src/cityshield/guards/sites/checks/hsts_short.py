"""Browsers are told to insist on HTTPS, but not for long."""

from __future__ import annotations

import re

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import header, secure_home
from cityshield.guards.sites.facts import SiteFacts

_LEAST_S = 15_552_000
_AGE = re.compile(r'max-age\s*=\s*"?(\d{1,12})', re.IGNORECASE)


@check(severity="none", cwe=319)
def hsts_short(facts: SiteFacts) -> Hit | None:
    """Hit when `max-age` is below 180 days (RFC 6797, 6.1.1)."""
    hop = secure_home(facts)
    if hop is None:
        return None
    first = header(hop, "strict-transport-security")[:500].partition(",")[0]  # of several fields
    found = _AGE.search(first)
    if found is None or not 0 < int(found[1]) < _LEAST_S:
        return None
    return Hit(args={"days": str(int(found[1]) // 86_400)}, location="Strict-Transport-Security")
