"""The normal form of a text, with a map back to the original.

Compatibility forms (NFKC), letter case, traditional script, invisible characters and look-alike
characters are folded, so that a pattern is written once; the map lets evidence mark the very words
that the reader sees.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import msgspec

from cityshield.guards.messages.variants import VARIANTS
from cityshield.vocabulary.verdict import Span

INVISIBLE = frozenset(
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u200b\u200c\u200d\u200e"
    "\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069"
    "\u3164\ufeff\uffa0"
)
"""Characters that leave no mark: format controls, fillers, joiners, directional marks."""

_folded: dict[str, str] = {}
_LARGEST_MEMO = 20_000


class Normal(msgspec.Struct, frozen=True, gc=False):
    """A normal form: `text`, and for each of its characters the range of the original it is from.

    `hidden` counts invisible characters that stood between two letters of one word.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    hidden: int

    def span(self, start: int, end: int) -> Span:
        """The range of the original that `text[start:end]` was made from."""
        return self.starts[start], self.ends[end - 1]


def normalize(original: str) -> Normal:
    """Fold a text; time and memory are linear in its length, and no text raises."""
    if original.isascii() and "  " not in original and original.isprintable():
        length = len(original)
        return Normal(original.lower(), range(length), range(1, length + 1), 0)
    text: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    hidden = 0
    gap = 0
    for index, character in enumerate(original):
        folded = _folded.get(character)
        if folded is None:
            folded = _fold(character)
        if not folded:
            if text and text[-1] != " ":
                gap += 1
            continue
        if folded == " ":
            if not text or text[-1] == " ":
                continue
        elif len(folded) == 1 and text and unicodedata.combining(folded):
            composed = unicodedata.normalize("NFC", text[-1] + folded)
            if len(composed) == 1:
                text[-1] = composed
                ends[-1] = index + 1
            continue
        elif text and text[-1] == " " and len(text) > 1:
            if _is_ideograph(folded[0]) and _is_ideograph(text[-2]):
                del text[-1], starts[-1], ends[-1]
        if gap:
            if folded[0].isalnum() and text[-1].isalnum():
                hidden += gap
            gap = 0
        for item in folded:
            text.append(item)
            starts.append(index)
            ends.append(index + 1)
    return Normal("".join(text), starts, ends, hidden)


def _fold(character: str) -> str:
    """One character's fold, remembered; empty for what leaves no mark, a space for any blank."""
    if character in INVISIBLE or "\ufe00" <= character <= "\ufe0f" or character >= "\U000e0000":
        folded = ""
    elif character in "\r\n\u2028\u2029\x0b\x0c\x85":
        folded = "\n"
    elif character.isspace():
        folded = " "
    elif unicodedata.category(character) in ("Cc", "Cf", "Cs"):
        folded = ""
    else:
        wide = unicodedata.normalize("NFKC", character).casefold()
        folded = "".join(VARIANTS.get(item, item) for item in wide).strip() or " "
    if len(_folded) < _LARGEST_MEMO:
        _folded[character] = folded
    return folded


def _is_ideograph(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or "\U00020000" <= character <= "\U0003ffff"
