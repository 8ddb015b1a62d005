"""A source that the operator imported lists the link, its host, or a parent of its host."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.dates import day
from cityshield.guards.links.facts import LinkFacts


@check(weight=1.0)
def listed(facts: LinkFacts) -> Hit | None:
    """Hit when at least one indicator in force speaks against the link."""
    if not facts.listed:
        return None
    entry = facts.listed[0]
    return Hit(
        args={
            "entry": entry.value.rstrip("/"),
            "source": ", ".join(dict.fromkeys(indicator.source for indicator in facts.listed)),
            "date": day(entry.first_seen),
            "reason": entry.reason,
        }
    )
