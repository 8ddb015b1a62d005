"""The text as a whole reads like fraud of some type."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.messages.facts import MessageFacts


@check(weight=0.5, rules="types")
def model(facts: MessageFacts) -> Hit | None:
    """Hit when the model speaks up, with the words that weigh most; the rule is the type."""
    reading = facts.reading
    if not reading.type:
        return None
    return Hit(reading.spans, rule=reading.type, weight=reading.weight / 1000)
