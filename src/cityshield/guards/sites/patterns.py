"""Patterns from outside, written for JavaScript, over texts from outside, in bounded time.

Nothing here goes through `re`, which one foreign pattern can keep busy for seconds on one page: RE2
matches in linear time (Cox 2010), and only near a literal that the pattern cannot do without. The
literals of all patterns are looked for at once, by one automaton over the whole text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import re2

_SHORTEST_LITERAL = 4
_MOST_REPEATS = 1_000
_FAR = 2_000
_MOST_PLACES = 40
_BUDGET = 16 << 20
_STATES_FREE = 100
_REPEAT = re.compile(r"\{(\d+)(?:,(\d*))?\}")

error = re2.error
"""What compiling raises where RE2 cannot take a pattern."""


class Pattern(NamedTuple):
    """A compiled pattern over bytes, and how far around its literal it may reach, in bytes.

    `same` are pairs of groups that must be alike, in place of a reference back that RE2 has not.
    `cost` is how much dearer than a plain one it may be, by its counted repeats.
    """

    regex: Any
    literal: bytes
    reach: int
    same: tuple[tuple[int, int], ...]
    cost: int


class Matcher:
    """Many patterns over one text."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._literals = list({each.literal for each in patterns if each.literal})
        self._set: Any = re2.Set.SearchSet(_options())
        for literal in self._literals:
            self._set.Add(re2.escape(literal.decode()).encode())
        if self._literals:
            self._set.Compile()

    def present(self, body: bytes) -> set[bytes]:
        """The literals that stand in a text, and the empty one."""
        found = self._set.Match(body) if self._literals else None
        return {b"", *(self._literals[place] for place in found or ())}


class Budget:
    """How much matching one text may cost; what is beyond it is not looked at."""

    def __init__(self) -> None:
        self._left = _BUDGET

    def find(self, pattern: Pattern, body: bytes) -> Iterator[Any]:
        """The matches of a pattern whose literal is there."""
        for start, end in _windows(body, pattern.literal, pattern.reach):
            self._left -= (end - start) * pattern.cost
            if self._left < 0:
                return
            for found in pattern.regex.finditer(body[start:end]):
                if all(found[a] == found[b] for a, b in pattern.same):
                    yield found


def compile_pattern(text: str) -> Pattern:
    """A pattern of JavaScript; raises `error` where RE2 cannot take it."""
    literal = longest_literal(text)
    source, same = for_re2(text)
    regex = re2.compile(source.encode(), _options())
    if len(literal) < _SHORTEST_LITERAL:
        literal = ""
    repeats = _repeats(text)
    open_ended = len(re.findall(r"(?:\.|\\S\]|\))[*+]", text))
    reach = len(text) + 400 + repeats + _FAR * open_ended
    return Pattern(regex, literal.encode(), reach, same, 1 + repeats // _STATES_FREE)


def _repeats(text: str) -> int:
    return sum(int(most or least) for least, most in _REPEAT.findall(text))


def longest_literal(pattern: str) -> str:
    """The longest run of characters that every match of a pattern holds; empty if none is."""
    runs, run, depth, place = [""], "", 0, 0
    while place < len(pattern):
        character = pattern[place]
        width = 1
        plain = ""
        if character == "\\":
            width = 2
            after = pattern[place + 1 : place + 2]
            plain = "" if after.isalnum() else after
        elif character == "[":
            end = pattern.find("]", place + 2 + (pattern[place + 1 : place + 2] == "^"))
            width = (end if end > 0 else len(pattern)) - place + 1
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
        elif character == "|" and not depth:
            return ""
        elif character == "{":
            width = (
                max(1, pattern.find("}", place) - place + 1) if _REPEAT.match(pattern, place) else 1
            )
            plain = "" if width > 1 else "{"
        elif character not in ".^$?*+|":
            plain = character
        if plain and not depth:
            if pattern[place + width : place + width + 1] in ("?", "*") or _REPEAT.match(
                pattern, place + width
            ):
                plain = ""
        if plain and not depth:
            run += plain
        else:
            runs.append(run)
            run = ""
        place += width
    runs.append(run)
    return max(runs, key=len)


def for_re2(pattern: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """A pattern of JavaScript as RE2 takes it, and the groups that must be alike in a match.

    Look-behinds of the version are dropped, for the version's own pattern says as much. Repeats of
    more than 1,000 become unbounded: what is matched is bounded by the window. A reference back
    becomes a group of its own, of one character.
    """
    pattern = re.sub(r"\(\?<[=!][^()]*\)", "", pattern)
    pattern = _REPEAT.sub(_bounded, pattern)
    same: list[tuple[int, int]] = []
    pieces: list[str] = []
    groups, place = 0, 0
    while place < len(pattern):
        character = pattern[place]
        following = pattern[place + 1 : place + 2]
        if character == "\\" and following.isdigit():
            groups += 1
            same.append((int(following), groups))
            pieces.append("(.)")
            place += 2
            continue
        if character == "\\":
            pieces.append(pattern[place : place + 2])
            place += 2
            continue
        if character == "(" and following != "?":
            groups += 1
        pieces.append(character)
        place += 1
    return "".join(pieces), tuple(same)


def _bounded(found: re.Match[str]) -> str:
    least = int(found[1])
    most = found[2]
    if (most or found[1]) and int(most or least) <= _MOST_REPEATS and least <= _MOST_REPEATS:
        return found[0]
    return "*" if least == 0 else "+"


def _windows(body: bytes, literal: bytes, reach: int) -> Iterator[tuple[int, int]]:
    """Stretches of a text around a literal, those that overlap made one.

    Where there is no literal, or it stands everywhere, that is the whole text.
    """
    if not literal or body.count(literal) > _MOST_PLACES:
        yield 0, len(body)
        return
    width = len(literal)
    at = body.find(literal)
    start, end = max(0, at - reach), 0
    while at >= 0:
        if end and at - reach > end:
            yield start, end
            start = at - reach
        end = min(len(body), at + width + reach)
        at = body.find(literal, at + width)
    if end:
        yield start, end


def _options() -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 64 << 20
    options.encoding = re2.Options.Encoding.LATIN1
    return options
