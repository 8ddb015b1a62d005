"""Versions beside each other, as makers of servers and content systems number them, and ranges.

Numbers count as numbers, so 1.22 is newer than 1.9. What follows a number in letters says where it
stands: `dev`, `alpha`, `beta` and `rc` before the release, patch letters and service packs after it
(OpenSSL 1.0.2k, DokuWiki 2022-07-31a, DedeCMS 5.7 SP2). Trailing zeros say nothing: 8.0 is 8.0.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import msgspec

Key = tuple[tuple[int, int], ...]
"""What a version is compared by; a tuple that sorts."""

LONGEST: Final = 60
"""Letters of a version that are read; none is longer."""

_DEV, _ALPHA, _BETA, _BEFORE, _END, _AFTER, _NUMBER = range(7)
_WORDS: Final = {
    "dev": _DEV, "snapshot": _DEV, "wmf": _DEV,
    "alpha": _ALPHA, "beta": _BETA,
    "rc": _BEFORE, "pre": _BEFORE, "cr": _BEFORE, "m": _BEFORE, "milestone": _BEFORE,
    "sp": _AFTER, "p": _AFTER, "pl": _AFTER, "patch": _AFTER,
}  # fmt: skip
_SILENT: Final = frozenset({"v", "x", "r", "release", "final", "ga", "stable", "lts"})
_ANY: Final = ((9, 0),)
"""In place of `*`: newer than whatever stands there."""

_PIECE = re.compile(r"\d{1,18}|[a-z]{1,20}|\*")
_DIGITS = frozenset("0123456789")


@lru_cache(8192)
def key_of(version: str) -> Key:
    """What a version is compared by; empty for one without a number.

    A last `*` or `x` (`8.1.*`, `1.6.x`) stands for the newest of its branch.
    """
    text = version[:LONGEST].lower()
    pieces = _PIECE.findall(text)
    if not any(piece[0] in _DIGITS for piece in pieces):
        return ()
    key: list[tuple[int, int]] = []
    for place, piece in enumerate(pieces):
        if piece[0] in _DIGITS:
            key.append((_NUMBER, int(piece)))
        elif piece == "*" or (piece == "x" and place and place == len(pieces) - 1):
            return (*key, *_ANY)
        elif piece in _WORDS:
            _drop_zeros(key)
            key.append((_WORDS[piece], 0))
        elif len(piece) <= 2 and place and piece not in _SILENT:
            _drop_zeros(key)
            key.append((_AFTER, _letters(piece)))
    _drop_zeros(key)
    return (*key, (_END, 0))


def _drop_zeros(key: list[tuple[int, int]]) -> None:
    while key and key[-1] == (_NUMBER, 0):
        key.pop()


def _letters(text: str) -> int:
    """Letters as a number in which `za` comes after `z`."""
    number = 0
    for letter in text:
        number = number * 27 + ord(letter) - 96
    return number


class Range(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Versions from `start`, to before `below` or up to `last`, whichever is given.

    An empty end is open; `*` within one stands for a whole branch.
    """

    start: str = ""
    below: str = ""
    last: str = ""

    @property
    def first(self) -> Key:
        """The key of the first version: of `8.1.*`, that of 8.1; empty where the end is open."""
        return key_of(_BRANCH.sub("", self.start)) if self.start else ()

    @property
    def branch(self) -> Key:
        """What every version of the branch begins with: 8.1 of `8.1.0 to 8.1.28`; empty for a
        range over several branches."""
        start, end = self.first[:-1], key_of(self.below or self.last)
        return start if len(start) < len(end) - 1 and end[: len(start)] == start else ()

    def holds(self, key: Key) -> bool:
        """Whether a version lies within, by its key."""
        if key < self.first:
            return False
        if self.below and key >= key_of(self.below):
            return False
        return not (self.last and key > key_of(self.last))


_BRANCH = re.compile(r"[.\-]?[xX*]$")
_NO_VERSION = frozenset({"", "-", "*", "0", "n/a", "na", "all", "any", "unspecified", "unknown"})
_V = r"v?(\d[\w.+\-]{0,50}?\*?)"
_TEXTS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), shape)
    for pattern, shape in (
        (rf"{_V}", "exact"),
        (rf">=\s*{_V}\s*,?\s*<\s*{_V}", "below"),
        (rf">=\s*{_V}\s*,?\s*<=\s*{_V}", "last"),
        (rf"<\s*{_V}", "below"),
        (rf"<=\s*{_V}", "last"),
        (rf"(?:all versions )?(?:before|prior to|earlier than)\s+{_V}", "below"),
        (rf"(?:through|up to|to)\s+{_V}", "last"),
        (rf"(?:from\s+)?{_V}\s+(?:to|through|up to|until|-|–)\s+{_V}", "last"),
        (rf"(?:from\s+)?{_V}\s+(?:before|prior to)\s+{_V}", "below"),
        (rf"{_V}\s+and (?:earlier|below|prior|older)(?: versions)?", "last"),
        (rf".{{0,60}}\(Affected {_V}\s?-\s?{_V}\)", "last"),
        (rf"[a-z][\w!&' ]{{1,40}} {_V}", "exact"),
    )
)
_HYPHEN = re.compile(r"(\d+(?:\.\d+)+[a-z]?)-(\d+(?:\.\d+)+[a-z]?)")


def read_range(version: str, below: str = "", last: str = "") -> Range | None:
    """The versions of an entry of a CVE record; None where the entry names none.

    With `below` (`lessThan`) or `last` (`lessThanOrEqual`), `version` is the start (CVE JSON 5.1).
    Without, it is one version, or a text such as `< 5.59.1` or `9.0.0.M1 to 9.0.0.M11`.
    """
    version, below, last = (text.strip()[:200] for text in (version, below, last))
    if below or last:
        start = "" if version.lower() in _NO_VERSION or not key_of(version) else version
        end = below or last
        if end != "*" and not key_of(end):
            return None
        if end == "*":
            return Range(start) if start else None
        return Range(start[:LONGEST], below[:LONGEST], "" if below else last[:LONGEST])
    if version.lower() in _NO_VERSION:
        return None
    if found := _HYPHEN.fullmatch(version):
        return Range(found[1], "", found[2])
    for pattern, shape in _TEXTS:
        if (found := pattern.fullmatch(version)) is not None:
            return _shaped(shape, [text for text in found.groups() if text])
    return None


def _shaped(shape: str, versions: list[str]) -> Range | None:
    if not all(map(key_of, versions)):
        return None
    if shape == "exact":
        return Range(versions[0], "", versions[0])
    start = versions[0] if len(versions) > 1 else ""
    end = versions[-1]
    return Range(start, end) if shape == "below" else Range(start, "", end)


def branches_of(version: str) -> Iterator[str]:
    """A version and the branches it belongs to, the narrowest first: 8.2.7, 8.2, 8."""
    numbers = _PIECE.findall(version[:LONGEST].lower())
    parts: list[str] = []
    for piece in numbers:
        if piece[0] not in _DIGITS:
            if not parts:
                continue
            break
        parts.append(piece)
    for size in range(len(parts), 0, -1):
        yield ".".join(parts[:size])
