"""A certificate is signed with a broken hash."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.facts import SiteFacts

_WEAK = {"md5": "high", "md2": "high", "sha1": "medium"}


@check(severity="medium", cwe=328)
def certificate_weak_signature(facts: SiteFacts) -> Hit | None:
    """Hit on MD5 and SHA-1 anywhere in the chain but in a root, whose signature nobody checks."""
    for shown in facts.tls.chain if facts.tls is not None else ():
        if not shown.self_signed and shown.signature in _WEAK:
            return Hit(args={"hash": shown.signature.upper()}, severity=_WEAK[shown.signature])
    return None
