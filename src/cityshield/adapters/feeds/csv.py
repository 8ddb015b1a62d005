"""Comma-separated values (RFC 4180) with a link or a host in some column: URLhaus, PhishTank.

Without a mapping, the first cell that is a link with its scheme, a host or an address counts, and a
row that says `allow` is passed over. With one, the named column counts alone.
"""

from __future__ import annotations

import csv
import re

from cityshield.adapters.feeds import sha256, urls
from cityshield.adapters.feeds.plain import host_expression
from cityshield.vocabulary.indicator import HOST

_MOST_CELLS = 64
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


def read(line: str) -> list[tuple[str, str]] | None:
    """The link or the host that a row names; a row of names of columns names none."""
    if not line or line[0] == "#":
        return []
    if "," not in line or not (cells := _cells(line, ",")):
        return None
    if "allow" in cells[:3]:
        return []
    for cell in cells:
        if (entries := _entries(cell)) is not None:
            return entries or None
    return [] if "url" in map(str.lower, cells) or "domain" in map(str.lower, cells) else None


class ByColumn:
    """Reads one column of the rows, by its number from 1 or by its name.

    A name is looked up in the first row that holds it, which may be a comment, as URLhaus has it.
    Columns are separated by commas, semicolons or tabs: whichever the row of names has most of,
    else commas.
    """

    def __init__(self, column: str) -> None:
        self._name = column.strip().lower()
        self._place = int(column) - 1 if column.isdecimal() else None
        self._separator = ","

    def __call__(self, line: str) -> list[tuple[str, str]] | None:
        """The entries of a row; rows before the row of names can't be read."""
        if self._place is None:
            return self._learn(line)
        if not line or line[0] == "#":
            return []
        cells = _cells(line, self._separator)
        if not 0 <= self._place < len(cells):
            return None
        cell = cells[self._place]
        return (sha256.read(cell) if _SHA256.fullmatch(cell) else _entries(cell)) or None

    def _learn(self, line: str) -> list[tuple[str, str]] | None:
        text = line.lstrip("# ").strip()
        separator = max(",;\t", key=text.count)
        names = [name.lower() for name in _cells(text, separator)]
        if self._name not in names:
            return [] if not line or line[0] == "#" else None
        self._separator, self._place = separator, names.index(self._name)
        return []


def _cells(line: str, separator: str) -> list[str]:
    try:
        (row,) = csv.reader([line], delimiter=separator, strict=True)
    except (csv.Error, ValueError):
        return []
    return [cell.strip() for cell in row[:_MOST_CELLS]]


def _entries(cell: str) -> list[tuple[str, str]] | None:
    """The link or the host in a cell; None for anything else, and none for a link gone wrong."""
    if "://" in cell[:10] and "\t" not in cell:
        return urls.read(cell) or []
    expression = host_expression(cell)
    return [(HOST, expression)] if expression else None
