"""A key that signs mail is too short."""

from __future__ import annotations

import re

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import shorten
from cityshield.guards.sites.facts import SiteFacts

_GOOD, _LEAST = 2048, 1024
_LONGEST = 4_000
_TAG = re.compile(r"([a-z]{1,5})\s{0,5}=([^;]{0,3000})")


@check(severity="low", cwe=326)
def dkim_weak(facts: SiteFacts) -> Hit | None:
    """Hit on RSA keys of DKIM below 2048 bits; medium below 1024, which anybody can break.

    Receivers take no key below 1024 bits (RFC 8301, 3.2).
    """
    for selector, record in facts.mail.dkim if facts.mail is not None else ():
        bits = _bits(record)
        if 0 < bits < _GOOD:
            args = {"selector": shorten(selector, 60), "bits": str(bits)}
            severity = "medium" if bits < _LEAST else ""
            return Hit(
                args=args, severity=severity, location=f"{selector}._domainkey.{facts.host}"[:300]
            )
    return None


def _bits(record: str) -> int:
    """The size of an RSA key by its record (RFC 6376, 3.6.1); 0 where it is none, or is revoked.

    A key in DER is its modulus and a few dozen bytes, so the next power of two below is its size.
    """
    tags = dict(_TAG.findall(record[:_LONGEST]))
    if tags.get("k", "rsa").strip().lower() != "rsa":
        return 0
    text = "".join(tags.get("p", "").split())
    size = len(text.rstrip("=")) * 3 // 4
    return next((bits for bits in (4096, 2048, 1024, 768, 512, 384) if size * 8 > bits), 0)
