"""Tables on a terminal, and files that are written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cityshield.adapters.whole import replacing
from cityshield.entrypoints.cli.speech import pad, width
from cityshield.vocabulary.errors import InputError


def write_whole(path: str, pieces: Iterable[str]) -> None:
    """Write a file, or leave the one there is; of several who do so at once, one comes last.

    InputError when it can't be written.
    """
    try:
        with replacing(path) as file:
            file.writelines(piece.encode() for piece in pieces)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError("error-file-write", path=path, reason=reason) from error


def aligned(rows: Sequence[Sequence[str]], left: frozenset[int] = frozenset({1})) -> list[str]:
    """Rows in columns: those of words to the left, those of numbers to the right."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            pad(cell, columns) if place in left else " " * (columns - width(cell)) + cell
            for place, (cell, columns) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines
