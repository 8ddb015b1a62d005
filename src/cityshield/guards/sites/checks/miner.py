"""The page mines coins with visitors’ computers."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import page_of
from cityshield.guards.sites.facts import SiteFacts


@check(weight=0.9)
def miner(facts: SiteFacts) -> Hit | None:
    """Hit on scripts of known miners."""
    page = page_of(facts)
    for mark in page.marks if page is not None else ():
        if mark.startswith("miner:"):
            return Hit(args={"name": mark.removeprefix("miner:")}, location="/")
    return None
