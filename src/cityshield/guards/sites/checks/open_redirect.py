"""A page may send visitors wherever a link says."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import page_of, shorten
from cityshield.guards.sites.facts import SiteFacts


@check(severity="low", cwe=601)
def open_redirect(facts: SiteFacts) -> Hit | None:
    """Hit on links that pass a foreign address to a page of the site itself; seen, not tried."""
    page = page_of(facts)
    if page is None:
        return None
    place = next(
        (m.removeprefix("redirector:") for m in page.marks if m.startswith("redirector:")), ""
    )
    return Hit(args={"place": shorten(place)}, location=place) if place else None
