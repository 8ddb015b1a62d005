"""Numbers with a checksum are found, told apart from order numbers, and never kept whole."""

from __future__ import annotations

import pytest

from cityshield.guards.sites.personal import find_personal

# Not anybody's: the sequence 000 is not given out, and the cards are padded with zeros.
IDENTITY = "110101190001010006"
CARD = "6200000000000001354"


@pytest.mark.parametrize("text", [IDENTITY, f"身份证：{IDENTITY}，姓名", f"({IDENTITY})"])
def test_numbers_of_identity_cards(text: str) -> None:
    assert find_personal(text) == (("id-card", "110*************06"),)


@pytest.mark.parametrize(
    "text",
    [
        IDENTITY[:-1] + "5",  # checksum
        "110101190013010003",  # month 13
        "990101190001010006",  # no such province
        f"a{IDENTITY}",
        f"{IDENTITY}1",
        f"0.{IDENTITY}",
    ],
)
def test_other_long_numbers_are_not(text: str) -> None:
    assert find_personal(text) == ()


def test_cards_need_a_word_beside_them() -> None:
    assert find_personal(f"银行卡号：{CARD}") == (("bank-card", "620**************54"),)
    assert find_personal("Card 6200 0000 0000 0001 354") == (("bank-card", "620**************54"),)
    assert find_personal(f"Order {CARD}") == ()
    assert find_personal(f"card {CARD[:-1]}5") == ()
    assert find_personal("card " + "6" * 16) == ()


def test_what_is_kept_never_holds_the_number() -> None:
    kept = repr(find_personal(f"{IDENTITY} card {CARD}"))
    assert IDENTITY[3:-2] not in kept
    assert CARD[3:-2] not in kept


def test_a_flood_is_cut() -> None:
    assert len(find_personal(f"{IDENTITY} " * 10_000)) == 1
