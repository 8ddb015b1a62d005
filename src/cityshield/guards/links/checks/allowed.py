"""The operator decided to allow the link, its host, or a domain that its host is in."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.links.decided import hit_of
from cityshield.guards.links.facts import LinkFacts
from cityshield.vocabulary.decision import ALLOW


@check(weight=-0.6)
def allowed(facts: LinkFacts) -> Hit | None:
    """Hit when the decision that counts for the link is to allow it."""
    return hit_of(facts, ALLOW)
