"""What the command line says: in one language, and in columns."""

from __future__ import annotations

from collections.abc import Callable
from unicodedata import east_asian_width

Say = Callable[..., str]
"""Gives the sentence with an id, filled in with what is named."""


def speak(language: str) -> Say:
    """What says the general sentences in a language; made once for many lines."""
    from cityshield.adapters.sentences.sentences import Sentences

    sentences = Sentences()

    def say(sentence: str, /, **args: str | int) -> str:
        return sentences.say(sentence, language, **args)

    return say


def width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def pad(text: str, columns: int) -> str:
    """A text with spaces after it, up to so many columns."""
    return text + " " * (columns - width(text))
