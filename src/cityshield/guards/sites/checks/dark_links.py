"""Links that nobody sees advertise what the owner would not."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import page_of, shorten
from cityshield.guards.sites.facts import SiteFacts


@check(weight=0.9)
def dark_links(facts: SiteFacts) -> Hit | None:
    """Hit when hidden links lead to foreign hosts and their words sell gambling and its like."""
    page = page_of(facts)
    if page is None or not page.hidden_links:
        return None
    topics = [
        mark.removeprefix("dark-links:") for mark in page.marks if mark.startswith("dark-links:")
    ]
    if not topics:
        return None
    args = {"count": str(len(page.hidden_links)), "first": shorten(page.hidden_links[0])}
    return Hit(args=args, location=page.hidden_links[0][:300])
