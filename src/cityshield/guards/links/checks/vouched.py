"""A list that the operator trusts vouches for the link's host."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.dates import day
from cityshield.guards.links.facts import LinkFacts


@check(weight=-0.6)
def vouched(facts: LinkFacts) -> Hit | None:
    """Hit when an indicator of type benign is in force and no listing is more specific."""
    if not facts.vouched:
        return None
    entry = facts.vouched[0]
    return Hit(
        args={
            "entry": entry.value.rstrip("/"),
            "source": ", ".join(dict.fromkeys(indicator.source for indicator in facts.vouched)),
            "date": day(entry.first_seen),
        }
    )
