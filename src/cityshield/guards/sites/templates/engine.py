"""All templates held against an answer at once, in time that grows with its length only.

One automaton (Aho and Corasick 1975) finds the literals of all conditions; only a condition whose
literals are there is tried, its patterns by RE2. The result is the same as trying every one.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import ahocorasick

from cityshield.guards.sites.facts import TemplateHit
from cityshield.guards.sites.templates import needs
from cityshield.guards.sites.templates.conditions import Condition, computed, condition_of, pattern
from cityshield.guards.sites.templates.expression import read_expression
from cityshield.guards.sites.templates.functions import Wrong, text
from cityshield.guards.sites.templates.model import (
    DSL,
    HTTP,
    KVAL,
    MOST_BYTES,
    MOST_HITS,
    REGEX,
    Extractor,
    Matcher,
    Outcome,
    Question,
    Seen,
    Template,
)
from cityshield.guards.sites.templates.shown import MOST_EXTRACTS, shown
from cityshield.guards.sites.templates.view import Spent, View, view_of

HOME: Final = "/"
_MOST_NAMES = 8
_WORTH_A_SEARCH = 24
Matched = dict[int, list[str]]
"""The numbers of questions that were true, with the names of conditions."""


class Unit(NamedTuple):
    """What is tried by itself: one of several conditions, or all that must be true together."""

    question: int
    name: str
    conditions: tuple[Condition, ...]
    need: needs.Need
    statuses: frozenset[int] | None
    is_whole: bool


class Asked(NamedTuple):
    """A question of a template."""

    template: Template
    question: Question


class Engine:
    """Compiled templates for pages; `version` is that of the set they are from."""

    def __init__(self, templates: Sequence[Template], version: str = "") -> None:
        self.version = version
        self.templates = {each.id: each for each in templates}
        self._asked = [
            Asked(each, question)
            for each in templates
            if each.protocol == HTTP
            for question in each.questions
        ]
        by_path: dict[str, list[int]] = {}
        for number, asked in enumerate(self._asked):
            for path in asked.question.asks:
                by_path.setdefault(path, []).append(number)
        self._by_path = by_path
        self._tables: dict[str, _Table] = {}

    def prepare(self) -> None:
        """Build what every visit needs, once, before the first; all of it stays for good.

        The collector would look at these many small objects again and again, for longer than a
        page takes: it is told not to.
        """
        if numbers := self._by_path.get(HOME):
            self._table(HOME, numbers)
        gc.collect()
        gc.freeze()

    def match(self, seen: Seen) -> Outcome:
        """The templates that are true of an answer, in the order in which they were given.

        What the budget of one answer has no room for is not tried.
        """
        numbers = self._by_path.get(seen.path)
        if not numbers:
            return Outcome(())
        view = view_of(seen)
        matched = self._table(seen.path, numbers).match(view, seen)
        hits = tuple(self._hits(view, seen.path, matched))
        return Outcome(hits, view.left < 0)

    def _table(self, path: str, numbers: Sequence[int]) -> _Table:
        if path not in self._tables:
            self._tables[path] = _Table([(number, self._asked[number]) for number in numbers])
        return self._tables[path]

    def _hits(self, view: View, path: str, matched: Matched) -> Iterator[TemplateHit]:
        told: dict[str, tuple[Template, list[str], list[bytes]]] = {}
        for number in sorted(matched):
            template, question = self._asked[number]
            _, names, extracts = told.setdefault(template.id, (template, [], []))
            names += matched[number]
            for extractor in question.extractors:
                extracts += extract(extractor, view)
        for template, names, extracts in told.values():
            yield hit_of(template, path, names, extracts)


class _Table:
    """The units of one path, and which of them each literal may make true."""

    def __init__(self, asked: Iterable[tuple[int, Asked]]) -> None:
        self._asked = list(asked)
        self._units = [
            unit for number, (_, question) in self._asked for unit in units_of(number, question)
        ]
        self._ids = {number: template.id for number, (template, _) in self._asked}
        self._redirects = {number: question.redirects for number, (_, question) in self._asked}
        self._always = list(range(len(self._units)))
        self._automaton: Any = None
        self._numbers: dict[bytes, int] = {}
        self._ways: list[list[tuple[frozenset[int], int]]] = []
        if sum(all(unit.need) for unit in self._units) >= _WORTH_A_SEARCH:
            self._index()

    def _index(self) -> None:
        numbers: dict[bytes, int] = {}
        for word in sorted(needs.literals(unit.need for unit in self._units)):
            numbers[word] = len(numbers)
        self._numbers = numbers
        self._ways = [[] for _ in numbers]
        self._always = []
        for place, unit in enumerate(self._units):
            if not all(unit.need):
                self._always.append(place)
                continue
            for way in unit.need:
                rarest = max(way, key=len)
                rest = frozenset(numbers[word] for word in way if word != rarest)
                self._ways[numbers[rarest]].append((rest, place))
        automaton = ahocorasick.Automaton()
        for word, number in numbers.items():
            automaton.add_word(word.decode("latin-1"), number)
        automaton.make_automaton()
        self._automaton = automaton

    def match(self, view: View, seen: Seen) -> Matched:
        """The questions that are true of an answer."""
        matched: Matched = {}
        told: set[str] = set()
        is_whole = seen.is_whole and len(seen.body) <= MOST_BYTES
        try:
            for place in self._candidates(view):
                unit = self._units[place]
                if unit.statuses is not None and seen.status not in unit.statuses:
                    continue
                redirects = self._redirects[unit.question]
                if (seen.leads_on and redirects) or (seen.is_far and redirects != "any"):
                    continue
                if unit.is_whole and not is_whole:
                    continue
                if all(condition.test(view) for condition in unit.conditions):
                    told.add(self._ids[unit.question])
                    if len(told) > MOST_HITS:
                        break
                    matched.setdefault(unit.question, []).append(unit.name)
        except Spent:
            pass
        return matched

    def _candidates(self, view: View) -> Sequence[int]:
        if self._automaton is None:
            return self._always
        where = view.whole().lower().decode("latin-1")
        ends = {number: end for end, number in self._automaton.iter(where)}
        view.know(self._numbers, ends)
        found = ends.keys()
        places = set(self._always)
        for number in found:
            for rest, place in self._ways[number]:
                if rest <= found:
                    places.add(place)
        return sorted(places)


def units_of(number: int, question: Question) -> Iterator[Unit]:
    """What is tried of a question: all its conditions together, or each by itself.

    Where there are none, it is true when something can be taken out.
    """
    if question.every and question.matchers:
        conditions = sorted(map(condition_of, question.matchers), key=lambda each: each.cost)
        codes = [each.statuses for each in conditions if each.statuses is not None]
        yield Unit(
            number, "", tuple(conditions), needs.all_of(each.need for each in conditions),
            codes[0] if codes else None, any(each.is_whole for each in conditions),
        )  # fmt: skip
        return
    for matcher in question.matchers or _as_matchers(question.extractors):
        condition = condition_of(matcher)
        yield Unit(
            number, matcher.name, (condition,), condition.need, condition.statuses,
            condition.is_whole,
        )  # fmt: skip


def _as_matchers(extractors: Iterable[Extractor]) -> Iterator[Matcher]:
    for each in extractors:
        for value in each.values:
            if each.type == REGEX:
                yield Matcher(REGEX, (value,), part=each.part, name=each.name)


def extract(extractor: Extractor, view: View) -> Iterator[bytes]:
    """The first few values that an extractor takes out."""
    for value in extractor.values:
        try:
            yield from _EXTRACTS[extractor.type](extractor, value, view)
        except (Wrong, Spent):
            continue


def _by_pattern(extractor: Extractor, value: str, view: View) -> Iterator[bytes]:
    where = view.part(extractor.part)
    if where is None:
        return
    view.spend(len(where))
    told = 0
    for found in pattern(value.encode()).finditer(where):
        if taken := found[extractor.group]:
            yield taken
            told += 1
        if told >= MOST_EXTRACTS:
            return


def _by_name(extractor: Extractor, value: str, view: View) -> Iterator[bytes]:
    yield text(view.value(value.strip().lower().replace("-", "_")))


def _by_expression(extractor: Extractor, value: str, view: View) -> Iterator[bytes]:
    yield text(computed(read_expression(value))(view))


_EXTRACTS: dict[str, Callable[[Extractor, str, View], Iterator[bytes]]] = {
    REGEX: _by_pattern,
    KVAL: _by_name,
    DSL: _by_expression,
}


def hit_of(
    template: Template, path: str, names: Iterable[str], extracts: Iterable[bytes]
) -> TemplateHit:
    """A hit as it is kept."""
    kept = tuple(dict.fromkeys(filter(None, names)))[:_MOST_NAMES]
    return TemplateHit(template.id, template.sha256, path, kept, shown(extracts, template.tags))
