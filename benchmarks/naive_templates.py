"""Templates held against an answer one by one, as they are written: what ours is compared with.

Straightforward on purpose: `in`, `re` and recursion, no literal looked for beforehand. With
`linear` the patterns are those of RE2, for pages on which `re` would take minutes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any

from cityshield.guards.sites.facts import TemplateHit
from cityshield.guards.sites.templates.conditions import pattern
from cityshield.guards.sites.templates.engine import hit_of
from cityshield.guards.sites.templates.expression import Node, read_expression
from cityshield.guards.sites.templates.functions import FUNCTIONS, Value, Wrong, text
from cityshield.guards.sites.templates.model import (
    MOST_BYTES,
    MOST_HITS,
    Extractor,
    Matcher,
    Question,
    Seen,
    Template,
)
from cityshield.guards.sites.templates.shown import MOST_EXTRACTS
from cityshield.guards.sites.templates.view import View, view_of

_INEXACT = {"len", "md5", "sha1", "mmh3", "base64py", "hexencode", "jsonminify"}


def hits_of(
    templates: Iterable[Template], seen: Seen, *, linear: bool = False
) -> tuple[TemplateHit, ...]:
    """The first templates that are true of an answer."""
    view = view_of(seen)
    every = (hit for each in templates for hit in _hits(each, seen, view, linear))
    return tuple(islice(every, MOST_HITS))


def _hits(template: Template, seen: Seen, view: View, linear: bool) -> Iterator[TemplateHit]:
    names: list[str] = []
    extracts: list[bytes] = []
    is_hit = False
    for question in template.questions:
        if seen.path not in question.asks or not _is_meant(question, seen):
            continue
        true = _true_names(question, seen, view, linear)
        if true is None:
            continue
        is_hit = True
        names += true
        for extractor in question.extractors:
            extracts += _extract(extractor, view, linear)
    if is_hit:
        yield hit_of(template, seen.path, names, extracts)


def _is_meant(question: Question, seen: Seen) -> bool:
    if seen.leads_on and question.redirects:
        return False
    return not seen.is_far or question.redirects == "any"


def _true_names(question: Question, seen: Seen, view: View, linear: bool) -> list[str] | None:
    """The names of the conditions that are true, None where the question is not."""
    matchers: Sequence[Matcher] = question.matchers
    if not matchers:
        matchers = [
            Matcher("regex", (value,), part=each.part, name=each.name)
            for each in question.extractors
            if each.type == "regex"
            for value in each.values
        ]
    is_cut = not seen.is_whole or len(seen.body) > MOST_BYTES
    results = [
        (each.name, not (is_cut and _is_inexact(each)) and _matches(each, view, linear))
        for each in matchers
    ]
    if question.every and question.matchers:
        return [] if all(true for _, true in results) else None
    names = [name for name, true in results if true]
    return names if names else None


def _matches(matcher: Matcher, view: View, linear: bool) -> bool:
    if matcher.type not in ("dsl", "status") and view.part(matcher.part) is None:
        return False
    where = view.part(matcher.part) or b""
    if matcher.type == "status":
        found = [view.value("status_code") in matcher.numbers]
    elif matcher.type == "size":
        found = [len(where) in matcher.numbers]
    elif matcher.type == "word" and matcher.caseless:
        found = [value.encode().lower() in where.lower() for value in matcher.values]
    elif matcher.type == "word":
        found = [value.encode() in where for value in matcher.values]
    elif matcher.type == "binary":
        found = [bytes.fromhex(value) in where for value in matcher.values]
    elif matcher.type == "regex":
        found = [
            _regex(value.encode(), linear).search(where) is not None for value in matcher.values
        ]
    else:
        found = [_is_true(read(value), view, linear) for value in matcher.values]
    return (all(found) if matcher.every else any(found)) is not matcher.negative


read = cache(read_expression)


@cache
def _regex(source: bytes, linear: bool) -> Any:
    """A pattern of Go in Python's: there `$` is the end of the text only."""
    if linear:
        return pattern(source)
    flags = re.match(rb"\(\?([a-zA-Z]+)\)", source)
    is_many_lines = flags is not None and b"m" in flags[1]
    ends = source if is_many_lines else re.sub(rb"(?<!\\)\$(?![^\[]*\])", rb"\\Z", source)
    try:
        return re.compile(ends)
    except re.error:  # Go takes flags anywhere
        return pattern(source)


def _is_true(node: Node, view: View, linear: bool) -> bool:
    try:
        return _value(node, view, linear) is True
    except Wrong:
        return False


def _value(node: Node, view: View, linear: bool) -> Value:
    kind = node[0]
    if kind == "name":
        return view.value(node[1])
    if kind == "not":
        return not _truth(_value(node[1], view, linear))
    if kind == "and":
        return all(_truth(_value(each, view, linear)) for each in node[1])
    if kind == "or":
        return any(_truth(_value(each, view, linear)) for each in node[1])
    if kind == "regex":
        where = text(_value(node[2], view, linear))
        return _regex(node[1], linear).search(where) is not None
    if kind == "call":
        return FUNCTIONS[node[1]][0](*[_value(each, view, linear) for each in node[2]])
    if kind == "add":
        one, other = (_value(each, view, linear) for each in node[1:])
        both_numbers = not isinstance(one, bytes) and not isinstance(other, bytes)
        return one + other if both_numbers else text(one) + text(other)
    if kind == "compare":
        return _compare(node[1], *(_value(each, view, linear) for each in node[2:]))
    value: Value = node[1]
    return value


def _compare(sign: str, one: Any, other: Any) -> bool:
    kinds = {"number" if type(each) in (int, float) else type(each) for each in (one, other)}
    if sign in ("==", "!="):
        return (len(kinds) == 1 and one == other) is (sign == "==")
    if len(kinds) != 1 or bool in kinds:
        raise Wrong
    return bool({"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[sign])


def _truth(value: Value) -> bool:
    if not isinstance(value, bool):
        raise Wrong
    return value


def _is_inexact(matcher: Matcher) -> bool:
    """Whether the beginning of a page may say something else than all of it."""
    if matcher.negative or matcher.type == "size":
        return True
    return matcher.type == "dsl" and any(_has_inexact(read(value)) for value in matcher.values)


def _has_inexact(node: Any) -> bool:
    if not isinstance(node, tuple):
        return False
    if node[:1] == ("not",) or node[:2] == ("compare", "!="):
        return True
    if node[:1] == ("call",) and node[1] in _INEXACT:
        return True
    return any(map(_has_inexact, node))


def _extract(extractor: Extractor, view: View, linear: bool) -> Iterator[bytes]:
    for value in extractor.values:
        try:
            if extractor.type == "regex":
                where = view.part(extractor.part) or b""
                taken = [
                    found[extractor.group]
                    for found in _regex(value.encode(), linear).finditer(where)
                    if found[extractor.group]
                ]
                yield from taken[:MOST_EXTRACTS]
            elif extractor.type == "kval":
                yield text(view.value(value.strip().lower().replace("-", "_")))
            else:
                yield text(_value(read(value), view, linear))
        except Wrong:
            continue
