"""A page over HTTPS takes in files without encryption."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.addresses import without_values
from cityshield.guards.sites.answers import page_of, shorten
from cityshield.guards.sites.facts import SiteFacts
from cityshield.guards.sites.policy import policies_of, upgrades


@check(severity="low", cwe=311)
def mixed_content(facts: SiteFacts) -> Hit | None:
    """Hit on `http:` resources of an `https:` page; medium for active ones (Mixed Content)."""
    page = page_of(facts)
    if page is None or not page.insecure or upgrades(policies_of(facts)):
        return None
    active = {without_values(each.url) for each in (*page.scripts, *page.styles)}
    active |= {url for url, _ in page.frames}
    worst = next((url for url in page.insecure if url in active), "")
    args = {"count": str(len(page.insecure)), "first": shorten(worst or page.insecure[0])}
    return Hit(
        args=args, severity="medium" if worst else "", location=(worst or page.insecure[0])[:300]
    )
