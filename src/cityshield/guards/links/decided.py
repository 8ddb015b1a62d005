"""What the checks of the operator's decisions have in common."""

from __future__ import annotations

from cityshield.guards.check import Hit
from cityshield.guards.dates import day
from cityshield.guards.links.facts import LinkFacts


def hit_of(facts: LinkFacts, action: str) -> Hit | None:
    """A hit when the decision that counts for the link is of this action."""
    decision = facts.decided
    if decision is None or decision.action != action:
        return None
    return Hit(
        args={
            "entry": decision.target.value,
            "reason": decision.reason,
            "date": day(decision.since or 0),
            "until": day(decision.expires or 0),
            "number": str(decision.id),
        }
    )
