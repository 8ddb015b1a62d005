"""Charts as SVG, made on the server: bars, columns, a matrix, a course over time.

Those that stretch to any width hold no text: numbers and names stand beside them in HTML. Those
with words in them keep their shape, and are named by the heading above them.
"""

from __future__ import annotations

from collections.abc import Sequence

_LONG = 1000
_TALL = 100
_CELL = 20
_CELL_REM = 2.2
_WIDTH = 340
_ROW = 44
_HALF = 72
"""How high the highest column is, up or down."""

_LABELS = 22
"""Room above and below the columns for words."""

_STRETCHED = ' preserveAspectRatio="none"'


def bar(parts: Sequence[tuple[float, str]], label: str) -> str:
    """One bar of several parts, each a share of the whole from 0 to 1 and a CSS class."""
    place, drawn = 0.0, ""
    for share, kind in parts:
        width = max(0.0, min(share, 1 - place))
        if width:
            drawn += (
                f'<rect class="{kind}" x="{place * _LONG:.1f}" y="0" '
                f'width="{width * _LONG:.1f}" height="10"/>'
            )
        place += width
    whole = f'<rect class="rest" width="{_LONG}" height="10"/>'
    return _svg("bar", f"0 0 {_LONG} 10", label, whole + drawn)


def matrix(shares: Sequence[Sequence[float]], label: str) -> str:
    """A square of squares, each the stronger the larger its share from 0 to 1; numbered from 1."""
    drawn = ""
    for row, values in enumerate(shares):
        middle = (row + 1.5) * _CELL - 0.5
        drawn += f'<text x="{_CELL / 2}" y="{middle}">{row + 1}</text>'
        drawn += f'<text x="{middle}" y="{_CELL / 2}">{row + 1}</text>'
        for column, value in enumerate(values):
            place = f'x="{(column + 1) * _CELL}" y="{(row + 1) * _CELL}" width="19" height="19"'
            drawn += f'<rect class="paper" {place}/>'
            if row != column:
                drawn += f'<rect class="own" {place} fill-opacity="{min(1.0, value) ** 0.5:.3f}"/>'
    side = (len(shares) + 1) * _CELL - 1
    width = f' style="max-width:{(len(shares) + 1) * _CELL_REM:.1f}rem"'
    return _svg("matrix", f"0 0 {side} {side}", label, drawn, shape=width)


def course(points: Sequence[tuple[int, int]], label: str) -> str:
    """A line through times and numbers, from zero to a little above the largest."""
    start, end = points[0][0], points[-1][0]
    top = max(value for _, value in points) * 1.1 or 1
    placed = [
        (
            (at - start) / (end - start) * _LONG if end > start else _LONG / 2,
            _TALL - value / top * _TALL,
        )
        for at, value in points
    ]
    if len(placed) == 1:
        placed = [(0.0, placed[0][1]), (float(_LONG), placed[0][1])]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
    area = f'<polygon class="area" points="0,{_TALL} {line} {_LONG},{_TALL}"/>'
    drawn = f'{area}<polyline class="line" points="{line}" vector-effect="non-scaling-stroke"/>'
    return _svg("course", f"0 0 {_LONG} {_TALL}", label, drawn)


def bars(rows: Sequence[tuple[str, int]], heading: str) -> str:
    """A bar for each labelled number, the longest as wide as the chart; `heading` is an id."""
    most = max((value for _, value in rows), default=0) or 1
    drawn = ""
    for place, (label, value) in enumerate(rows):
        y, width = place * _ROW, _WIDTH * value / most
        drawn += (
            f'<text x="0" y="{y + 16}">{_text(label)}</text>'
            f'<text x="{_WIDTH}" y="{y + 16}" text-anchor="end">{value:,}</text>'
            f'<rect class="made" x="0" y="{y + 23}" width="{width:.1f}" height="10" rx="2"/>'
        )
    return _worded(len(rows) * _ROW, heading, drawn)


def columns(
    pairs: Sequence[tuple[int, int]], heading: str, words: tuple[str, str, str, str]
) -> str:
    """Columns for pairs of numbers, the first up and the second down, all on one scale.

    `words` stand in the corners: above to the left and right, below to the left and right.
    """
    most = max((value for pair in pairs for value in pair), default=0) or 1
    step, middle = _WIDTH / max(1, len(pairs)), _LABELS + _HALF
    drawn = ""
    for place, (up, down) in enumerate(pairs):
        high, low = _HALF * up / most, _HALF * down / most
        at = f'x="{place * step:.1f}" width="{step * 0.7:.1f}"'
        drawn += f'<rect class="made" {at} y="{middle - high:.1f}" height="{high:.1f}"/>'
        drawn += f'<rect class="over" {at} y="{middle}" height="{low:.1f}"/>'
    drawn += f'<line x1="0" x2="{_WIDTH}" y1="{middle}" y2="{middle}"/>'
    for y, (left, right) in ((14, words[:2]), (2 * middle - 6, words[2:])):
        drawn += f'<text x="0" y="{y}">{_text(left)}</text>'
        drawn += f'<text x="{_WIDTH}" y="{y}" text-anchor="end">{_text(right)}</text>'
    return _worded(2 * middle, heading, drawn)


def _worded(height: int, heading: str, drawn: str) -> str:
    return (
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-labelledby="{heading}" focusable="false">{drawn}</svg>'
    )


def _text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def _svg(kind: str, box: str, label: str, drawn: str, *, shape: str = _STRETCHED) -> str:
    return (
        f'<svg class="{kind}" viewBox="{box}"{shape} role="img" aria-label="{_text(label)}" '
        f'focusable="false">{drawn}</svg>'
    )
