"""A page runs a JavaScript library with known holes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cityshield.guards.check import Hit, Material, check
from cityshield.guards.sites.addresses import without_values
from cityshield.guards.sites.answers import page_of, shorten
from cityshield.guards.sites.facts import SiteFacts
from cityshield.vocabulary.finding import SEVERITIES

if TYPE_CHECKING:
    from cityshield.guards.sites.libraries import Libraries, Vulnerability

_SHOWN = 4


def _libraries(material: Material) -> Libraries | None:
    """What the operator's file says; None where there is no file."""
    from cityshield.guards.sites.libraries import FILE, read_libraries

    data = material.read(FILE)
    return None if data is None else read_libraries(data)


@check(severity="medium", cwe=1104, knowledge=_libraries, family=True)
def vulnerable_library(facts: SiteFacts, libraries: Libraries | None) -> Iterator[Hit]:
    """One hit for each library and version, as severe as the worst that is known of it."""
    page = page_of(facts)
    if page is None or libraries is None:
        return
    told: set[tuple[str, str]] = set()
    for script in page.scripts:
        for pair in script.libraries:
            if pair not in told and (known := libraries.weaknesses(*pair)):
                told.add(pair)
                yield _hit(pair, script.url, known)


def _named(known: tuple[Vulnerability, ...]) -> str:
    """The first few of what is known, by numbers that can be looked up where there are any."""
    names = list(dict.fromkeys(name for each in known for name in each.id.split(", ") if name))
    shown = [name for name in names if name.startswith(("CVE-", "GHSA-"))] or names
    return shorten(", ".join(shown[:_SHOWN])) + ("…" if len(names) > _SHOWN else "")


def _hit(pair: tuple[str, str], url: str, known: tuple[Vulnerability, ...]) -> Hit:
    ranks = [SEVERITIES.index(each.severity) for each in known if each.severity in SEVERITIES]
    name, version = pair
    ids = _named(known)
    args = {"name": name, "version": version, "ids": ids}
    severity = SEVERITIES[max(ranks, default=2)]
    return Hit(args=args, rule=name, severity=severity, location=without_values(url)[:300] or "/")
