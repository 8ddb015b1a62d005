"""Whatever a file holds, it is a template or refused; whatever an answer holds, it has an end."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityshield.guards.sites.templates.engine import Engine
from cityshield.guards.sites.templates.model import Refused, Template
from cityshield.guards.sites.templates.reading import read_template
from tests.guards.sites.templates.written import seen, written

FULL = written(
    "host-redirects: true\nmatchers-condition: and\nmatchers:\n  - type: word\n    part: header\n"
    "    words: [Parcel, Box]\n    condition: and\n    case-insensitive: true\n"
    "  - type: status\n    status: [200]\n    negative: true\n  - type: size\n    size: [12]\n"
    "  - type: regex\n    regex: ['v([0-9.]+)|x{2,3}', '[a-z]+?']\n"
    "  - type: dsl\n    dsl: ['len(body) > 1 && !contains(body, \"x\")', 'mmh3(body) == \"1\"']\n"
    "extractors:\n  - type: regex\n    group: 1\n    regex: ['v([0-9.]+)']\n"
)
PIECES = [b"[", b"]", b"{", b"}", b":", b"\n", b"  ", b"'", b'"', b"*a", b"&a", b"!!x ", b"- ", b"0",
          b"\x00", b"\xff", b"(", b")", b"|", b"{{x}}", b"\\", b"GET", b"null", b"9" * 30]  # fmt: skip


def changed(dice: random.Random) -> bytes:
    data = bytearray(FULL)
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(data))
        kind = dice.random()
        if kind < 0.4:
            data[at : at + dice.randint(0, 8)] = dice.choice(PIECES)
        elif kind < 0.7:
            del data[at : at + dice.randint(1, 40)]
        else:
            start = dice.randrange(len(data))
            data[at:at] = data[start : start + dice.randint(1, 60)]
    return bytes(data)


@pytest.mark.parametrize("seed", range(4))
def test_a_changed_file_is_a_template_or_refused(seed: int) -> None:
    dice = random.Random(seed)
    taken: list[Template] = []
    for _ in range(400):
        try:
            taken.append(read_template(changed(dice)))
        except Refused as refused:
            assert refused.reason
            assert refused.detail.isprintable()
    assert taken
    for each in taken:
        for body in (b"", b"v1.2 Parcel", b"\xff" * 99):
            Engine([each]).match(seen(body))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(Refused):
        read_template(data)


ENGINE = Engine([read_template(FULL)])


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=400), st.integers(-1, 99_999),
    st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), max_size=6),
)  # fmt: skip
def test_any_answer_has_an_outcome(
    body: bytes, status: int, headers: list[tuple[str, str]]
) -> None:
    assert not ENGINE.match(seen(body, status, headers=tuple(headers))).is_cut
