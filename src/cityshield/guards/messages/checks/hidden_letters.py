"""The text hides characters inside its words."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.messages.facts import MessageFacts

_FEWEST = 2


@check(weight=0.35)
def hidden_letters(facts: MessageFacts) -> Hit | None:
    """Hit when invisible characters stand between letters: filters are meant to stumble."""
    if facts.normal.hidden < _FEWEST:
        return None
    return Hit(args={"count": str(facts.normal.hidden)})
