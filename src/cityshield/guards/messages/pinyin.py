"""Pinyin beside ideographs is read as the ideographs it most likely stands for.

Filters are passed by by spelling a part of the characters by their sound. A run of Latin letters
that touches an ideograph and falls into syllables is replaced by the characters that stand beside
one another, and beside their neighbours, in pairs that are in use (a Viterbi search over
`language/pinyin.txt` and `language/pairs.txt`). A run stays as it is when no pair is known in it,
when it is a word of `language/words.txt` (one syllable must then make a pair on both sides), or
when it is part of an address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple

_LONGEST_RUN = 30
_LONGEST_SYLLABLE = 6
_MOST_STEPS = 300_000
"""How many steps of the search a text may take; this bounds the time."""
_PAIR, _SYLLABLE = 8, -3
_OF_ADDRESS = frozenset("./:@?=&%_-")


class Pinyin(NamedTuple):
    """The characters of each syllable, the most frequent first, the pairs that are in use, and
    words of Latin letters that are no pinyin.
    """

    syllables: Mapping[str, str]
    pairs: Set[str]
    words: Set[str]


class Reading(NamedTuple):
    """Letters from `start` to `end` that are read as one ideograph."""

    start: int
    end: int
    ideograph: str


def read_pinyin(out: Sequence[str], table: Pinyin) -> list[Reading]:
    """What to read in place of letters, in order, for the characters of a normal form."""
    found: list[Reading] = []
    length = len(out)
    place, steps = 0, _MOST_STEPS
    while place < length and steps > 0:
        if not "a" <= out[place] <= "z":
            place += 1
            continue
        start = place
        while place < length and "a" <= out[place] <= "z":
            place += 1
        before = out[start - 1] if start else " "
        after = out[place] if place < length else " "
        left = before if "\u3400" <= before <= "\u9fff" else ""
        right = after if "\u3400" <= after <= "\u9fff" else ""
        if not (left or right) or not 2 <= place - start <= _LONGEST_RUN:
            continue
        if before in _OF_ADDRESS or (after in _OF_ADDRESS and _goes_on(out, place + 1)):
            continue
        run = "".join(out[start:place])
        if run not in table.words:
            readings, taken = _read_run(run, start, left, right, table)
            found += readings
            steps -= taken
        elif run in table.syllables and left and right:
            found += _read_word(run, start, left, right, table)
    return found


def _goes_on(out: Sequence[str], place: int) -> bool:
    return place < len(out) and (out[place].isascii() and out[place].isalnum())


def _read_word(run: str, start: int, left: str, right: str, table: Pinyin) -> list[Reading]:
    """A word that is a syllable too is read when it makes a known pair on both sides."""
    for character in table.syllables[run]:
        if left + character in table.pairs and character + right in table.pairs:
            return [Reading(start, start + len(run), character)]
    return []


class _State(NamedTuple):
    """The best way to read the letters up to a place so that a character is the last."""

    score: int
    pairs: int
    start: int
    before: str


def _read_run(
    run: str, start: int, left: str, right: str, table: Pinyin
) -> tuple[list[Reading], int]:
    """The readings of a run that starts there, and the steps that the search took."""
    syllables, pairs, _ = table
    steps = len(run)
    states: list[dict[str, _State]] = [{} for _ in range(len(run) + 1)]
    states[0][left] = _State(0, 0, 0, "")
    for place, here in enumerate(states):
        for end in range(place + 1, min(place + _LONGEST_SYLLABLE, len(run)) + 1) if here else ():
            candidates = syllables.get(run[place:end], "")
            steps += len(candidates) * len(here)
            for character in candidates:
                for before, state in here.items():
                    known = before + character in pairs
                    score = state.score + _SYLLABLE + _PAIR * known
                    best = states[end].get(character)
                    if best is None or score > best.score:
                        states[end][character] = _State(score, state.pairs + known, place, before)
    last, top = "", _State(0, 0, 0, "")
    for character, state in states[-1].items():
        known = character + right in pairs
        score = state.score + _PAIR * known
        if state.pairs + known and (not last or score > top.score):
            last, top = character, state._replace(score=score)
    found: list[Reading] = []
    end = len(run)
    while end and last:
        state = states[end][last]
        found.append(Reading(start + state.start, start + end, last))
        end, last = state.start, state.before
    return found[::-1], steps
