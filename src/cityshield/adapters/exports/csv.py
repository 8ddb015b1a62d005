"""Comma-separated values (RFC 4180), a decision a line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from cityshield.adapters.exports.export import About
from cityshield.guards.dates import iso
from cityshield.vocabulary.decision import Decision

_FIELDS = ("id", "action", "scope", "value", "reason", "origin", "evidence", "since", "expires")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(listed: Sequence[Decision], about: About) -> Iterator[str]:
    """All decisions in force, with a line of names first."""
    yield _line((*_FIELDS, "licence"))
    for d in listed:
        target = d.target
        times = iso(d.since or 0), iso(d.expires or 0)
        evidence = " | ".join(d.evidence)
        cells = (d.action, target.scope, target.value, d.reason, d.origin, evidence, *times)
        yield _line((str(d.id), *cells, about.licence))


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([_harmless(cell) for cell in cells])
    return text.getvalue()


def _harmless(cell: str) -> str:
    """A cell on one line, which no spreadsheet takes for a formula."""
    cell = " ".join(cell.splitlines())
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
