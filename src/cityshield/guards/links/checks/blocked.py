"""The operator decided to block the link, its host, or a domain that its host is in."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.links.decided import hit_of
from cityshield.guards.links.facts import LinkFacts
from cityshield.vocabulary.decision import BLOCK


@check(weight=1.0)
def blocked(facts: LinkFacts) -> Hit | None:
    """Hit when the decision that counts for the link is a block."""
    return hit_of(facts, BLOCK)
