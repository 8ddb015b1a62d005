"""The expressions of templates: read into a tree, never handed to Python.

    or      = and { "||" and }            and     = compared { "&&" compared }
    compared = sum [ ("==" | "!=" | "<" | "<=" | ">" | ">=") sum ]
    sum     = unary { "+" unary }         unary   = "!" unary | primary
    primary = text | number | true | false | name | name "(" [ or { "," or } ] ")" | "(" or ")"

In a text, a backslash stands for the character after it, whatever that is.
"""

from __future__ import annotations

import re
from typing import Any, Final

from cityshield.guards.sites.templates.functions import FUNCTIONS
from cityshield.guards.sites.templates.model import Refused

Node = tuple[Any, ...]
"""`("text", bytes)`, `("number", n)`, `("truth", b)`, `("name", n)`, `("not", x)`, `("and", xs)`,
`("or", xs)`, `("compare", sign, x, y)`, `("add", x, y)`, `("call", name, xs)`, or
`("regex", pattern, x)`."""

_LONGEST = 20_000
_DEEPEST = 24
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sign>==|!=|<=|>=|&&|\|\||[!<>+(),])|(?P<quote>[\"']))"
)
_COMPARES: Final = ("==", "!=", "<", "<=", ">", ">=")


def read_expression(source: str) -> Node:
    """The tree of an expression; raises Refused for what is not one, or asks for too much."""
    if len(source) > _LONGEST:
        raise Refused("too-large", source[:60])
    return _Reader(source).whole()


def names_in(node: Any) -> set[str]:
    """Every name whose value an expression needs."""
    if isinstance(node, tuple) and node and node[0] == "name":
        return {node[1]}
    if isinstance(node, tuple):
        return set().union(*map(names_in, node))
    return set()


class _Reader:
    """Descends through one expression."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._tokens = _tokens(source)
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._or()
        if self._at < len(self._tokens):
            raise self._wrong()
        return node

    def _or(self) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Refused("too-large", self._source[:60])
        nodes = [self._and()]
        while self._take("||"):
            nodes.append(self._and())
        self._depth -= 1
        return nodes[0] if len(nodes) == 1 else ("or", tuple(nodes))

    def _and(self) -> Node:
        nodes = [self._compared()]
        while self._take("&&"):
            nodes.append(self._compared())
        return nodes[0] if len(nodes) == 1 else ("and", tuple(nodes))

    def _compared(self) -> Node:
        left = self._sum()
        for sign in _COMPARES:
            if self._take(sign):
                return ("compare", sign, left, self._sum())
        return left

    def _sum(self) -> Node:
        node = self._unary()
        while self._take("+"):
            node = ("add", node, self._unary())
        return node

    def _unary(self) -> Node:
        is_not = False
        while self._take("!"):
            is_not = not is_not
        node = self._primary()
        return ("not", node) if is_not else node

    def _primary(self) -> Node:
        if self._take("("):
            node = self._or()
            self._need(")")
            return node
        kind, value = self._next()
        if kind == "text":
            return ("text", value.encode())
        if kind == "number":
            return ("number", float(value) if "." in value else int(value))
        if kind != "name":
            raise self._wrong()
        if self._take("("):
            return self._call(value)
        return ("truth", value == "true") if value in ("true", "false") else ("name", value)

    def _call(self, name: str) -> Node:
        args: list[Node] = []
        if not self._take(")"):
            args.append(self._or())
            while self._take(","):
                args.append(self._or())
            self._need(")")
        name = name.replace("_", "").lower()
        if name == "regex":
            if len(args) != 2 or args[0][0] != "text":
                raise self._wrong()
            return ("regex", args[0][1], args[1])
        if name not in FUNCTIONS:
            raise Refused("function", name)
        _, least, most = FUNCTIONS[name]
        if not least <= len(args) <= most:
            raise self._wrong()
        return ("call", name, tuple(args))

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise self._wrong()
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, sign: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == ("sign", sign):
            self._at += 1
            return True
        return False

    def _need(self, sign: str) -> None:
        if not self._take(sign):
            raise self._wrong()

    def _wrong(self) -> Refused:
        return Refused("expression", self._source[:120])


def _tokens(source: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    at, end = 0, len(source.rstrip())
    while at < end:
        found = _TOKEN.match(source, at)
        if found is None:
            raise Refused("expression", source[:120])
        at = found.end()
        kind = str(found.lastgroup)
        if kind != "quote":
            tokens.append((kind, found[kind]))
            continue
        letters: list[str] = []
        while at < end and source[at] != found["quote"]:
            at += source[at] == "\\"
            letters.append(source[at : at + 1])
            at += 1
        if at >= end:
            raise Refused("expression", source[:120])
        tokens.append(("text", "".join(letters)))
        at += 1
    return tokens
