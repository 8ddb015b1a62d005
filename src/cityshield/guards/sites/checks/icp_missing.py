"""A site for mainland China shows no filing number."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import page_of
from cityshield.guards.sites.facts import SiteFacts

_TOP = (".cn", ".xn--fiqs8s", ".xn--55qx5d", ".xn--io0a7i")


@check(severity="low")
def icp_missing(facts: SiteFacts) -> Hit | None:
    """Hit when a Chinese page under `.cn` shows no ICP number (MIIT order 33, article 13)."""
    page = page_of(facts)
    if page is None or not facts.host.endswith(_TOP) or not page.language.startswith("zh"):
        return None
    return None if any(mark.startswith("icp:") for mark in page.marks) else Hit(location="/")
