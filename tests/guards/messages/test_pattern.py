"""The pattern language of tells."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityshield.guards.messages.pattern import ENTITIES, Match, Patterns, compile_patterns, parse
from cityshield.vocabulary.errors import ConfigurationError
from tests.guards.messages.support import normalize, word


def find(patterns: dict[str, list[str]], text: str) -> dict[str, list[Match]]:
    return Patterns(compile_patterns(patterns, word)).find(text)


def found(pattern: str, text: str) -> list[str]:
    """The words that a pattern marks in a text, slot by slot, of its first match."""
    normal = normalize(text).text
    matches = find({"it": [pattern]}, normal).get("it", [])
    return [normal[start:end] for start, end in matches[0].slots] if matches else []


@pytest.mark.parametrize(
    ("pattern", "text", "marks"),
    [
        ("安全账户", "请转到安全账户", ["安全账户"]),
        ("(先|提前) .. (交|付) .. 保证金", "先交500元保证金", ["先", "交", "保证金"]),
        ("先 .. 保证金", "先看看。保证金以后再说", []),
        ("先 ... 保证金", "先看看。保证金以后再说", ["先", "保证金"]),
        ("先 .. 保证金", "先" + "看" * 13 + "保证金", []),
        ("gift card", "Buy a Gift  Card now", ["gift", "card"]),
        ("gift card", "gift, card", ["gift", "card"]),
        ("gift card", "gift of a card", []),
        ("card", "creditcard", []),
        ("card", "cardboard", []),
        ("card*", "cardboard", ["card"]),
        ("card", "card!", ["card"]),
        ("微信", "加微信abc", ["微信"]),
        ("(send|pay) .. <money>", "please pay $500 today", ["pay", "$500"]),
        ("(转|付) .. <money>", "马上付500元", ["付", "500元"]),
        ("<link> .. now", "see https://a.example/x now", ["https://a.example/x", "now"]),
        ("code .. <number>", "code is 483920", ["code", "483920"]),
        ("code .. <number>", "code is 12", []),
        ("轉賬", "转账", ["转账"]),
    ],
)
def test_what_matches(pattern: str, text: str, marks: list[str]) -> None:
    assert found(pattern, text) == marks


@pytest.mark.parametrize("wrong", ["", "..", "(", "a )", "<thing>", "(a|b", "   "])
def test_a_wrong_pattern_is_named(wrong: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(wrong, word)
    assert caught.value.args_for_sentence["pattern"] == wrong


def test_any_alternative_of_a_name_matches() -> None:
    patterns = {"pay": ["send money", "转账"], "code": ["验证码"]}
    assert set(find(patterns, "验证码 转账")) == {"pay", "code"}
    assert find(patterns, "nothing of the kind") == {}


words = st.sampled_from(["先", "交", "保证金", "pay", "now", "$50", "。", " ", "https://a.example"])


@given(st.lists(words, max_size=40).map("".join))
def test_every_match_is_in_order_and_in_the_text(text: str) -> None:
    normal = normalize(text).text
    patterns = {"a": ["先 ... 交 .. 保证金"], "b": ["pay .. <money>"], "c": ["<link>"]}
    for matches in find(patterns, normal).values():
        for match in matches:
            last = 0
            for start, end in match.slots:
                assert last <= start < end <= len(normal)
                last = end


@pytest.mark.parametrize("name", ENTITIES)
@pytest.mark.parametrize("piece", ["1", "1 ", "a.", "$", "http://a.", "一", "+1-", "1,"])
def test_shapes_are_found_in_linear_time(name: str, piece: str) -> None:
    shape = re.compile(ENTITIES[name])

    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        started = time.process_time()
        for _ in shape.finditer(text):
            pass
        return time.process_time() - started

    seconds(1000)
    small = min(seconds(20_000) for _ in range(3))
    large = min(seconds(160_000) for _ in range(3))
    assert large <= 24 * small + 0.05
