"""What a condition needs: whatever a pattern finds holds the literals of some way."""

from __future__ import annotations

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from cityshield.guards.sites.templates.conditions import pattern
from cityshield.guards.sites.templates.expression import read_expression
from cityshield.guards.sites.templates.needs import (
    ALWAYS,
    Need,
    all_of,
    any_of,
    of_expression,
    of_pattern,
)
from cityshield.guards.sites.templates.view import TEXTS


def words(need: Need) -> set[tuple[str, ...]]:
    return {tuple(sorted(word.decode() for word in way)) for way in need}


@pytest.mark.parametrize(
    ("source", "ways"),
    [
        ("Parcel Panel", {("parcel panel",)}),
        ("parcel.*panel", {("panel", "parcel")}),
        ("parcels?panel", {("parcelpanel",), ("parcelspanel",)}),
        ("parce(l|n)x", {("parce",)}),
        ("parcel+panel", {("panel", "parcel")}),
        ("ba+?c", {()}),
        ("parcel{2}", {("parcel",)}),
        ("parcel{0,2}x", {("parce",)}),
        ("parcel{x}", {("parcel{x}",)}),
        ("(?i)PARCEL|panel", {("parcel",), ("panel",)}),
        ("parcel|.", {()}),
        ("(parcel|panel)box", {("box", "parcel"), ("box", "panel")}),
        ("(parcel)?box", {("box",)}),
        ("(?:parcel)+", {("parcel",)}),
        ("(?P<name>parcel)", {("parcel",)}),
        ("api[_-]?key", {("apikey",), ("api_key",), ("api-key",)}),
        ("[Pp]arcel[.]js", {("parcel.js",)}),
        ("(p|P)arcel", {("parcel",)}),
        ("[^p]arcel", {("arcel",)}),
        ("[]a]parcel", {("parcel",)}),
        ("[[:alpha:]]parcel", {("parcel",)}),
        (r"\bparcel\b\.js", {("parcel.js",)}),
        (r"par\dcel\w+box", {("box", "cel", "par")}),
        (r"\x70arcel", {("parcel",)}),
        (r"\pLparcel", {()}),
        (r"\Qparcel\E", {()}),
        (r"parcel\x{70}", {()}),
        ("^parcel$", {("parcel",)}),
        ("aaaa", {()}),
        ("ab", {()}),
        ("", {()}),
        ("(", {()}),
        ("(?i)包裹单", {()}),
        ("包裹单", {("包裹单",)}),
    ],
)
def test_the_need_of_a_pattern(source: str, ways: set[tuple[str, ...]]) -> None:
    assert words(of_pattern(source.encode())) == ways


PATTERNS = (
    r"(?i)[\"']?npm[_-]?api[_-]?key[\"']?[^\S\r\n]*[=:][\w-]+",
    r"ab?c+d*e{2,3}(fgh|ij(k|lm)?)[n-p]{1,2}(?:qrs)?tuv",
    r"(?i)version:?\s+v?([0-9.]+)|ver(sion)?=\d",
    r"<title>(Login|Sign[ -]in) [|] Parcel</title>",
    r"[Pp](a|A)rcel(-|_)?(panel|box)s??\s*=\s*(true|1)",
    r"x{0}parcel(y{0,2}z){1,}",
)


@pytest.mark.parametrize("source", PATTERNS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_a_pattern_finds_has_what_it_needs(source: str, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(source.encode())).lower()
    need = of_pattern(source.encode())
    assert any(all(word in text for word in way) for way in need)


ATOMS = st.sampled_from(
    ["par", "cel", "x", ".", r"\d", "[ab]", "[^c]", "(de|fgh)", "(?:ij)", "[k-m]"]
)
TIMES = st.sampled_from(["", "", "?", "*", "+", "??", "+?", "{2}", "{0,1}", "{1,}"])


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(ATOMS, TIMES), min_size=1, max_size=6),
    st.text("parcelxdfghijkm019b", max_size=40),
    st.data(),
)
def test_no_way_is_forgotten(
    pieces: list[tuple[str, str]], noise: str, data: st.DataObject
) -> None:
    source = "".join(atom + times for atom, times in pieces)
    drawn = data.draw(st.from_regex(source.encode()))
    for text in (drawn, noise.encode()):
        if re2.search(source.encode(), text):
            need = of_pattern(source.encode())
            assert any(all(word in text.lower() for word in way) for way in need)


@pytest.mark.parametrize(
    ("source", "ways"),
    [
        ("contains(body, 'Parcel')", {("parcel",)}),
        ("contains(to_lower(all_headers), 'parcel')", {("parcel",)}),
        ("contains_all(body, 'parcel', 'panel')", {("panel", "parcel")}),
        ("contains_any(body, 'parcel', 'panel')", {("panel",), ("parcel",)}),
        ("contains_any(body, 'parcel', other)", {()}),
        ("status_code == 200 && contains(body, 'parcel')", {("parcel",)}),
        ("status_code == 200 || contains(body, 'parcel')", {()}),
        ("!contains(body, 'parcel')", {()}),
        ("contains(replace(body, 'x', ''), 'parcel')", {()}),
        ("contains(server, 'parcel')", {()}),
        ("regex('parcel', response)", {("parcel",)}),
        ("len(body) == 3", {()}),
    ],
)
def test_the_need_of_an_expression(source: str, ways: set[tuple[str, ...]]) -> None:
    assert words(of_expression(read_expression(source), TEXTS)) == ways


def test_needs_are_joined_within_bounds() -> None:
    many = [frozenset({f"word{n}".encode()}) for n in range(40)]
    one = [frozenset({b"parcel"})]
    assert any_of([many, ALWAYS]) == ALWAYS
    assert any_of([]) == ALWAYS
    assert len(all_of([many, one])) == 40
    assert all_of([many, many[:2]]) == many[:2]
    assert list(all_of([ALWAYS, ALWAYS])) == list(ALWAYS)


def test_a_deep_pattern_is_not_followed() -> None:
    assert of_pattern(b"(" * 200 + b"parcel" + b")" * 200) == ALWAYS
    assert pattern(b"(" * 200 + b"parcel" + b")" * 200).search(b"parcel")
