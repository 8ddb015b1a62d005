"""The operator decided to block the link, its host, or a domain that its host is in."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.dates import day
from cityshield.guards.links.facts import LinkFacts
from cityshield.vocabulary.decision import BLOCK


@check(weight=1.0)
def blocked(facts: LinkFacts) -> Hit | None:
    """Hit when the decision that counts for the link is a block."""
    decision = facts.decided
    if decision is None or decision.action != BLOCK:
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
