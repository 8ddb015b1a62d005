"""Pinyin between ideographs is read as the ideographs it most likely stands for.

Filters are passed by by spelling a part of the characters by their sound. A run of Latin letters
that touches an ideograph and falls into syllables is replaced by the characters that stand beside
one another, and beside their neighbours, in pairs that are in use (a Viterbi search over
`language/pinyin.txt` and `language/pairs.txt`). A run in which no pair is known stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import NamedTuple

_LONGEST_RUN = 12
_LONGEST_SYLLABLE = 6
_MOST_RUNS = 200
"""How many runs of a text are tried; this bounds the time."""
_PAIR, _SYLLABLE = 8, -3
_WORDS = frozenset(("line", "repo", "mini", "nano"))
"""Words of Latin letters that stand in Chinese texts and would pass for pinyin."""


class Pinyin(NamedTuple):
    """The characters of each syllable, the most frequent first, and the pairs that are in use."""

    syllables: Mapping[str, str]
    pairs: Set[str]


class Reading(NamedTuple):
    """Letters from `start` to `end` that are read as one ideograph."""

    start: int
    end: int
    ideograph: str


def read_pinyin(out: list[str], table: Pinyin) -> list[Reading]:
    """What to read in place of letters, in order, for the characters of a normal form."""
    found: list[Reading] = []
    length = len(out)
    place = tried = 0
    while place < length and tried < _MOST_RUNS:
        if not "a" <= out[place] <= "z":
            place += 1
            continue
        start = place
        while place < length and "a" <= out[place] <= "z":
            place += 1
        left = out[start - 1] if start and _is_ideograph(out[start - 1]) else ""
        right = out[place] if place < length and _is_ideograph(out[place]) else ""
        run = "".join(out[start:place])
        if (left or right) and 2 <= len(run) <= _LONGEST_RUN and run not in _WORDS:
            tried += 1
            found += _read_run(run, start, left, right, table)
    return found


def _is_ideograph(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"


class _State(NamedTuple):
    """The best way to read the letters up to a place so that a character is the last."""

    score: int
    pairs: int
    start: int
    before: str


def _read_run(run: str, start: int, left: str, right: str, table: Pinyin) -> list[Reading]:
    syllables, pairs = table
    states: list[dict[str, _State]] = [{} for _ in range(len(run) + 1)]
    states[0][left] = _State(0, 0, 0, "")
    for place, here in enumerate(states):
        for end in range(place + 1, min(place + _LONGEST_SYLLABLE, len(run)) + 1) if here else ():
            for character in syllables.get(run[place:end], ""):
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
    return found[::-1]
