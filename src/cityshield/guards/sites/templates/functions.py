"""The functions of the expressions in templates, over bytes, numbers and truth values.

Texts are bytes, as they came. A result of more than a MiB is an error, as is a wrong argument: an
expression with an error is not true.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from hashlib import md5 as _md5
from hashlib import sha1 as _sha1
from typing import Final

Value = bytes | float | int | bool

LARGEST: Final = 1 << 20
_MOST_HASHED = 64 << 10
_PAGES = tuple(base64.b64encode(start)[:4] for start in (b"<!D", b"<!d", b"<ht", b"<HT"))
"""How a page begins in Base64: it is no icon."""
_MASK = 0xFFFFFFFF
_ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})")
_VERSION = re.compile(r"v?([0-9]+(?:\.[0-9]+)*)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")
_CONSTRAINT = re.compile(r"\s*(>=|<=|!=|~>|>|<|=|)\s*(\S+)\s*")


class Wrong(Exception):
    """An expression that has no value: a name nobody knows, or arguments that do not fit."""


def text(value: Value) -> bytes:
    """A value as text, in the way in which Go prints it."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, bool):
        return b"true" if value else b"false"
    return str(int(value) if float(value).is_integer() else value).encode()


def contains(where: Value, what: Value) -> bool:
    """Whether a text holds another."""
    return text(what) in text(where)


def contains_all(where: Value, *words: Value) -> bool:
    """Whether a text holds all of some."""
    return all(text(word) in text(where) for word in words)


def contains_any(where: Value, *words: Value) -> bool:
    """Whether a text holds any of some."""
    return any(text(word) in text(where) for word in words)


def starts_with(where: Value, *starts: Value) -> bool:
    """Whether a text begins with any of some."""
    return text(where).startswith(tuple(map(text, starts)))


def to_lower(value: Value) -> bytes:
    """A text in lower case, its ASCII letters."""
    return text(value).lower()


def to_upper(value: Value) -> bytes:
    """A text in upper case, its ASCII letters."""
    return text(value).upper()


def trim_space(value: Value) -> bytes:
    """A text without white space around it."""
    return text(value).strip()


def length(value: Value) -> int:
    """The number of bytes."""
    return len(text(value))


def concat(*values: Value) -> bytes:
    """Texts put together."""
    return _bounded(b"".join(map(text, values)))


def replace(where: Value, old: Value, new: Value) -> bytes:
    """A text with another in place of one."""
    source, was, now = text(where), text(old), text(new)
    if len(source) + (source.count(was) + 1) * len(now) > LARGEST:
        raise Wrong
    return source.replace(was, now)


def hex_encode(value: Value) -> bytes:
    """The bytes in hexadecimal."""
    return _bounded(text(value).hex().encode())


def md5(value: Value) -> bytes:
    """The MD5 of a text, in hexadecimal."""
    return _md5(text(value), usedforsecurity=False).hexdigest().encode()


def sha1(value: Value) -> bytes:
    """The SHA-1 of a text, in hexadecimal."""
    return _sha1(text(value), usedforsecurity=False).hexdigest().encode()


def base64_py(value: Value) -> bytes:
    """Base64 in lines of 76, each ended, as Python writes it; of icons, hence of 64 KiB."""
    data = text(value)
    if len(data) > _MOST_HASHED:
        raise Wrong
    return base64.encodebytes(data)


def base64_decode(value: Value) -> bytes:
    """What stands in Base64."""
    try:
        return base64.b64decode(text(value), validate=True)
    except binascii.Error as error:
        raise Wrong from error


def url_decode(value: Value) -> bytes:
    """A text without its percent-encoding, a plus as a space."""
    source = text(value)
    if len(source) > LARGEST:
        raise Wrong
    return _ESCAPED.sub(lambda found: bytes.fromhex(found[1].decode()), source.replace(b"+", b" "))


def json_minify(value: Value) -> bytes:
    """JSON without white space."""
    source = text(value)
    if len(source) > LARGEST:
        raise Wrong
    try:
        return _bounded(json.dumps(json.loads(source), separators=(",", ":")).encode())
    except (ValueError, RecursionError) as error:
        raise Wrong from error


def mmh3(value: Value) -> bytes:
    """MurmurHash3, 32 bits and signed, in decimal.

    It is asked of icons in Base64, hence of 64 KiB at the most, and a page has no value.
    """
    data = text(value)
    if data.startswith(_PAGES):
        raise Wrong
    if len(data) > _MOST_HASHED + _MOST_HASHED // 2:
        raise Wrong
    state, whole = 0, len(data) & ~3
    for block in _scrambled(data[:whole]):
        state ^= block
        state = ((state << 13 | state >> 19) * 5 + 0xE6546B64) & _MASK
    if rest := data[whole:]:
        state ^= _scramble(int.from_bytes(rest, "little"))
    state ^= len(data)
    state = (state ^ state >> 16) * 0x85EBCA6B & _MASK
    state = (state ^ state >> 13) * 0xC2B2AE35 & _MASK
    state ^= state >> 16
    return str(state - (1 << 32) if state >> 31 else state).encode()


def _scrambled(data: bytes) -> list[int]:
    """Every block of four bytes scrambled, all at once."""
    import numpy as np  # which starts threads, and most runs hash nothing

    blocks = np.frombuffer(data, "<u4").astype(np.uint32) * np.uint32(0xCC9E2D51)
    blocks = (blocks << np.uint32(15) | blocks >> np.uint32(17)) * np.uint32(0x1B873593)
    scrambled: list[int] = blocks.tolist()
    return scrambled


def _scramble(block: int) -> int:
    block = block * 0xCC9E2D51 & _MASK
    return (block << 15 | block >> 17) * 0x1B873593 & _MASK


def compare_versions(version: Value, *constraints: Value) -> bool:
    """Whether a version keeps to every constraint, such as `>= 1.2` or `< 2.0, != 1.9`."""
    ours = _version(text(version))
    for given in constraints:
        for one in text(given).decode("latin-1").split(","):
            found = _CONSTRAINT.fullmatch(one[:100])
            if found is None:
                raise Wrong
            if not _holds(ours, found[1], _version(found[2].encode("latin-1"))):
                return False
    return True


def _version(value: bytes) -> tuple[list[int], int, str]:
    found = _VERSION.fullmatch(value[:100].decode("latin-1").strip())
    if found is None:
        raise Wrong
    numbers = [int(part) for part in found[1].split(".")]
    return [*numbers, 0, 0, 0][: max(3, len(numbers))], found[2] is None, found[2] or ""


def _holds(ours: tuple[list[int], int, str], sign: str, theirs: tuple[list[int], int, str]) -> bool:
    if sign == "~>":
        return ours >= theirs and ours[0][:1] == theirs[0][:1]
    holds = {
        ">=": ours >= theirs, "<=": ours <= theirs, ">": ours > theirs, "<": ours < theirs,
        "!=": ours != theirs,
    }  # fmt: skip
    return holds.get(sign, ours == theirs)


def _bounded(value: bytes) -> bytes:
    if len(value) > LARGEST:
        raise Wrong
    return value


FUNCTIONS: Final[dict[str, tuple[Callable[..., Value], int, int]]] = {
    "contains": (contains, 2, 2),
    "containsall": (contains_all, 2, 99),
    "containsany": (contains_any, 2, 99),
    "startswith": (starts_with, 2, 99),
    "tolower": (to_lower, 1, 1),
    "toupper": (to_upper, 1, 1),
    "trimspace": (trim_space, 1, 1),
    "tostring": (text, 1, 1),
    "len": (length, 1, 1),
    "concat": (concat, 1, 99),
    "replace": (replace, 3, 3),
    "hexencode": (hex_encode, 1, 1),
    "md5": (md5, 1, 1),
    "sha1": (sha1, 1, 1),
    "mmh3": (mmh3, 1, 1),
    "base64py": (base64_py, 1, 1),
    "base64decode": (base64_decode, 1, 1),
    "urldecode": (url_decode, 1, 1),
    "jsonminify": (json_minify, 1, 1),
    "compareversions": (compare_versions, 2, 9),
}
"""Every function but `regex`, with the fewest and the most arguments; names are without `_`."""
