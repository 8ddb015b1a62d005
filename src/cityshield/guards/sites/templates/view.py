"""An answer as expressions and conditions see it: by the names that templates use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cityshield.guards.sites.charset import read_text
from cityshield.guards.sites.templates.expression import Node
from cityshield.guards.sites.templates.functions import Value, Wrong, text
from cityshield.guards.sites.templates.model import MOST_BYTES, Seen

TEXTS: Final = frozenset({"body", "header", "all_headers", "response", "all"})
"""The names of what is searched in one pass."""

_CHINESE = ("gb", "x-gbk", "hz-gb", "big5")
_BUDGET = 24 << 20
_PHRASES = {
    200: "OK", 201: "Created", 204: "No Content", 206: "Partial Content",
    301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified",
    307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request",
    401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    410: "Gone", 429: "Too Many Requests", 500: "Internal Server Error",
    501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
}  # fmt: skip


class Spent(Exception):
    """Matching this answer costs more than it may."""


class View:
    """Values by name. `memo` keeps what expressions have in common, `left` what may be spent."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values: dict[str, Value] = dict(values)
        self._lowered: dict[str, bytes] = {}
        self.memo: dict[Node, Value | Wrong] = {}
        self.left = _BUDGET
        self._numbers: Mapping[bytes, int] = {}
        self._ends: Mapping[int, int] = {}
        self._whole = b""
        self._spans: dict[str, tuple[int, int]] = {}

    def value(self, name: str) -> Value:
        """The value of a name; raises Wrong where there is none."""
        try:
            return self._values[name]
        except KeyError:
            raise Wrong from None

    def part(self, name: str) -> bytes | None:
        """The text of a part; None where the answer has none of that name."""
        value = self._values.get(name)
        return value if isinstance(value, bytes) or value is None else text(value)

    def lowered(self, name: str) -> bytes | None:
        """The text of a part in lower case."""
        if name not in self._lowered:
            part = self.part(name)
            if part is None:
                return None
            self._lowered[name] = part.lower()
        return self._lowered[name]

    def whole(self) -> bytes:
        """Head, body and head again: every part that is searched is a piece of it."""
        head, body = self.part("header") or b"", self.part("body") or b""
        return head + body + head

    def know(self, numbers: Mapping[bytes, int], ends: Mapping[int, int]) -> None:
        """Remember where literals, by their numbers, end in the lower case of `whole`."""
        self._numbers, self._ends, self._whole = numbers, ends, self.whole()
        head, end = len(self.part("header") or b""), len(self._whole)
        self._spans = {
            "body": (head, end - head), "response": (0, end - head), "all": (head, end),
            "header": (0, head), "all_headers": (0, head),
        }  # fmt: skip

    def holds(self, part: str, word: bytes) -> bool:
        """Whether a part holds a word; by what is known of it, where that settles it."""
        number = self._numbers.get(word.lower())
        if number is not None and part in self._spans:
            end = self._ends.get(number)
            if end is None:
                return False
            start, stop = end + 1 - len(word), end + 1
            low, high = self._spans[part]
            if low <= start and stop <= high and self._whole[start:stop] == word:
                return True
        where = self.part(part)
        return where is not None and word in where

    def spend(self, size: int) -> None:
        """Count the bytes that a pattern reads; raises Spent beyond the budget."""
        self.left -= size
        if self.left < 0:
            raise Spent


def view_of(seen: Seen) -> View:
    """An answer to a GET: its parts, and each header and cookie by name with `_` for `-`."""
    body = _body_of(seen)
    headers = headers_of(seen)
    values: dict[str, Any] = {}
    for name, value in seen.headers:
        if name == "set-cookie":
            cookie, _, rest = value.partition("=")
            values[cookie.strip().lower()] = _bytes(rest.partition(";")[0])
    for name, value in seen.headers:
        key = name.strip().lower().replace("-", "_")
        known = values.get(key)
        values[key] = _bytes(value) if known is None else known + b" " + _bytes(value)
    said = values.get("content_length", b"")
    values |= {
        "status_code": seen.status,
        "content_length": int(said) if said.isdigit() and len(said) < 16 else len(body),
        "body": body, "header": headers, "all_headers": headers,
        "response": headers + body, "all": body + headers,
        "host": _bytes(seen.host), "Host": _bytes(seen.host), "Hostname": _bytes(seen.host),
        "FQDN": _bytes(seen.host), "ip": _bytes(seen.address), "type": b"http",
    }  # fmt: skip
    return View(values)


def _body_of(seen: Seen) -> bytes:
    """The beginning of a body; of a page in a Chinese encoding, as UTF-8, as templates are."""
    body = seen.body[:MOST_BYTES]
    kind = next((value for name, value in seen.headers if name == "content-type"), "")
    if body.isascii() or "html" not in kind.lower():
        return body
    said, label = read_text(body, kind)
    return said.encode("utf-8", "replace") if label.startswith(_CHINESE) else body


def headers_of(seen: Seen) -> bytes:
    """The head of an answer as text, names of fields as Go writes them."""
    lines = [f"HTTP/1.1 {seen.status} {_PHRASES.get(seen.status, '')}"]
    lines += [
        "-".join(part.capitalize() for part in name.split("-")) + f": {value}"
        for name, value in seen.headers
    ]
    return _bytes("\r\n".join(lines)) + b"\r\n\r\n"


def _bytes(value: str) -> bytes:
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace")
