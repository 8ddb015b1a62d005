"""The key of the certificate is too short."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import leaf
from cityshield.guards.sites.facts import SiteFacts

_LEAST = {"RSA": 2048, "EC": 224, "DSA": 1 << 20}
_BROKEN = {"RSA": 1024}


@check(severity="medium", cwe=326)
def certificate_weak_key(facts: SiteFacts) -> Hit | None:
    """Hit on RSA below 2048 bits, curves below 224 and any DSA; high on RSA up to 1024.

    Source: CA/Browser Forum, Baseline Requirements, 6.1.5.
    """
    shown = leaf(facts)
    if shown is None or shown.key_bits >= _LEAST.get(shown.key, 0):
        return None
    severity = "high" if shown.key_bits <= _BROKEN.get(shown.key, 0) else ""
    return Hit(args={"key": shown.key, "bits": str(shown.key_bits)}, severity=severity)
