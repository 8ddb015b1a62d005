"""The page asks for passwords and hands them to a stranger."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import page_of
from cityshield.guards.sites.facts import SiteFacts


@check(weight=0.95)
def phishing_kit(facts: SiteFacts) -> Hit | None:
    """Hit on a page for passwords that was saved from another host or sends them to a chat bot."""
    page = page_of(facts)
    return Hit(location="/") if page is not None and "phishing-kit" in page.marks else None
