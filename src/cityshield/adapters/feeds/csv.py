"""Comma-separated values (RFC 4180) with a link or a host in some column: URLhaus, PhishTank.

The first cell that is a link with its scheme, a host or an address counts. A row that says `allow`
is passed over.
"""

from __future__ import annotations

import csv

from cityshield.adapters.feeds import urls
from cityshield.adapters.feeds.plain import host_expression
from cityshield.vocabulary.indicator import HOST

_MOST_CELLS = 64


def read(line: str) -> list[tuple[str, str]] | None:
    """The link or the host that a row names; a row of names of columns names none."""
    if not line or line[0] == "#":
        return []
    if "," not in line:
        return None
    try:
        (row,) = csv.reader([line], strict=True)
    except (csv.Error, ValueError):
        return None
    cells = [cell.strip() for cell in row[:_MOST_CELLS]]
    if "allow" in cells[:3]:
        return []
    for cell in cells:
        if "://" in cell[:10] and "\t" not in cell:
            return urls.read(cell) or None
        if expression := host_expression(cell):
            return [(HOST, expression)]
    return [] if "url" in map(str.lower, cells) or "domain" in map(str.lower, cells) else None
