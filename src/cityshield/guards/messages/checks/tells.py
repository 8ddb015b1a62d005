"""The text asks for what fraud asks for, in the words that fraud uses."""

from __future__ import annotations

from collections.abc import Iterator

from cityshield.guards.check import Hit, check
from cityshield.guards.messages.facts import MessageFacts


@check(weight=0.3, rules="tells")
def tells(facts: MessageFacts) -> Iterator[Hit]:
    """One hit for each tell that is in the text, with the words that gave it away.

    How much a tell of the pack adds was learnt together with the model; an operator's own adds the
    weight in its file.
    """
    for tell in facts.reading.tells:
        if tell.weight:
            yield Hit(tell.spans, rule=tell.name, weight=tell.weight / 1000)
