"""Other sites are told which page a visitor came from."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import header, home, page_of
from cityshield.guards.sites.facts import SiteFacts

_LOOSE = ("unsafe-url", "no-referrer-when-downgrade")


@check(severity="none", cwe=200)
def referrer_policy(facts: SiteFacts) -> Hit | None:
    """Hit when no policy is set, low when a loose one is; the last counts (Referrer Policy)."""
    hop = home(facts)
    if hop is None or page_of(facts) is None:
        return None
    value = header(hop, "referrer-policy").lower().rpartition(",")[2].strip()
    if value and value not in _LOOSE:
        return None
    return Hit(severity="low" if value else "", location="Referrer-Policy")
