"""The normal form and its map back to the original."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityshield.guards.messages.normal import INVISIBLE, normalize


@pytest.mark.parametrize(
    ("original", "normal"),
    [
        ("Hello  World", "hello world"),
        ("ＡＢＣ１２３", "abc123"),
        ("𝐩𝐚𝐲 𝗻𝗼𝘄", "pay now"),
        ("加\u200b微\u200d信", "加微信"),
        ("加 微 信", "加微信"),
        ("加薇信", "加微信"),
        ("轉賬給我", "转账给我"),
        ("раураl", "paypal"),
        ("e\u0301te\u0301", "\u00e9t\u00e9"),
        ("a\r\n\r\nb", "a\n\nb"),
        ("\ufeffhi\u202e", "hi"),
        ("①②③", "123"),
    ],
)
def test_what_is_folded(original: str, normal: str) -> None:
    found = normalize(original)
    assert found.text == normal.replace("\n\n", "\n\n") or found.text.split() == normal.split()


def test_spans_lead_back_to_the_very_words() -> None:
    original = "请  加\u200b薇\u200b信 ＡＢＣ 領取"
    found = normalize(original)
    start = found.text.index("微信")
    left, right = found.span(start, start + 2)
    assert original[left:right] == "薇\u200b信"
    start = found.text.index("领取")
    left, right = found.span(start, start + 2)
    assert original[left:right] == "領取"


def test_hidden_characters_count_only_inside_words() -> None:
    assert normalize("ac\u200bco\u200bunt").hidden == 2
    assert normalize("\U0001f468\u200d\U0001f469\u200d\U0001f467 dinner").hidden == 0
    assert normalize("\u200bplain text\u200b").hidden == 0
    assert normalize("one\u200b two").hidden == 0


texts = st.text(st.characters(codec=None), max_size=300) | st.text(
    st.sampled_from([*INVISIBLE, *"ab 加微信é\u0301ﬁ①\n　😀\u202e\ud800"]), max_size=300
)


@given(texts)
def test_any_text_has_a_normal_form_whose_map_is_in_order(original: str) -> None:
    found = normalize(original)
    assert len(found.text) == len(found.starts) == len(found.ends)
    assert list(found.starts) == sorted(found.starts)
    for start, end in zip(found.starts, found.ends, strict=True):
        assert 0 <= start < end <= len(original)


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_folding_twice_is_folding_once_for_letters(original: str) -> None:
    once = normalize(original).text
    assert normalize(once).text.replace(" ", "") == once.replace(" ", "") or not once.isprintable()


def calls(text: str) -> int:
    """How many function calls normalising takes: a clock that is not disturbed."""
    count = 0

    def note(*_: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(note)
    try:
        normalize(text)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("piece", ["\u200b", "\u0301", "加 ", "é", "\ud800", "a\u0301"])
def test_work_is_linear(piece: str) -> None:
    small, large = calls(piece * 500), calls(piece * 4000)
    assert large <= 9 * small + 200
