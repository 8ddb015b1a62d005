"""The rule for senders of mail lets everybody pass."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import shorten
from cityshield.guards.sites.facts import SiteFacts


@check(severity="medium", cwe=290)
def spf_weak(facts: SiteFacts) -> Hit | None:
    """Hit on `+all`, and on two records, which count as none (RFC 7208, 4.5); low on `?all`."""
    records = facts.mail.spf if facts.mail is not None else ()
    if not records:
        return None
    words = records[0].lower().split()
    args = {"record": shorten(records[0])}
    if len(records) > 1 or "+all" in words or "all" in words:
        return Hit(args=args)
    return Hit(args=args, severity="low") if "?all" in words else None
