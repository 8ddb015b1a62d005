"""YAML from a stranger: bounded, and every refusal names a line."""

from __future__ import annotations

import time

import pytest

from cityshield.guards.sites.templates.model import Refused
from cityshield.guards.sites.templates.tree import LARGEST_BYTES, read_tree


def test_scalars_stay_the_text_that_was_written() -> None:
    tree = read_tree(b"id: 0123\nyes: true\nnone: ~\nempty:\nquoted: '~'\nlist: [1, 0x10, '']\n")
    assert tree == {
        "id": "0123", "yes": "true", "none": None, "empty": None, "quoted": "~",
        "list": ["1", "0x10", ""],
    }  # fmt: skip
    assert (tree.line, tree.line_of("list"), tree.line_of("absent")) == (1, 6, 1)


@pytest.mark.parametrize(
    ("data", "reason", "line"),
    [
        (b"a: [1\nb: 2\n", "yaml", 2),
        (b"a: 1\nb: *x\n", "alias", 2),
        (b"a: &x 1\n", "alias", 1),
        (b"a: &x [1]\nb: *x\n", "alias", 1),
        (b"a: 1\na: 2\n", "yaml", 2),
        (b"a: 1\n[b]: 2\n", "yaml", 2),
        (b"a: !!python/object/apply:os.system ['true']\n", "yaml", 1),
        (b"a: !!binary aGk=\n", "yaml", 1),
        (b"- a\n", "yaml", 1),
        (b"", "yaml", 1),
        (b"a: 1\n---\nb: 2\n", "yaml", 1),
        (b"a: 1\nb: \xff\n", "yaml", 2),
        (b"a: \x00\n", "yaml", 0),
        (b"a: " + b"x" * LARGEST_BYTES, "too-large", 0),
        (b"a: " + b"[" * 200 + b"]" * 200, "too-large", 1),
        (b"a: " + b"[" * 100_000, "too-large", 1),
        (b"a: [" + b"1," * 200_000 + b"1]", "too-large", 1),
    ],
)
def test_what_is_not_taken_is_named_with_its_line(data: bytes, reason: str, line: int) -> None:
    began = time.process_time()
    with pytest.raises(Refused) as refused:
        read_tree(data)
    assert refused.value.reason == reason
    if line:
        assert refused.value.line == line
    assert time.process_time() - began < 5


def test_a_bomb_of_aliases_is_not_unfolded() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    began = time.process_time()
    with pytest.raises(Refused, match="alias"):
        read_tree("\n".join(lines).encode())
    assert time.process_time() - began < 1
