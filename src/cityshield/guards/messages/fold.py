"""The fold: what each character is read as, frozen when the pack is built.

Runtimes differ in their version of Unicode, so none of them asks its own tables: Python at build
time computes NFKC, lower case, the accents and the look-alikes of Unicode TS #39, the simplified
form of traditional characters and the stand-ins of `language/variants.toml` once, and every runtime
reads the result.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec

from cityshield.guards.check import read_toml
from cityshield.guards.homoglyphs import HOMOGLYPHS
from cityshield.guards.messages.pinyin import Pinyin

INVISIBLE, SOFT, MARK = "", "\x01", "\x02"
"""What a character is read as when it leaves no mark, is a picture or a bullet, or an accent."""

_MARKS = ((0x300, 0x370), (0x1AB0, 0x1B00), (0x1DC0, 0x1E00), (0x20D0, 0x2100), (0xFE20, 0xFE30))
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
_BULLETS = frozenset("·•∙⋅・‧｡●○◆◇■□▪▫★☆※→←↑↓►▶◀▲▼△▽✓✔✗✘…⋯—–―－ー~～^`|*")
_LONGEST = 8
_FEWEST_IN_RANGE = 12


class Fold(msgspec.Struct, frozen=True, dict=True):
    """The tables of the normal form as they lie in a pack.

    `keys` holds the characters that change, `values` what each is read as, joined by U+0000.
    `ranges` are stretches of characters that are all read as the same: first, last, value.
    `phrases` pairs a spelling with the one to read, the longest first. What no table names stays
    as it is, but for characters above U+FFFF, see `beyond`. `syllables` maps pinyin to characters,
    `pairs` joins the pairs of characters that are in use, `words` are Latin ones that are no
    pinyin.
    """

    keys: str
    values: str
    ranges: list[tuple[int, int, str]]
    phrases: list[tuple[str, str]]
    syllables: dict[str, str]
    pairs: str
    words: list[str]

    @cached_property
    def characters(self) -> dict[str, str]:
        """What each character is read as; one that is not in it stays as it is."""
        found = dict(zip(self.keys, self.values.split("\0"), strict=True))
        for first, last, value in self.ranges:
            found.update(dict.fromkeys(map(chr, range(first, last + 1)), value))
        return found

    @cached_property
    def pinyin(self) -> Pinyin:
        """The tables that pinyin is read by."""
        pairs = self.pairs
        known = frozenset(map("".join, zip(pairs[::2], pairs[1::2], strict=True)))
        return Pinyin(self.syllables, known, frozenset(self.words))

    @cached_property
    def by_first(self) -> dict[str, list[tuple[str, str]]]:
        """The phrases by their first character."""
        found: dict[str, list[tuple[str, str]]] = {}
        for pair in self.phrases:
            found.setdefault(pair[0][0], []).append(pair)
        return found


def build_fold(language: Path) -> Fold:
    """The tables from the files of `language`."""
    variants: dict[str, Any] = read_toml(language / "variants.toml")
    both = _joined(language / "traditional.txt")
    stand_in = dict(zip(both[::2], both[1::2], strict=True))
    stand_in.update(HOMOGLYPHS)
    for plain, others in variants["characters"].items():
        stand_in.update(dict.fromkeys(others, plain))
    for plain in variants["characters"]:
        stand_in.pop(plain, None)  # what others are read as stays itself
    keys, values = [], []
    ranges: list[tuple[int, int, str]] = []
    folds = enumerate(_folds(stand_in))
    runs = groupby(folds, key=lambda item: (item[1][1], ord(item[1][0]) - item[0]))
    for (value, _), members in runs:
        run = [character for _, (character, _) in members]
        if len(run) >= _FEWEST_IN_RANGE:
            ranges.append((ord(run[0]), ord(run[-1]), value))
        else:
            keys += run
            values += [value] * len(run)
    phrases = [(other, plain) for plain, others in variants["phrases"].items() for other in others]
    phrases.sort(key=lambda pair: (-len(pair[0]), pair[0]))
    lines = (language / "pinyin.txt").read_text(encoding="utf-8").splitlines()
    syllables = dict(line.split(" ", 1) for line in lines)
    pairs = _joined(language / "pairs.txt")
    words = (language / "words.txt").read_text(encoding="utf-8").split()
    return Fold("".join(keys), "\0".join(values), ranges, phrases, syllables, pairs, words)


def _joined(path: Path) -> str:
    return path.read_text(encoding="utf-8").replace("\n", "")


def beyond(character: str) -> str:
    """What a character above U+FFFF is read as when no table names it: one of the BMP.

    So a normal form has as many UTF-16 units as characters, and counts alike in every runtime.
    """
    code = ord(character)
    if 0x1F000 <= code <= 0x1FBFF:
        return SOFT
    return chr(0xE000 + (code & 0xFFF))


def _folds(stand_in: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Every character that is read as something else than the default, in order."""
    for first, last in ((0, 0xD7FF), (0xE000, 0x1FFFF), (0x2F800, 0x2FA1F), (0xE0000, 0xE01EF)):
        for code in range(first, last + 1):
            character = chr(code)
            default = character if code <= 0xFFFF else beyond(character)
            folded = _fold(character, stand_in)
            if folded != default:
                yield character, folded


def _fold(character: str, stand_in: Mapping[str, str]) -> str:
    category = unicodedata.category(character)
    if character in "\n\r\x0b\x0c\x85\u2028\u2029":
        return "\n"
    if character in stand_in:
        plain = stand_in[character]
        return stand_in.get(plain, plain)
    if character in _BULLETS:
        return SOFT
    if character in _FILLERS or (category in ("Cc", "Cf", "Co") and character != "\t"):
        return INVISIBLE
    code = ord(character)
    if 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF:
        return INVISIBLE
    if any(low <= code < high for low, high in _MARKS):
        return MARK
    if character.isspace() or character == "\t" or code == 0x2800:
        return " "
    plain = unicodedata.normalize("NFKC", character)
    letters = []
    for item in plain.casefold():
        if any(low <= ord(item) < high for low, high in _MARKS):
            continue
        base = unicodedata.normalize("NFD", item)
        if len(base) > 1 and (base[0] < "\u0250" or base[0] in stand_in):
            item = base[0]
        letters.append(stand_in.get(item, item))
    folded = "".join(letters)[:_LONGEST]
    if folded == character and (category == "So" or 0x1F3FB <= code <= 0x1F3FF):
        return SOFT
    if folded == character and code > 0xFFFF:
        return beyond(character)
    if not folded.strip():
        return " "
    if folded == character:
        return folded
    again = [_fold(item, stand_in) if item != character else item for item in folded]
    return "".join([item for item in again if item not in (SOFT, MARK)]) or SOFT
