"""Title or keywords advertise what the owner would not."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import page_of, shorten
from cityshield.guards.sites.facts import SiteFacts


@check(weight=0.5)
def seo_spam(facts: SiteFacts) -> Hit | None:
    """Hit when words of gambling and its like stand in title, keywords or description."""
    page = page_of(facts)
    topics = [mark for mark in (page.marks if page else ()) if mark.startswith("spam:")]
    if page is None or not topics:
        return None
    return Hit(args={"title": shorten(page.title, 60)}, location="/")
