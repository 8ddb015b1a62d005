"""Conditions of templates as functions of a view, with what they need to be true."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import re2

from cityshield.guards.sites.templates import needs
from cityshield.guards.sites.templates.expression import Node, read_expression
from cityshield.guards.sites.templates.functions import FUNCTIONS, LARGEST, Value, Wrong, text
from cityshield.guards.sites.templates.model import (
    BINARY,
    DSL,
    REGEX,
    SIZE,
    STATUS,
    WORD,
    Matcher,
    Refused,
)
from cityshield.guards.sites.templates.needs import Need
from cityshield.guards.sites.templates.view import TEXTS, View

Test = Callable[[View], bool]
Compute = Callable[[View], Value]

_MEMORY_BYTES = 2 << 20
_LONGEST_PATTERN = 4_000
_PLAIN = "/_- ,;:=<>\"'&%#@!~"
"""Signs that stand for themselves in a pattern."""
_INEXACT = frozenset({"len", "md5", "sha1", "mmh3", "base64py", "hexencode", "jsonminify"})
"""Functions that say something else of the beginning of a page than of all of it."""


class Condition(NamedTuple):
    """A test, what it needs to be true, the status codes it asks for, and whether only whole pages
    can be held against it. `cost` says in which order several are tried."""

    test: Test
    need: Need
    statuses: frozenset[int] | None
    is_whole: bool
    cost: int


@lru_cache(maxsize=2048)
def pattern(source: bytes) -> Any:
    """A compiled pattern over bytes; raises Refused where RE2 does not take it."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY_BYTES
    options.encoding = re2.Options.Encoding.LATIN1
    if len(source) > _LONGEST_PATTERN:
        raise Refused("pattern", source[:80].decode("utf-8", "replace"))
    try:
        return re2.compile(source, options)
    except re2.error as error:
        raise Refused("pattern", source.decode("utf-8", "replace")) from error


def condition_of(matcher: Matcher) -> Condition:
    """What a matcher asks; raises Refused where it can't be read."""
    made = _MAKERS[matcher.type](matcher)
    if not matcher.negative:
        return made
    inner, part, needs_part = made.test, matcher.part, matcher.type not in (STATUS, DSL)

    def negative(view: View) -> bool:
        return not (needs_part and view.part(part) is None) and not inner(view)

    return Condition(negative, needs.ALWAYS, None, True, made.cost)


def _of_words(matcher: Matcher) -> Condition:
    words = [value.encode() for value in matcher.values]
    if matcher.caseless:
        words = [word.lower() for word in words]
    return _of_texts(matcher, words)


def _of_binary(matcher: Matcher) -> Condition:
    try:
        return _of_texts(matcher, [bytes.fromhex(value) for value in matcher.values])
    except ValueError as error:
        raise Refused("matcher", matcher.values[0]) from error


def _of_texts(matcher: Matcher, words: Sequence[bytes]) -> Condition:
    part, enough = matcher.part, all if matcher.every else any
    holds = _holds_caseless if matcher.caseless else View.holds

    def test(view: View) -> bool:
        return enough(holds(view, part, word) for word in words)

    if len(words) == 1:
        only = words[0]

        def test(view: View) -> bool:
            return holds(view, part, only)

    return Condition(test, _need(matcher, map(needs.literal, words)), None, False, 2)


def _holds_caseless(view: View, part: str, word: bytes) -> bool:
    where = view.lowered(part)
    return where is not None and word in where


def _of_patterns(matcher: Matcher) -> Condition:
    sources = [value.encode() for value in matcher.values]
    part, enough = matcher.part, all if matcher.every else any

    def test(view: View) -> bool:
        where = view.part(part)
        return where is not None and enough(_found(view, source, where) for source in sources)

    return Condition(test, _need(matcher, map(needs.of_pattern, sources)), None, False, 4)


def _found(view: View, source: bytes, where: bytes) -> bool:
    view.spend(len(where))
    return pattern(source).search(where) is not None


def _need(matcher: Matcher, each: Any) -> Need:
    if matcher.part not in TEXTS:
        return needs.ALWAYS
    return needs.all_of(each) if matcher.every else needs.any_of(list(each))


def _of_status(matcher: Matcher) -> Condition:
    codes = frozenset(matcher.numbers)
    return Condition(lambda view: view.value("status_code") in codes, needs.ALWAYS, codes, False, 0)


def _of_size(matcher: Matcher) -> Condition:
    sizes, part = frozenset(matcher.numbers), matcher.part

    def test(view: View) -> bool:
        where = view.part(part)
        return where is not None and len(where) in sizes

    return Condition(test, needs.ALWAYS, None, True, 1)


def _of_expressions(matcher: Matcher) -> Condition:
    nodes = [read_expression(value) for value in matcher.values]
    nodes.sort(key=_cost)
    tests = [truth(node) for node in nodes]
    each = [needs.of_expression(node, TEXTS) for node in nodes]
    codes = [_statuses(node) for node in nodes]
    statuses: frozenset[int] | None = None
    if matcher.every:
        need = needs.all_of(each)
        statuses = next((code for code in codes if code is not None), None)
    else:
        need = needs.any_of(each)
        if all(code is not None for code in codes):
            statuses = frozenset[int]().union(*(code or () for code in codes))
    test = (
        (lambda view: all(one(view) for one in tests))
        if matcher.every
        else (lambda view: any(one(view) for one in tests))
    )
    if len(tests) == 1:
        test = tests[0]
    return Condition(test, need, statuses, any(map(_is_inexact, nodes)), 3)


_MAKERS: Final[dict[str, Callable[[Matcher], Condition]]] = {
    WORD: _of_words,
    REGEX: _of_patterns,
    BINARY: _of_binary,
    STATUS: _of_status,
    SIZE: _of_size,
    DSL: _of_expressions,
}


def truth(node: Node) -> Test:
    """Whether an expression is true; one that has no value, or another, is not."""
    compute = computed(node)

    def test(view: View) -> bool:
        try:
            return compute(view) is True
        except Wrong:
            return False

    return test


def computed(node: Node) -> Compute:
    """An expression as a function; it raises Wrong where it has no value."""
    kind = node[0]
    if kind in ("text", "number", "truth"):
        value = node[1]
        return lambda _: value
    if kind == "name":
        name = node[1]
        return lambda view: view.value(name)
    if kind == "not":
        inner = computed(node[1])
        return lambda view: not _true(inner(view))
    if kind in ("and", "or"):
        return _joined(kind, [computed(each) for each in node[1]])
    if kind == "compare":
        return _compared(node)
    if kind == "add":
        left, right = computed(node[1]), computed(node[2])
        return lambda view: _sum(left(view), right(view))
    return _regex(node) if kind == "regex" else _called(node)


def _joined(kind: str, parts: Sequence[Compute]) -> Compute:
    stops = kind == "or"

    def join(view: View) -> Value:
        for part in parts:
            if _true(part(view)) is stops:
                return stops
        return not stops

    return join


def _true(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    raise Wrong


def _compared(node: Node) -> Compute:
    sign, left, right = node[1], computed(node[2]), computed(node[3])

    def compare(view: View) -> bool:
        one, other = left(view), right(view)
        alike = _kind(one) == _kind(other)
        if sign == "==":
            return alike and one == other
        if sign == "!=":
            return not (alike and one == other)
        if not alike or isinstance(one, bool):
            raise Wrong
        pair: Any = (one, other)
        if sign in (">", ">="):
            pair = (other, one)
        return bool(pair[0] < pair[1] or (len(sign) == 2 and pair[0] == pair[1]))

    return compare


def _kind(value: Value) -> str:
    return "number" if type(value) in (int, float) else type(value).__name__


def _sum(one: Value, other: Value) -> Value:
    if isinstance(one, bytes) or isinstance(other, bytes):
        joined = text(one) + text(other)
        if len(joined) > LARGEST:
            raise Wrong
        return joined
    if isinstance(one, bool) or isinstance(other, bool):
        raise Wrong
    return one + other


def _regex(node: Node) -> Compute:
    source = node[1]
    plain = source.decode("latin-1")
    if plain and all(letter.isalnum() or letter in _PLAIN for letter in plain):
        return _held(node[2], source)
    inner = computed(node[2])
    return lambda view: _found(view, source, text(inner(view)))


def _held(where: Node, word: bytes) -> Compute:
    """Whether a text holds a word."""
    if where[0] == "name" and where[1] in TEXTS:
        part = where[1]
        return lambda view: view.holds(part, word)
    inner = computed(where)
    return lambda view: word in text(inner(view))


def _called(node: Node) -> Compute:
    """A call; what depends on more than literals is kept for others that ask the same."""
    function = FUNCTIONS[node[1]][0]
    if node[1] == "contains" and node[2][1][0] == "text":
        return _held(node[2][0], node[2][1][1])
    args = [computed(each) for each in node[2]]
    if node[1] in ("contains", "containsall", "containsany", "startswith"):
        return lambda view: function(*[each(view) for each in args])

    def call(view: View) -> Value:
        known = view.memo.get(node)
        if known is None:
            view.spend(1024)
            try:
                known = function(*[each(view) for each in args])
            except Wrong as error:
                known = error
            view.memo[node] = known
        if isinstance(known, Wrong):
            raise known
        return known

    return call


def _cost(node: Node) -> int:
    """How dear an expression is: one of status codes little, one with a pattern much."""
    kind = node[0]
    if kind == "regex":
        return 4
    if kind == "call":
        return 3
    return max([1, *(_cost(each) for each in _inner(node))])


def _inner(node: Node) -> list[Node]:
    if node[0] in ("and", "or"):
        return list(node[1])
    if node[0] == "call":
        return list(node[2])
    return [each for each in node[1:] if isinstance(each, tuple)]


def _is_inexact(node: Node) -> bool:
    if node[0] == "not" or (node[0] == "compare" and node[1] == "!="):
        return True
    if node[0] == "call" and node[1] in _INEXACT:
        return True
    return any(map(_is_inexact, _inner(node)))


def _statuses(node: Node) -> frozenset[int] | None:
    """The status codes without which an expression is not true; None for any."""
    if node[0] == "compare" and node[1] == "==":
        sides = dict([node[2][:2], node[3][:2]])
        if sides.get("name") == "status_code" and isinstance(sides.get("number"), int):
            return frozenset({sides["number"]})
    if node[0] == "and":
        return next((code for code in map(_statuses, node[1]) if code is not None), None)
    if node[0] == "or":
        codes = [_statuses(each) for each in node[1]]
        if all(code is not None for code in codes):
            return frozenset[int]().union(*(code or () for code in codes))
    return None
