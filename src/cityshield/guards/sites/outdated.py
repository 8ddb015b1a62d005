"""Hits on software that lists call weak or no longer looked after; for both kinds of software."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cityshield.guards.check import Hit, Material, NotJudged
from cityshield.guards.sites.answers import shorten
from cityshield.guards.sites.facts import SiteFacts
from cityshield.guards.sites.software import NO_DISTRIBUTION, Software, products, software_of
from cityshield.vocabulary.finding import LOW, NONE

if TYPE_CHECKING:
    from cityshield.guards.sites.weaknesses import Known, Weaknesses

_SHOWN = 4
_NO_NUMBER = "none"


def read_lists(material: Material) -> Weaknesses | None:
    """What the operator's lists say; None where none was imported."""
    from cityshield.guards.sites.weaknesses import FILE, Weaknesses

    data = material.read(FILE)
    return None if data is None else Weaknesses(data)


def hits(facts: SiteFacts, kind: str, lists: Weaknesses | None) -> Iterator[Hit]:
    """For each version: one hit for weaknesses, one for the end of support.

    - `exploited`: some are known to be used in attacks; high, critical where CVSS says so.
    - `vulnerable`: as severe as the worst, by CVSS.
    - `ended`: the branch gets no more fixes; medium.
    - `packaged` in place of all of these, where the version seems to come from a distribution,
      which mends without another number: a remark, low where attackers use a weakness.

    The rule goes on with the product, `vulnerable:nginx`, so that a report counts each by itself.
    NotJudged where a site tells versions and there is no list to compare them with.
    """
    told = software_of(facts, kind)
    if not told:
        return
    if lists is not None:
        for software in told:
            yield from _of(software, lists.of(software), facts.at)
    if lists is None or not lists.has_cves:
        raise NotJudged("no-lists")


def _of(software: Software, known: Known, at: int) -> Iterator[Hit]:
    from cityshield.guards.sites.weaknesses import has_ended

    ended = known.cycle is not None and has_ended(known.cycle, at)
    if not known.ids and not ended:
        return
    args = {
        "name": products()[software.product].title,
        "version": shorten(software.version, 40),
        "newest": shorten(known.newest, 40) or _NO_NUMBER,
        "count": str(len(known.ids)),
        "ids": ", ".join(known.ids[:_SHOWN]) + ("…" if len(known.ids) > _SHOWN else ""),
    }
    place = software.place
    if software.system not in NO_DISTRIBUTION:
        severity = LOW if known.exploited else NONE
        rule = f"packaged:{software.product}"
        yield Hit(args=args, rule=rule, severity=severity, location=place)
        return
    if known.ids:
        rule = f"{'exploited' if known.exploited else 'vulnerable'}:{software.product}"
        yield Hit(args=args, rule=rule, severity=known.severity, location=place, cwe=1395)
    if ended and known.cycle is not None:
        until = known.cycle.until if known.cycle.until[:1].isdigit() else _NO_NUMBER
        about = {**args, "branch": shorten(known.cycle.name, 40), "until": until}
        yield Hit(args=about, rule=f"ended:{software.product}", location=place, cwe=1104)
