"""Links inside a message."""

from __future__ import annotations

import pytest

from cityshield.guards.messages.gather import MAX_CHARACTERS, MAX_LINKS, find_links
from cityshield.shield import Shield, complete
from cityshield.vocabulary.subject import Subject
from cityshield.vocabulary.verdict import SUSPICIOUS, UNKNOWN


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://a.example/x?y=1.", ["https://a.example/x?y=1"]),
        ("点击https://a.example/x，领取", ["https://a.example/x"]),
        ("go to bank.example/login now", ["bank.example/login"]),
        ("hxxps://a[.]example/x", ["hxxps://a[.]example/x"]),
        ("two: a.example, b.example!", ["a.example", "b.example"]),
        ("the same a.example a.example", ["a.example"]),
        ("mail me at me@a.example", []),
        ("ends.Next sentence e.g. this, 3.14 and v1.2.3", []),
        ("no dots at all", []),
    ],
)
def test_what_is_a_link(text: str, links: list[str]) -> None:
    assert find_links(text) == links


def test_a_bad_link_makes_the_message_suspicious(shield: Shield) -> None:
    verdict = complete(shield.check(Subject("message", "see https://paypal-login.example.test/")))
    assert verdict.level == SUSPICIOUS
    assert [part.subject.kind for part in verdict.parts] == ["link"]


def test_links_above_the_limit_are_counted(shield: Shield) -> None:
    text = " ".join(f"h{n}.example" for n in range(MAX_LINKS + 50))
    verdict = complete(shield.check(Subject("message", text)))
    assert len(verdict.parts) == MAX_LINKS
    assert [(item.reason, item.count) for item in verdict.failed] == [("too-many", 50)]
    assert verdict.coverage == pytest.approx(MAX_LINKS / (MAX_LINKS + 50), abs=1e-4)


def test_a_long_text_is_read_in_part_and_says_so(shield: Shield) -> None:
    verdict = complete(shield.check(Subject("message", "好" * (4 * MAX_CHARACTERS))))
    assert verdict.level == UNKNOWN
    assert verdict.coverage == 0.25
    assert verdict.failed[0].reason == "too-long"
