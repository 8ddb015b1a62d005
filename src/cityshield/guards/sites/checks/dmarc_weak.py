"""False mail is reported at most, not refused."""

from __future__ import annotations

import re

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import shorten
from cityshield.guards.sites.facts import SiteFacts

_POLICY = re.compile(r";\s*p\s*=\s*(\w+)", re.IGNORECASE)


@check(severity="low", cwe=290)
def dmarc_weak(facts: SiteFacts) -> Hit | None:
    """Hit on `p=none`, on no policy that is understood, and on two records (RFC 7489, 6.6.3)."""
    records = facts.mail.dmarc if facts.mail is not None else ()
    if not records:
        return None
    found = _POLICY.search(records[0][:1_000])
    if len(records) == 1 and found is not None and found[1].lower() in ("quarantine", "reject"):
        return None
    return Hit(args={"record": shorten(records[0])}, location=f"_dmarc.{facts.host}")
