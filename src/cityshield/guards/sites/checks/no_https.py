"""There is no HTTPS."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import last_hop, page_of
from cityshield.guards.sites.facts import SiteFacts


@check(severity="medium", cwe=319)
def no_https(facts: SiteFacts) -> Hit | None:
    """Hit when the site answers over HTTP only; high where it asks for a password."""
    hop = last_hop(facts.plain)
    if (
        hop is None
        or facts.secure is None
        or facts.secure.failed not in ("refused", "timeout", "reset", "tls")
    ):
        return None
    if hop.status >= 500 or hop.url.startswith("https:"):
        return None
    page = page_of(facts)
    asks = page is not None and any(form.password for form in page.forms)
    return Hit(severity="high" if asks else "")
