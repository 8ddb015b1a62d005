"""The operator decided to warn of the link, its host, or a domain that its host is in."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.links.decided import hit_of
from cityshield.guards.links.facts import LinkFacts
from cityshield.vocabulary.decision import WARN


@check(weight=0.6)
def warned(facts: LinkFacts) -> Hit | None:
    """Hit when the decision that counts for the link is a warning."""
    return hit_of(facts, WARN)
