"""The certificate is out of date."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.dates import day
from cityshield.guards.sites.answers import leaf
from cityshield.guards.sites.facts import SiteFacts


@check(severity="high", cwe=298)
def certificate_expired(facts: SiteFacts) -> Hit | None:
    """Hit when the leaf had ended, or had not begun, at the visit (RFC 5280, 4.1.2.5)."""
    shown = leaf(facts)
    if shown is None or shown.not_before <= facts.at <= shown.not_after:
        return None
    return Hit(args={"from": day(shown.not_before), "until": day(shown.not_after)})
