"""Charts as SVG, drawn here: what a template needs to place each bar. Tables stand behind them.

Everything is in the units of a drawing that is `WIDTH` wide, whatever the page makes of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

WIDTH = 340
_ROW = 44
_HALF = 72
"""How high the highest column is, up or down."""

_LABELS = 22
"""Room above and below the columns for words."""


class Bar(msgspec.Struct, frozen=True):
    """A bar with its label above it: where it stands and how long it is."""

    label: str
    value: str
    y: int
    width: float


class Bars(msgspec.Struct, frozen=True):
    """Horizontal bars, one a row."""

    rows: tuple[Bar, ...]
    height: int


class Column(msgspec.Struct, frozen=True):
    """Two columns on one line: one up, one down."""

    x: float
    width: float
    up_y: float
    up: float
    down: float


class Columns(msgspec.Struct, frozen=True):
    """Columns up and down from a line in the middle, all on one scale."""

    columns: tuple[Column, ...]
    middle: int
    height: int
    most: int


def bars(rows: Sequence[tuple[str, int]]) -> Bars:
    """Bars for labelled numbers; the longest takes the whole width."""
    most = max((value for _, value in rows), default=0) or 1
    drawn = tuple(
        Bar(label, f"{value:,}", place * _ROW, round(WIDTH * value / most, 1))
        for place, (label, value) in enumerate(rows)
    )
    return Bars(drawn, len(rows) * _ROW)


def columns(pairs: Sequence[tuple[int, int]]) -> Columns:
    """Columns for pairs of numbers, the first up and the second down."""
    most = max((value for pair in pairs for value in pair), default=0)
    step = WIDTH / max(1, len(pairs))
    middle = _LABELS + _HALF
    drawn = []
    for place, (up, down) in enumerate(pairs):
        high, low = (round(_HALF * value / (most or 1), 1) for value in (up, down))
        drawn.append(Column(round(place * step, 1), round(step * 0.7, 1), middle - high, high, low))
    return Columns(tuple(drawn), middle, 2 * middle, most)
