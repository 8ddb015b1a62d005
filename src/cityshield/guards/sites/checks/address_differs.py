"""The servers behind one name do not answer alike."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.facts import Elsewhere, SiteFacts

_ERROR = 500


@check(severity="medium", cwe=1188)
def address_differs(facts: SiteFacts) -> Hit | None:
    """Hit when another address of the name is silent, breaks, or shows a worse certificate.

    Silence of an IPv6 address is not held against a site: it may be ours.
    """
    own = facts.tls.trust if facts.tls is not None else ""
    for other in facts.others:
        if _is_worse(other, own):
            return Hit(args={"address": other.address}, location=other.address)
    return None


def _is_worse(other: Elsewhere, own: str) -> bool:
    if not other.status:
        return ":" not in other.address
    return other.status >= _ERROR or (bool(other.trust) and other.trust != own)
