"""Somebody has signed the page."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import page_of, shorten
from cityshield.guards.sites.facts import SiteFacts


@check(weight=0.95)
def defaced(facts: SiteFacts) -> Hit | None:
    """Hit when the title, or a page with little else on it, says that somebody broke in."""
    page = page_of(facts)
    if page is None or "defaced" not in page.marks:
        return None
    return Hit(args={"title": shorten(page.title, 60)}, location="/")
