"""What must stand in a text before a condition can be true: found once, in one pass over the text.

A need is a list of ways, each a set of literals in lower case: a condition can only be true where
all literals of some way are there. `ALWAYS`, one way that asks for nothing, is no help.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from cityshield.guards.sites.templates.expression import Node

Need = Sequence[frozenset[bytes]]

ALWAYS: Final[Need] = (frozenset(),)
SHORTEST: Final = 3
_MOST_WAYS = 48
_DEEPEST = 40
_MOST_RUNS = 16
_MOST_LETTERS = 4
_FEW = re.compile(r"[A-Za-z0-9_]+-?|[A-Za-z0-9_]*[-.:=/ ]")
"""A class of letters that stand for themselves."""
_CASELESS = re.compile(r"\(\?[a-zA-Z]*i")
_PAIR = re.compile(r"([A-Za-z])\|([A-Za-z])\)")
_PLAIN_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}
_NO_WIDTH = frozenset("bBAz")
_CLASSES = frozenset("dDsSwW")
_SAME_LENGTH = frozenset({"tolower", "toupper", "trimspace", "tostring"})


def literal(value: bytes) -> Need:
    """The need of one literal; one letter over and over would be found at every place of a page."""
    word = value.lower()
    return (frozenset({word}),) if len(word) >= SHORTEST and len(set(word)) > 1 else ALWAYS


def any_of(needs: Iterable[Need]) -> Need:
    """The need of conditions of which one is enough."""
    ways = [way for need in needs for way in need]
    return ways if ways and all(ways) and len(ways) <= 20_000 else ALWAYS


def all_of(needs: Iterable[Need]) -> Need:
    """The need of conditions that must all be true, or a weaker one."""
    best: Need = ALWAYS
    for need in needs:
        if len(best) * len(need) <= _MOST_WAYS:
            best = [one | other for one in best for other in need]
        elif _worth(need) > _worth(best):
            best = need
    return best


def _worth(need: Need) -> tuple[bool, int]:
    """How much a need helps: the fewer ways the better, none at all the least."""
    return all(need), -len(need)


def of_expression(node: Node, texts: frozenset[str]) -> Need:
    """The need of an expression; `texts` are the names that stand for what is searched."""
    kind = node[0]
    if kind == "and":
        return all_of(of_expression(each, texts) for each in node[1])
    if kind == "or":
        return any_of([of_expression(each, texts) for each in node[1]])
    if kind == "regex" and _is_text(node[2], texts):
        return of_pattern(node[1])
    if kind == "call" and _is_text(node[2][0], texts):
        words = [each[1] if each[0] == "text" else b"" for each in node[2][1:]]
        if node[1] in ("contains", "containsall"):
            return all_of(map(literal, words))
        if node[1] in ("containsany", "startswith"):
            return any_of([literal(word) for word in words])
    return ALWAYS


def _is_text(node: Node, texts: frozenset[str]) -> bool:
    while node[0] == "call" and node[1] in _SAME_LENGTH:
        node = node[2][0]
    return node[0] == "name" and node[1] in texts


def of_pattern(pattern: bytes) -> Need:
    """The need of a pattern that RE2 takes (its syntax page)."""
    try:
        return _Pattern(pattern.decode("latin-1")).need()
    except (_Unclear, IndexError, ValueError):
        return ALWAYS


class _Unclear(Exception):
    """A pattern with something that is not looked into."""


class _Pattern:
    """Walks through one pattern. Bytes are letters here, as RE2 matches them."""

    def __init__(self, source: str) -> None:
        self._source = source + "\0"
        self._end = len(source)
        self._at = 0
        self._depth = 0
        self._is_caseless = _CASELESS.search(source) is not None

    def need(self) -> Need:
        need = self._ways()
        if self._at < self._end:
            raise _Unclear
        return need

    def _ways(self) -> Need:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _Unclear
        needs = [self._row()]
        while self._at < self._end and self._source[self._at] == "|":
            self._at += 1
            needs.append(self._row())
        self._depth -= 1
        return needs[0] if len(needs) == 1 else any_of(needs)

    def _row(self) -> Need:
        needs: list[Need] = []
        runs = [""]
        while self._at < self._end and self._source[self._at] not in "|)":
            item = self._item()
            least, is_many = self._repeat()
            if item == "":
                continue
            letters = item if isinstance(item, str) else ""
            if letters and not (self._is_caseless and not letters.isascii()):
                longer = [run + letter for run in runs for letter in letters]
                if least == 0:
                    longer += runs
                if not is_many and len(longer) <= _MOST_RUNS:
                    runs = longer
                    continue
                needs.append(_runs(longer if least else runs))
            else:
                needs.append(_runs(runs))
                if not letters and least:
                    needs.append(item)  # type: ignore[arg-type]
            runs = [""]
        needs.append(_runs(runs))
        return all_of(needs)

    def _item(self) -> str | Need:
        """Letters of which one is there, the need of a group, or nothing for what has no width."""
        letter = self._source[self._at]
        self._at += 1
        if letter == "(":
            return self._group()
        if letter == "[":
            return self._class()
        if letter == "\\":
            return self._escape()
        if letter in "^$":
            return ""
        return ALWAYS if letter == "." else letter

    def _group(self) -> str | Need:
        if pair := _PAIR.match(self._source, self._at):
            if pair[1].lower() == pair[2].lower():
                self._at = pair.end()
                return pair[1]
        if self._source[self._at] == "?":
            end = self._at + 1
            while self._source[end] not in ":>)":
                end += 1
                if end >= self._end:
                    raise _Unclear
            self._at = end + 1
            if self._source[end] == ")":
                return ALWAYS
        need = self._ways()
        if self._source[self._at] != ")" or self._at >= self._end:
            raise _Unclear
        self._at += 1
        return need

    def _class(self) -> str | Need:
        start = self._at
        if self._source[self._at] == "^":
            self._at += 1
        is_first = True
        while is_first or self._source[self._at] != "]":
            is_first = False
            letter = self._source[self._at]
            if self._source.startswith("[:", self._at):
                self._at = self._source.index(":]", self._at) + 2
            else:
                self._at += 2 if letter == "\\" else 1
            if self._at >= self._end:
                raise _Unclear
        self._at += 1
        letters = self._source[start : self._at - 1]
        few = "".join(sorted(set(letters.lower())))
        return few if len(few) <= _MOST_LETTERS and _FEW.fullmatch(letters) else ALWAYS

    def _escape(self) -> str | Need:
        letter = self._source[self._at]
        self._at += 1
        if letter in _NO_WIDTH:
            return ""
        if letter in _CLASSES:
            return ALWAYS
        if letter in _PLAIN_ESCAPES:
            return _PLAIN_ESCAPES[letter]
        if letter == "x" and self._source[self._at] != "{":
            self._at += 2
            return chr(int(self._source[self._at - 2 : self._at], 16))
        if letter.isalnum() or self._at > self._end:
            raise _Unclear
        return letter

    def _repeat(self) -> tuple[int, bool]:
        """The fewest times of what went before, and whether it may come more than once."""
        least, is_many = 1, False
        count = 0
        while self._at < self._end and self._source[self._at] in "?*+{":
            letter = self._source[self._at]
            if letter == "{":
                end = self._source.find("}", self._at)
                inner = self._source[self._at + 1 : end] if end > 0 else ""
                first = inner.partition(",")[0]
                if not first.isdigit():
                    break  # it stands for itself
                least, is_many = min(least, int(first)), True
                self._at = end + 1
            else:
                self._at += 1
                if letter == "?" and count:
                    continue  # it makes what went before lazy
                least = least if letter == "+" else 0
                is_many |= letter != "?"
            count += 1
        return least, is_many


def _runs(runs: Sequence[str]) -> Need:
    return any_of([literal(run.encode("latin-1")) for run in dict.fromkeys(runs)])


def literals(needs: Iterable[Any]) -> set[bytes]:
    """Every literal of needs."""
    return {word for need in needs for way in need for word in way}
