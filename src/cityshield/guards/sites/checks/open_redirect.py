"""A page may send visitors wherever a link says."""

from __future__ import annotations

from cityshield.guards.check import Hit, Material, check
from cityshield.guards.sites.answers import page_of, shorten
from cityshield.guards.sites.facts import SiteFacts

Guarded = tuple[tuple[str, str], ...]
"""How the title of an application begins, and how its redirector ends that lets only listed hosts
through."""


def _guarded(material: Material) -> Guarded:
    return tuple((title, place) for title, place in material.data["guarded"])


@check(severity="low", cwe=601, knowledge=_guarded)
def open_redirect(facts: SiteFacts, guarded: Guarded) -> Hit | None:
    """Hit on links that pass a foreign address to a page of the site itself; seen, not tried."""
    page = page_of(facts)
    if page is None:
        return None
    own = tuple(place for title, place in guarded if page.title.startswith(title))
    for mark in page.marks:
        kind, _, place = mark.partition(":")
        if kind == "redirector" and not place.endswith(own):
            return Hit(args={"place": shorten(place)}, location=place)
    return None
