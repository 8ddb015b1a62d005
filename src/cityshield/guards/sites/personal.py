"""Personal data with a checksum on a page, of which only a masked proof leaves this module."""

from __future__ import annotations

import re

import re2

ID_CARD = "id-card"
BANK_CARD = "bank-card"

_MOST = 20
_NEAR = 60
_PROVINCES = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
        "91",
    ]
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_ID = re.compile(r"(?<![\dA-Za-z.])[1-9]\d{5}(?:19|20)\d{2}[01]\d[0-3]\d{4}[\dXx](?![\dA-Za-z])")
_CARD = re.compile(r"(?<![\d.-])(?:62|4\d|5[1-5])\d{2}(?:[ -]?\d{4}){3}(?:[ -]?\d{3})?(?![\d-])")
_MANY_DIGITS = re2.compile(r"(?:[0-9０-９]{4}[ -]?){2}[0-9０-９]{4}")
"""What no such number is without; RE2 finds out in a tenth of the time that most pages take."""
_WORDS = ("卡号", "银行卡", "账号", "帐号", "账户", "帐户", "card", "account", "iban", "bank")


def find_personal(text: str) -> tuple[tuple[str, str], ...]:
    """Kind and masked value of each number with a right checksum, the first few.

    Numbers of the identity card by GB 11643: region, day of birth, and ISO 7064 MOD 11-2. Numbers
    of bank cards by Luhn (ISO/IEC 7812-1), where a word for such a number stands before them: one
    of ten numbers of that length is right by chance.
    """
    found: dict[tuple[str, str], None] = {}
    if _MANY_DIGITS.search(text.encode("utf-8", "replace")) is None:
        return ()
    for each in _ID.finditer(text):
        number = each[0].upper()
        if is_id_number(number):
            found[ID_CARD, mask(number)] = None
        if len(found) >= _MOST:
            return tuple(found)
    for each in _CARD.finditer(text):
        before = text[max(0, each.start() - _NEAR) : each.start()].lower()
        number = each[0].replace(" ", "").replace("-", "")
        if is_card_number(number) and any(word in before for word in _WORDS):
            found[BANK_CARD, mask(number)] = None
        if len(found) >= _MOST:
            break
    return tuple(found)


def is_id_number(number: str) -> bool:
    """Whether 18 characters are a number of the identity card by region, day and checksum."""
    month, day = int(number[10:12]), int(number[12:14])
    if number[:2] not in _PROVINCES or not 1 <= month <= 12 or not 1 <= day <= _DAYS[month - 1]:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return number[17] == _CHECKS[total % 11]


def is_card_number(digits: str) -> bool:
    """Whether the digits have a right checksum by Luhn and are not all alike."""
    if len(set(digits)) < 4:
        return False
    doubled = [int(digit) * 2 for digit in digits[-2::-2]]
    total = sum(int(digit) for digit in digits[-1::-2]) + sum(
        n - 9 if n > 9 else n for n in doubled
    )
    return total % 10 == 0


def mask_ids(text: str) -> str:
    """A text in which numbers of the identity card are masked."""
    return _ID.sub(
        lambda found: mask(found[0]) if is_id_number(found[0].upper()) else found[0], text
    )


def mask(number: str) -> str:
    """The first three and the last two characters, so that the owner finds it and nobody else."""
    return f"{number[:3]}{'*' * (len(number) - 5)}{number[-2:]}"
