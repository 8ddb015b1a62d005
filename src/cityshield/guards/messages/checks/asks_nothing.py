"""The text is an ordinary one that asks for nothing by which one could lose anything."""

from __future__ import annotations

import re
from typing import NamedTuple

from cityshield.guards.check import Hit, Material, check
from cityshield.guards.messages.facts import MessageFacts
from cityshield.guards.messages.pattern import ENTITIES, Patterns

_VALUABLE = re.compile(r"\d{3}|\d\.\d|\w\.\w")
"""A number that could be a code or an address, or a name with a dot in it."""

_LONGEST = 280
_FEWEST_IDEOGRAPHS = 4
_FEWEST_WORDS = 3


class Asks(NamedTuple):
    """Every word by which a text could ask for something of value."""

    patterns: Patterns


def compile_asks(material: Material) -> Asks:
    """The words from the check's `[data] words`."""
    return Asks(Patterns({"ask": material.data["words"]}))


@check(weight=-0.3, knowledge=compile_asks)
def asks_nothing(facts: MessageFacts, asks: Asks) -> Hit | None:
    """Hit when a short, whole text names nothing of value, and nothing to do or to bring.

    This is the only way for a text to be benign, so the words are many and the texts few: on
    messages written to be hard it vouches for one in fifty, and for about one fraud in a thousand.
    """
    text = facts.normal.text
    if len(text) > _LONGEST or facts.links or facts.normal.hidden or facts.read < 1:
        return None
    if _VALUABLE.search(text) or any(ENTITIES[name].search(text) for name in ("money", "link")):
        return None
    ideographs = sum("\u3400" <= character <= "\u9fff" for character in text)
    words = sum(word.isascii() and any(map(str.isalpha, word)) for word in text.split())
    if ideographs < _FEWEST_IDEOGRAPHS and words < _FEWEST_WORDS:
        return None
    return None if asks.patterns.find(text) else Hit()
