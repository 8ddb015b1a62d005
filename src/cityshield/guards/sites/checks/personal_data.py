"""Personal data stand on a public page."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import page_of, shorten
from cityshield.guards.sites.facts import SiteFacts


@check(severity="medium", cwe=359)
def personal_data(facts: SiteFacts) -> Hit | None:
    """Hit on numbers with a right checksum; high for identity cards (see `personal`)."""
    page = page_of(facts)
    if page is None or not page.personal:
        return None
    identity = [value for kind, value in page.personal if kind == "id-card"]
    args = {
        "count": str(len(page.personal)),
        "masked": shorten(", ".join((identity or [value for _, value in page.personal])[:3])),
    }
    return Hit(args=args, severity="high" if identity else "", location="/")
