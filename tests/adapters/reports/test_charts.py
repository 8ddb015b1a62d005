"""Charts are as long and as high as the numbers say, and hold no markup of strangers."""

from __future__ import annotations

import re

from cityshield.adapters.reports.charts import bar, bars, columns

NASTY = '<script>&"'


def numbers(drawn: str, name: str, kind: str) -> list[float]:
    rects = re.findall(rf'<rect class="{kind}"[^>]*>', drawn)
    return [float(found[1]) for rect in rects if (found := re.search(rf' {name}="([^"]+)"', rect))]


def test_bars_are_as_long_as_their_numbers() -> None:
    drawn = bars([("a", 10), ("b", 5), ("c", 0)], "title")
    assert numbers(drawn, "width", "made") == [340, 170, 0]
    assert 'aria-labelledby="title"' in drawn
    assert numbers(bars([("a", 0)], "t"), "width", "made") == [0]
    assert 'viewBox="0 0 340 0"' in bars([], "t")


def test_columns_stand_on_one_line_and_one_scale() -> None:
    drawn = columns([(4, 0), (0, 2)], "weeks", ("up", "most", "down", "time"))
    (y, _), (height, _) = numbers(drawn, "y", "made"), numbers(drawn, "height", "made")
    middle = float(re.search(r'<line [^>]*y1="(\d+)"', drawn)[1])  # type: ignore[index]
    assert y + height == middle
    assert numbers(drawn, "height", "over")[1] == height / 2
    assert numbers(columns([(0, 0)], "t", ("",) * 4), "height", "made") == [0]  # type: ignore[arg-type]


def test_words_of_strangers_are_no_markup() -> None:
    for drawn in (bars([(NASTY, 1)], "t"), bar([(0.5, "own")], NASTY)):
        assert "<script>" not in drawn


def test_a_bar_never_leaves_its_frame() -> None:
    assert numbers(bar([(0.7, "own"), (0.7, "own")], ""), "width", "own") == [700, 300]
