"""The certificate ends within days."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.dates import day
from cityshield.guards.sites.answers import leaf
from cityshield.guards.sites.facts import SiteFacts

_SOON_S = 14 * 86_400
_VERY_SOON_S = 3 * 86_400


@check(severity="low", cwe=298)
def certificate_ends_soon(facts: SiteFacts) -> Hit | None:
    """Hit when the leaf ends within 14 days; medium within 3. Renewal by itself comes earlier."""
    shown = leaf(facts)
    if shown is None or shown.not_before > facts.at:
        return None
    left = shown.not_after - facts.at
    if not 0 <= left < _SOON_S:
        return None
    args = {"until": day(shown.not_after), "days": str(left // 86_400)}
    return Hit(args=args, severity="medium" if left < _VERY_SOON_S else "")
