"""Tables on a terminal, and files that are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from unicodedata import east_asian_width

from cityshield.vocabulary.errors import InputError


def write_whole(path: str, pieces: Iterable[str]) -> None:
    """Write a text file; who reads it sees the whole of it, or what was there before."""
    scratch = f"{path}.part"
    try:
        with open(scratch, "w", encoding="utf-8", newline="") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        os.replace(scratch, path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError("error-file-write", path=path, reason=reason) from error


def aligned(rows: Sequence[Sequence[str]], left: frozenset[int] = frozenset({1})) -> list[str]:
    """Rows in columns: those of words to the left, those of numbers to the right."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell + " " * (width - _width(cell))
            if place in left
            else " " * (width - _width(cell)) + cell
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


def _width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
