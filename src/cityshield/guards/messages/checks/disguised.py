"""The text is spelled so that filters stumble and people do not."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.messages.facts import MessageFacts


@check(weight=0.1)
def disguised(facts: MessageFacts) -> Hit | None:
    """Hit when characters are hidden in words, words are cut up, or letters are replaced."""
    reading = facts.reading
    if not reading.disguise:
        return None
    return Hit(weight=reading.disguise / 1000)
