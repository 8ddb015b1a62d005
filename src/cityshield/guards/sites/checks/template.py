"""A community template that the operator imported is true of the site."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cityshield.guards.check import Hit, Material, check
from cityshield.guards.sites.answers import shorten
from cityshield.guards.sites.facts import SiteFacts, TemplateHit
from cityshield.vocabulary.finding import NONE

if TYPE_CHECKING:
    from cityshield.guards.sites.templates.known import Known


def _known(material: Material) -> Known | None:
    """What the operator imported; None where there is nothing."""
    from cityshield.guards.sites.templates.known import Known
    from cityshield.guards.sites.templates.model import FILE

    data = material.read(FILE)
    return None if data is None else Known(data, material.data)


@check(severity="medium", knowledge=_known, family=True)
def template(facts: SiteFacts, known: Known | None) -> Iterator[Hit]:
    """One hit for each template, at the first place where it is true.

    A template that tells what is there and no weakness is inventory: it stays among the facts.
    """
    if known is None:
        return
    told: set[str] = set()
    for hit in (*facts.templates, *known.records.hits_of(facts)):
        about = known.get(hit.id)
        if about is not None and about.severity != NONE and hit.id not in told:
            told.add(hit.id)
            yield _hit(hit, about)


def _hit(hit: TemplateHit, about: Any) -> Hit:
    args = {
        "id": hit.id,
        "name": about.name,
        "severity": about.severity,
        "path": hit.path[:120],
        "extracts": shorten(", ".join((*hit.names, *hit.extracts)) or "–"),
        "reference": about.reference or about.file[:120],
        "sha256": hit.sha256,
    }
    return Hit(
        args=args, rule=hit.id, severity=about.severity, location=hit.path[:300], cwe=about.cwe
    )
