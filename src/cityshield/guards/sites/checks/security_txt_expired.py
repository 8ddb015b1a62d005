"""The contact for holes is out of date."""

from __future__ import annotations

import re
from datetime import datetime

from cityshield.guards.check import Hit, check
from cityshield.guards.dates import day
from cityshield.guards.sites.facts import SiteFacts

_EXPIRES = re.compile(r"^expires:[ \t]*(\S{10,40})", re.IGNORECASE | re.MULTILINE)


@check(severity="low")
def security_txt_expired(facts: SiteFacts) -> Hit | None:
    """Hit when `Expires` of security.txt is past (RFC 9116, 2.5.5)."""
    found = _EXPIRES.search(facts.security_txt[:20_000])
    if found is None:
        return None
    try:
        ended = int(datetime.fromisoformat(found[1]).timestamp())
    except (ValueError, OverflowError):
        return None
    if ended >= facts.at:
        return None
    return Hit(args={"until": day(ended)}, location="/.well-known/security.txt")
