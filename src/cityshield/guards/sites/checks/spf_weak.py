"""The rule for senders of mail lets everybody pass."""

from __future__ import annotations

import re

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import shorten
from cityshield.guards.sites.facts import SiteFacts

_ANYBODY = re.compile(r"(?:\+?(?:ip4|ip6):\S*/0|[+?~-]?all)")
_MOST = 2_048
"""So much of a record is known; what comes later may say more."""


@check(severity="medium", cwe=290)
def spf_weak(facts: SiteFacts) -> Hit | None:
    """Hit on `+all` and its like, and on two records, which count as none (RFC 7208, 4.5).

    The first word that all senders match counts. It is low where that is `?all`, or where there
    is none and no other record to go on with, which comes to the same (4.7).
    """
    records = facts.mail.spf if facts.mail is not None else ()
    if not records:
        return None
    args = {"record": shorten(records[0])}
    if len(records) > 1:
        return Hit(args=args)
    words = records[0].lower().split()
    first = next(filter(_ANYBODY.fullmatch, words), "")
    if not first:
        is_open = any(word.startswith("redirect=") for word in words) or len(records[0]) >= _MOST
        return None if is_open else Hit(args=args, severity="low")
    if first[0] in "-~":
        return None
    return Hit(args=args, severity="low" if first[0] == "?" else "")
