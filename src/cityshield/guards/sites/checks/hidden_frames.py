"""A frame that nobody sees loads a page of somebody else."""

from __future__ import annotations

from cityshield.guards.check import Hit, Material, check
from cityshield.guards.sites.answers import page_of, shorten
from cityshield.guards.sites.facts import SiteFacts
from cityshield.guards.sites.hosts import host_of, is_foreign

_STRANGE = 0.6


def _known(material: Material) -> frozenset[str]:
    return frozenset(material.data["known"])


def _base(host: str) -> str:
    return ".".join(host.split(".")[-2:])


@check(weight=0.3, knowledge=_known)
def hidden_frames(facts: SiteFacts, known: frozenset[str]) -> Hit | None:
    """Hit on an unseen frame of a foreign host that is no known counter; more on a bare address.

    A frame that loads from a number in place of a name is how a broken-in site hands visitors on.
    """
    page = page_of(facts)
    for url, hidden in page.frames if page is not None else ():
        host = host_of(url)
        if not hidden or not is_foreign(host, facts.host) or _base(host) in known:
            continue
        bare = host.replace(".", "").isdigit() or host.startswith("[")
        return Hit(
            args={"address": shorten(url)}, weight=_STRANGE if bare else None, location=url[:300]
        )
    return None
