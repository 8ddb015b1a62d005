"""What is shown of what was taken out: a version whole, a secret never."""

from __future__ import annotations

import pytest

from cityshield.guards.sites.templates.shown import MOST_EXTRACTS, shown


@pytest.mark.parametrize(
    ("value", "tags", "told"),
    [
        (b"2.4.1", ["tech"], ("2.4.1",)),
        (b"x" * 300, ["panel"], ("x" * 80,)),
        (b"\x1b[31mred\x00\n", ["tech"], ("[31mred",)),
        (b"\xff2", ["tech"], ("\ufffd2",)),
        (b"AKIAIOSFODNN7EXAMPLE", ["exposure", "token"], ("AKI… (20)",)),
        (b"AKIAIOSFODNN7EXAMPLE", [], ("AKI… (20)",)),
        (b"mayor@town.example", ["tech"], ("may… (18)",)),
        (b"call 13800138000", ["tech"], ("cal… (16)",)),
        (b"  ", ["tech"], ()),
    ],
)
def test_a_value_is_shown_or_masked(value: bytes, tags: list[str], told: tuple[str, ...]) -> None:
    assert shown([value], tags) == told


def test_only_a_few_different_values_are_shown() -> None:
    assert shown([b"1", b"1", b"2"], ["tech"]) == ("1", "2")
    assert len(shown([str(n).encode() for n in range(99)], ["tech"])) == MOST_EXTRACTS
