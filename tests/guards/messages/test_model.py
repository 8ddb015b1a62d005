"""What a sender can't do to the model: thin a message out, or look ordinary by saying little."""

from __future__ import annotations

import pytest

from cityshield.guards.messages.features import tokenize
from cityshield.guards.messages.reader import SUSPICIOUS
from cityshield.vocabulary.verdict import BENIGN
from tests.guards.messages.support import reader

ZH = "你涉嫌洗钱，请把存款转到国家安全账户接受资金清查，不要告诉家人"
EN = "This is the fraud team. Move your savings to the safe account now and tell nobody."


@pytest.mark.parametrize("text", [ZH, EN])
@pytest.mark.parametrize(
    "letter", ["啊", "!", "a ", "哈", "1 ", "啊哦", "啊\n", "哈嘿哟", "?! ", "12 ab "]
)
def test_a_letter_held_down_hides_nothing(text: str, letter: str) -> None:
    assert reader().read(text).score >= SUSPICIOUS
    assert reader().read(text + letter * 3000).score >= SUSPICIOUS
    assert reader().read(letter * 3000 + text).score >= SUSPICIOUS


def test_of_a_repeated_token_three_are_kept_and_cover_the_rest() -> None:
    tokens = tokenize("哈哈哈哈哈哈好", [])
    assert len(tokens.hashes) == 2 + 4
    assert (tokens.starts[3], tokens.ends[3]) == (2, 6)
    assert tokens.words == 4


@pytest.mark.parametrize("text", ["你好", "在吗", "hi mum", "好的收到", "ok thanks bye"])
def test_what_says_too_little_is_not_called_ordinary(text: str) -> None:
    assert reader().read(text).level != BENIGN
