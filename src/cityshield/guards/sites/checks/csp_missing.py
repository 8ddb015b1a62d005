"""There is no Content Security Policy."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import header, home, page_of
from cityshield.guards.sites.facts import SiteFacts


@check(severity="low", cwe=693)
def csp_missing(facts: SiteFacts) -> Hit | None:
    """Hit when neither a header nor the page itself sets a policy (CSP 3)."""
    hop, page = home(facts), page_of(facts)
    if hop is None or page is None or header(hop, "content-security-policy") or page.policies:
        return None
    return Hit(location="Content-Security-Policy")
