"""The pattern language of tells: linear, the same for every runtime, written as data.

    pattern = slot { gap slot }
    slot    = word | "(" word { "|" word } ")" | "<" entity ">"
    gap     = " "       next to each other, at most blanks and marks between
            | " .. "    at most 12 characters between, in one sentence
            | " ... "   at most 60 characters between

A word in Latin letters stands between word borders; with a star at its end it may go on. Words
are in the normal form of `normal`. An entity is something with a shape: `<money>`, `<number>`
(four digits or more), `<phone>`, `<link>`. All words of all patterns go into one automaton (Aho
and Corasick 1975), so that a text is read once however many patterns there are; each occurrence
then moves on the patterns that wait for it. Occurrences are taken by their end, then their start,
then the number of their pattern and slot, so every runtime finds the same.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import ahocorasick
import msgspec

from cityshield.guards.messages.normal import is_latin, is_word
from cityshield.vocabulary.errors import ConfigurationError
from cityshield.vocabulary.verdict import Span

_TOKEN = re.compile(r"\(([^()<>]+)\)|<([a-z]+)>|(\.\.\.|\.\.)|([^\s()<>]+)|(\s+)|(.)")

_NEXT, _NEAR, _FAR = 3, 12, 60
_STATES_KEPT = 3
_HITS_KEPT = 8

_LINK_END = r" \n,。;!?、)】》\"'<>"
_EDGE = "(?![a-z0-9_])"
ENTITIES = {
    "money": r"[¥$£€₩] ?[0-9][0-9,.]{0,15}|(?<![0-9.,])[0-9][0-9,.]{0,15} ?[十百千万亿]{0,2}"
    rf"(?:元|块|圆|美金|美元|港币|万|千|(?:usdt?|rmb|yuan|dollars?|pounds?|euros?|gbp|sgd|k){_EDGE})"
    r"|(?<![a-z])(?:usdt?|rmb|cny|gbp|sgd|eur|aud|cad|nzd|inr|php|rm|rs|ksh)\.? ?[0-9][0-9,.]{0,15}"
    r"|[一二两三四五六七八九十几]十?[百千万]{1,2}(?:元|块)?|[一二两三四五六七八九几]?十(?:元|块)",
    "number": r"(?<![0-9])[0-9]{4,40}(?![0-9])",
    "phone": r"(?<![0-9])(?:\+?[0-9]{1,3}[ -]?)?1?[0-9]{2,4}[ -]?[0-9]{3,4}[ -]?[0-9]{3,4}"
    r"(?![0-9])",
    "link": rf"https?://[^{_LINK_END}]{{1,2048}}"
    r"|(?<![a-z0-9@.-])(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}(?![a-z0-9.-]|@)"
    rf"(?:/[^{_LINK_END}]{{0,2048}})?",
}
"""Shapes, in the regular expressions that Python and JavaScript read alike: characters of a normal
form, explicit classes, and every repetition bounded, so that reading is linear."""

_SENTENCE_END = re.compile(r"[。!?\n]|\.(?=[ \n]|$)")


class Slot(NamedTuple):
    """Alternatives for one place of a pattern, and how far behind the previous place it may be."""

    words: tuple[str, ...]
    entity: str
    reach: int


class Match(NamedTuple):
    """Where a pattern matched: the name it was compiled under and the span of each slot."""

    name: str
    slots: tuple[Span, ...]


class Table(msgspec.Struct, frozen=True):
    """Patterns compiled to what any runtime interprets.

    `words` are the words, with a star at the end of those that may go on. A pattern is its name's
    number and its slots: reach in characters, numbers of words, name of an entity or nothing.
    """

    names: list[str]
    words: list[str]
    patterns: list[tuple[int, list[tuple[int, list[int], str]]]]
    entities: dict[str, str]


def parse(pattern: str, fold: Callable[[str], str]) -> tuple[Slot, ...]:
    """The slots of a pattern, its words folded; ConfigurationError names one that is wrong."""
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
        words = [
            folded + ("*" if item.endswith("*") else "")
            for item in (group or word or "").split("|")
            if (folded := fold(item.rstrip("*").strip()))
        ]
        slots.append(Slot(tuple(dict.fromkeys(words)), entity or "", reach))
        reach = _NEXT
    if not slots:
        raise ConfigurationError("error-pattern", pattern=pattern, place="-")
    return tuple(slots)


def compile_patterns(patterns: Mapping[str, Iterable[str]], fold: Callable[[str], str]) -> Table:
    """The table of named patterns; a name matches where any of its alternatives does."""
    numbers: dict[str, int] = {}
    compiled: list[tuple[int, list[tuple[int, list[int], str]]]] = []
    for place, alternatives in enumerate(patterns.values()):
        for pattern in alternatives:
            slots = [
                (slot.reach, [numbers.setdefault(w, len(numbers)) for w in slot.words], slot.entity)
                for slot in parse(pattern, fold)
            ]
            compiled.append((place, slots))
    return Table(list(patterns), list(numbers), compiled, ENTITIES)


class Patterns:
    """The interpreter of a table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        places_of: dict[str, list[tuple[int, int]]] = {}
        self._by_entity: list[tuple[re.Pattern[str], list[tuple[int, int]]]] = []
        entities: dict[str, list[tuple[int, int]]] = {}
        for number, (_, slots) in enumerate(table.patterns):
            for place, (_, words, entity) in enumerate(slots):
                for word in words:
                    places_of.setdefault(table.words[word], []).append((number, place))
                if entity:
                    entities.setdefault(entity, []).append((number, place))
        for entity, places in entities.items():
            self._by_entity.append((re.compile(table.entities[entity]), places))
        variants: dict[str, list[tuple[bool, list[tuple[int, int]]]]] = {}
        for spelled, places in places_of.items():
            known = variants.setdefault(spelled.rstrip("*"), [])
            known.append((spelled.endswith("*"), places))
        self._automaton = ahocorasick.Automaton()
        for text, found in variants.items():
            self._automaton.add_word(text, (len(text), found))
        if variants:
            self._automaton.make_automaton()
        self._has_words = bool(variants)

    def find(self, text: str) -> dict[str, list[Match]]:
        """Matches by name in a normal text, at most eight for each name."""
        found: dict[str, list[Match]] = {}
        waiting: dict[tuple[int, int], list[tuple[Span, ...]]] = {}
        sentence_ends: list[int] | None = None
        patterns, names = self._table.patterns, self._table.names
        for end, start, number, place in self._occurrences(text):
            name, slots = patterns[number]
            if place == 0:
                path: tuple[Span, ...] = ((start, end),)
            else:
                before = waiting.get((number, place - 1))
                if not before:
                    continue
                reach = slots[place][0]
                if reach == _NEAR and sentence_ends is None:
                    sentence_ends = [match.start() for match in _SENTENCE_END.finditer(text)]
                path = ()
                for earlier in before:
                    left = earlier[-1][1]
                    if not 0 <= start - left <= reach:
                        continue
                    if reach == _NEXT and not _only_marks(text, left, start):
                        continue
                    if reach == _NEAR and _crosses(sentence_ends or (), left, start):
                        continue
                    path = (*earlier, (start, end))
                    break
                if not path:
                    continue
            if place == len(slots) - 1:
                matches = found.setdefault(names[name], [])
                if len(matches) < _HITS_KEPT:
                    matches.append(Match(names[name], path))
            else:
                kept = waiting.setdefault((number, place), [])
                kept.insert(0, path)
                del kept[_STATES_KEPT:]
        return found

    def _occurrences(self, text: str) -> list[tuple[int, int, int, int]]:
        """Every word and entity in the text and a place that waits for it: end, start, place."""
        events: list[tuple[int, int, int, int]] = []
        length = len(text)
        for last, (size, variants) in self._automaton.iter(text) if self._has_words else ():
            start, end = last - size + 1, last + 1
            if start and is_latin(text[start]) and is_latin(text[start - 1]):
                continue
            goes_on = end < length and is_latin(text[last]) and is_latin(text[end])
            for prefix, places in variants:
                if prefix or not goes_on:
                    events += [(end, start, number, place) for number, place in places]
        for shape, places in self._by_entity:
            for match in shape.finditer(text):
                start, end = match.span()
                events += [(end, start, number, place) for number, place in places]
        events.sort()
        return events


def _only_marks(text: str, start: int, end: int) -> bool:
    return not any(is_word(character) for character in text[start:end])


def _crosses(ends: Sequence[int], start: int, end: int) -> bool:
    """Whether a sentence ends in text[start:end]."""
    place = bisect_left(ends, start)
    return place < len(ends) and ends[place] < end
