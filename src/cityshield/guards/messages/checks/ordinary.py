"""The text is one of everyday life, and asks for nothing by which one could lose anything."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.messages.facts import MessageFacts


@check(weight=-0.3)
def ordinary(facts: MessageFacts) -> Hit | None:
    """Hit when a whole text without tells, disguise and links is least like fraud.

    This is the only way for a text to be benign. The bound is set so that of fraud that the model
    never read, at most one message in a hundred passes it.
    """
    return Hit() if facts.reading.ordinary and facts.read >= 1 else None
