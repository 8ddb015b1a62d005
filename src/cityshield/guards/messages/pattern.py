"""The pattern language of tells: linear, the same for every runtime, written as data.

    pattern = slot { gap slot }
    slot    = word | "(" word { "|" word } ")" | "<" entity ">"
    gap     = " "       next to each other, at most blanks and marks between
            | " .. "    at most 12 characters between, in one sentence
            | " ... "   at most 60 characters between

A word in Latin letters stands between word borders; with a star at its end it may go on. Words
are in the normal form of `normal`. An entity is something with a shape: `<money>`, `<number>`
(four digits or more), `<phone>`, `<link>`. All words of all patterns go into one Aho-Corasick
automaton (Aho and Corasick 1975), so that a text is read once however many patterns there are;
each occurrence then moves on the patterns that wait for it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import ahocorasick

from cityshield.guards.messages.normal import normalize
from cityshield.vocabulary.errors import ConfigurationError
from cityshield.vocabulary.verdict import Span

_TOKEN = re.compile(r"\(([^()<>]+)\)|<([a-z]+)>|(\.\.\.|\.\.)|([^\s()<>]+)|(\s+)|(.)")

_NEXT, _NEAR, _FAR = 3, 12, 60
_STATES_KEPT = 3
_HITS_KEPT = 8

ENTITIES = {
    "money": re.compile(
        r"[¥$£€₩]\s?\d[\d,.]{0,15}|(?<![\d.,])\d[\d,.]{0,15}\s?[十百千万亿]{0,2}"
        r"(?:元|块|圆|美金|美元|港币|万|千|usdt?\b|rmb\b|yuan\b|dollars?\b|pounds?\b|euros?\b|gbp\b|sgd\b|k\b)"
        r"|(?<![a-z])(?:usdt?|rmb|cny|gbp|sgd|eur|aud|cad|nzd|inr|php|rm|rs|ksh)\.?\s?\d[\d,.]{0,15}"
        r"|[一二两三四五六七八九十几]十?[百千万]{1,2}(?:元|块)?|[一二两三四五六七八九几]?十(?:元|块)"
    ),
    "number": re.compile(r"(?<!\d)\d{4,40}(?!\d)"),
    "phone": re.compile(r"(?<!\d)(?:\+?\d{1,3}[\s-]?)?1?\d{2,4}[\s-]?\d{3,4}[\s-]?\d{3,4}(?!\d)"),
    "link": re.compile(
        r"(?:https?|hxxps?)://[^\s，。；！？、）】》\"'<>]{1,2048}"
        r"|(?<![a-z0-9@.-])(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}(?![a-z0-9.-]|@)(?:/[^\s，。；！？、）】》\"'<>]{0,2048})?"
    ),
}
"""Shapes, as regular expressions every repetition bounded, so that reading is linear."""

_SENTENCE_END = re.compile(r"[。！？!?\n]|\.(?=\s|$)")


class Slot(NamedTuple):
    """Alternatives for one place of a pattern, and how far behind the previous place it may be."""

    words: tuple[str, ...]
    entity: str
    reach: int


class Match(NamedTuple):
    """Where a pattern matched: the name it was compiled under and the span of each slot."""

    name: str
    slots: tuple[Span, ...]


def parse(pattern: str) -> tuple[Slot, ...]:
    """The slots of a pattern; raises ConfigurationError that names the pattern."""
    slots: list[Slot] = []
    reach = _NEXT
    for token in _TOKEN.finditer(pattern):
        group, entity, dots, word, blank, other = token.groups()
        if blank:
            continue
        if other or (entity and entity not in ENTITIES):
            raise ConfigurationError("error-pattern", pattern=pattern, place=token.group())
        if dots:
            reach = _NEAR if dots == ".." else _FAR
            continue
        words = tuple(_normal_word(item) for item in (group or word or "").split("|") if item)
        slots.append(Slot(words, entity or "", reach))
        reach = _NEXT
    if not slots:
        raise ConfigurationError("error-pattern", pattern=pattern, place="-")
    return tuple(slots)


def _normal_word(word: str) -> str:
    star = "*" if word.endswith("*") else ""
    return normalize(word.rstrip("*").strip()).text + star


class Patterns:
    """Named patterns, compiled together.

    `patterns` maps a name to its alternatives; a name matches where any of them does.
    """

    def __init__(self, patterns: Mapping[str, Iterable[str]]) -> None:
        self._slots: list[tuple[str, tuple[Slot, ...]]] = []
        self._by_entity: dict[str, list[tuple[int, int]]] = {}
        uses: dict[str, list[tuple[int, int]]] = {}
        for name, alternatives in patterns.items():
            for pattern in alternatives:
                number = len(self._slots)
                slots = parse(pattern)
                self._slots.append((name, slots))
                for place, slot in enumerate(slots):
                    for word in slot.words:
                        uses.setdefault(word, []).append((number, place))
                    if slot.entity:
                        self._by_entity.setdefault(slot.entity, []).append((number, place))
        self._automaton = ahocorasick.Automaton()
        words: dict[str, list[tuple[bool, list[tuple[int, int]]]]] = {}
        for word, places in uses.items():
            words.setdefault(word.rstrip("*"), []).append((word.endswith("*"), places))
        for text, variants in words.items():
            self._automaton.add_word(text, (len(text), variants))
        self._automaton.make_automaton()

    def find(self, text: str) -> dict[str, list[Match]]:
        """Matches by name in a normal text, at most eight for each name."""
        found: dict[str, list[Match]] = {}
        waiting: dict[tuple[int, int], list[tuple[Span, ...]]] = {}
        sentence_ends: list[int] | None = None
        for start, end, places in self._occurrences(text):
            for number, place in places:
                name, slots = self._slots[number]
                if place == 0:
                    paths: list[tuple[Span, ...]] = [((start, end),)]
                else:
                    reach = slots[place].reach
                    before = waiting.get((number, place - 1))
                    if not before:
                        continue
                    paths = []
                    for path in before:
                        left = path[-1][1]
                        if not 0 <= start - left <= reach:
                            continue
                        if reach == _NEXT and not _only_marks(text, left, start):
                            continue
                        if reach == _NEAR:
                            if sentence_ends is None:
                                sentence_ends = [m.start() for m in _SENTENCE_END.finditer(text)]
                            if _crosses(sentence_ends, left, start):
                                continue
                        paths.append((*path, (start, end)))
                        break
                    if not paths:
                        continue
                if place == len(slots) - 1:
                    matches = found.setdefault(name, [])
                    if len(matches) < _HITS_KEPT:
                        matches.append(Match(name, paths[0]))
                else:
                    kept = waiting.setdefault((number, place), [])
                    kept.insert(0, paths[0])
                    del kept[_STATES_KEPT:]
        return found

    def _occurrences(self, text: str) -> Iterator[tuple[int, int, Sequence[tuple[int, int]]]]:
        """Every word and entity in the text with the places that wait for it, by its end."""
        events = []
        length = len(text)
        for last, (size, variants) in self._automaton.iter(text):
            start, end = last - size + 1, last + 1
            if start and _is_latin(text[start]) and _is_latin(text[start - 1]):
                continue
            goes_on = end < length and _is_latin(text[last]) and _is_latin(text[end])
            for prefix, places in variants:
                if prefix or not goes_on:
                    events.append((start, end, places))
        for entity, places in self._by_entity.items():
            for shape in ENTITIES[entity].finditer(text):
                events.append((shape.start(), shape.end(), places))
        events.sort(key=lambda event: event[1])
        return iter(events)


def _is_latin(character: str) -> bool:
    return character.isalpha() and character < "\u0250"


def _only_marks(text: str, start: int, end: int) -> bool:
    return not any(character.isalnum() for character in text[start:end])


def _crosses(ends: Sequence[int], start: int, end: int) -> bool:
    """Whether a sentence ends in text[start:end]."""
    place = bisect_left(ends, start)
    return place < len(ends) and ends[place] < end
