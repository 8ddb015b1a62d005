"""What a person typed, read as a target."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityshield.desks.decisions.target import is_name, read_target
from cityshield.guards.links.suffixes import Suffixes
from cityshield.ports.zone import STATE_NAME
from cityshield.vocabulary.decision import DOMAIN, HOST, URL, Target
from cityshield.vocabulary.errors import InputError

SUFFIXES = Suffixes()


@pytest.mark.parametrize(
    ("text", "scope", "target"),
    [
        ("parcel-desk.example", "", Target(HOST, "parcel-desk.example")),
        ("HTTP://Parcel-Desk.example/", "", Target(HOST, "parcel-desk.example")),
        ("hxxp://parcel-desk[.]example", "", Target(HOST, "parcel-desk.example")),
        ("例子.example", "", Target(HOST, "xn--fsqu00a.example")),
        ("https://a.example/x/../y?z=1#f", "", Target(URL, "a.example/y?z=1")),
        ("a.example", URL, Target(URL, "a.example/")),
        ("http://192.0.2.1/pay", "", Target(URL, "192.0.2.1/pay")),
        ("shop.a.example", DOMAIN, Target(DOMAIN, "shop.a.example")),
    ],
)
def test_a_link_or_a_name_is_read(text: str, scope: str, target: Target) -> None:
    assert read_target(text, SUFFIXES, scope) == target


@pytest.mark.parametrize(
    ("text", "scope", "sentence"),
    [
        ("mailto:a@b.example", "", "error-target"),
        ("", "", "error-target"),
        ("https://a.example/x", HOST, "error-target-path"),
        ("192.0.2.1", "", "error-target-name"),
        ("localhost", "", "error-target-name"),
        ("co.uk", DOMAIN, "error-target-suffix"),
        ("github.io", DOMAIN, "error-target-suffix"),
        ("massivegrid.com", DOMAIN, "error-target-suffix"),
        (STATE_NAME, "", "error-target-name"),
        ("32.1.2.0.192.rpz-ip", "", "error-target-name"),
        ("*.a.example", "", "error-target-name"),
        (f"{'a' * 64}.example", "", "error-target-name"),
        (f"{'a.' * 110}example", "", "error-target-name"),
        ("a b.example", "", "error-target-name"),
    ],
)
def test_what_cannot_be_a_target_is_refused_with_a_remedy(
    text: str, scope: str, sentence: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_target(text, SUFFIXES, scope)
    assert caught.value.sentence == sentence


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        target = read_target(text, SUFFIXES)
    except InputError:
        return
    assert target.scope == URL or is_name(target.value)
    assert "\n" not in target.value
    assert " " not in target.value
