"""The Content Security Policy lets strange scripts run."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import shorten
from cityshield.guards.sites.facts import SiteFacts
from cityshield.guards.sites.policy import policies_of, weaknesses


@check(severity="low", cwe=693)
def csp_weak(facts: SiteFacts) -> Hit | None:
    """Hit on inline scripts without nonce or hash, sources that are anybody, no rule at all."""
    problems = weaknesses(policies_of(facts))
    if not problems:
        return None
    args = {"problems": shorten("; ".join(problems[:4]))}
    return Hit(args=args, location="Content-Security-Policy")
