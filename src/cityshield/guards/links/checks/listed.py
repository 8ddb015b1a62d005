"""A source that the operator imported lists the link, its host, or a parent of its host."""

from __future__ import annotations

from math import prod

from cityshield.guards.check import Hit, check
from cityshield.guards.dates import day
from cityshield.guards.links.facts import LinkFacts
from cityshield.vocabulary.indicator import SURE


@check(weight=1.0)
def listed(facts: LinkFacts) -> Hit | None:
    """Hit when at least one indicator in force speaks against the link.

    Where no source is sure, it weighs as much as it is likely that one of them is right.
    """
    if not facts.listed:
        return None
    entry = facts.listed[0]
    wrong = prod(1 - indicator.confidence / SURE for indicator in facts.listed)
    return Hit(
        weight=round(1 - wrong, 2) if wrong else None,
        args={
            "entry": entry.value.rstrip("/"),
            "source": ", ".join(dict.fromkeys(indicator.source for indicator in facts.listed)),
            "date": day(entry.first_seen),
            "reason": entry.reason,
        },
    )
