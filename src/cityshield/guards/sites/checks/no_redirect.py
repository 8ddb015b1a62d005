"""HTTP does not lead to HTTPS."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import last_hop, secure_home
from cityshield.guards.sites.facts import SiteFacts


@check(severity="medium", cwe=319)
def no_redirect(facts: SiteFacts) -> Hit | None:
    """Hit when HTTPS works and a visit over HTTP still ends on a page without it."""
    hop = last_hop(facts.plain)
    if hop is None or hop.status >= 400 or hop.url.startswith("https:"):
        return None
    if secure_home(facts) is None:
        return None
    return Hit(location=hop.url[:300])
