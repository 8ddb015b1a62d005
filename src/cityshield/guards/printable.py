"""Texts of strangers, before they are shown to somebody."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text without what steers a terminal or turns its direction: U+FFFD stands for that."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
