"""The server accepts weak ciphers."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import shorten
from cityshield.guards.sites.facts import SiteFacts

_SEVERITY = {
    "NULL": "high",
    "ANON": "high",
    "EXPORT": "high",
    "DES": "medium",
    "RC4": "medium",
    "MD5": "medium",
    "3DES": "medium",
    "STATIC-RSA": "low",
    "CBC-SHA1": "low",
}
_ORDER = {"high": 2, "medium": 1, "low": 0}


@check(severity="medium", cwe=327)
def tls_weak_suites(facts: SiteFacts) -> Hit | None:
    """Hit when a weak family was accepted on its own (RFC 9325, 4.1); as severe as the worst."""
    weak = facts.tls.weak if facts.tls is not None else ()
    if not weak:
        return None
    severity = max((_SEVERITY.get(family, "low") for family in weak), key=_ORDER.__getitem__)
    return Hit(args={"families": shorten(", ".join(weak[:9]))}, severity=severity)
