"""Expressions: read by a parser of our own, and nothing else."""

from __future__ import annotations

import time

import pytest

from cityshield.guards.sites.templates.conditions import computed, truth
from cityshield.guards.sites.templates.expression import names_in, read_expression
from cityshield.guards.sites.templates.functions import Value, Wrong
from cityshield.guards.sites.templates.model import Refused
from cityshield.guards.sites.templates.view import View

VIEW = {
    "body": b"<title>Parcel</title>", "status_code": 200, "header": b"Server: nginx",
    "flag": True, "version": b"1.4.2", "n": 1.5,
}  # fmt: skip


@pytest.mark.parametrize(
    ("source", "is_true"),
    [
        ("status_code == 200", True),
        ("200 == status_code && !flag", False),
        ("status_code != 200 || flag", True),
        ("flag", True),
        ("!!flag", True),
        ("body", False),
        ("absent == 1", False),
        ("absent != 1", False),
        ("!absent", False),
        ("status_code == '200'", False),
        ("status_code != '200'", True),
        ("status_code >= 200 && status_code < 300", True),
        ("n > 1 && n <= 1.5", True),
        ("'b' > 'a'", True),
        ("'a' > 1", False),
        ("flag < true", False),
        ("(status_code == 404 || status_code == 200) && flag", True),
        ("false && absent", False),
        ("true || absent", True),
        ("flag && absent", False),
        ("len(body) == 21", True),
        ("len('a' + 'b' + 3) == 3", True),
        ("1 + 2 == 3", True),
        ("true + 1 == 2", False),
        ("contains(body, 'Parcel')", True),
        ('contains(to_lower(body), "parcel")', True),
        ("contains_any(body, 'x', 'itl')", True),
        ("contains_all(body, 'x', 'itl')", False),
        ("starts_with(body, 'x', '<title')", True),
        (r"contains('it\'s', 'it\'s')", True),
        (r"'\n' == 'n'", True),
        (r"regex('Par\\w+<', body)", True),
        ("regex('parcel', body)", False),
        ("regex('(?i)parcel', body)", True),
        ("compare_versions(version, '>= 1.4', '< 1.5')", True),
        ("tostring(status_code) == '200' && to_string(flag) == 'true'", True),
        ("\"-1074499\" == mmh3(base64_py('icon')) || true", True),
    ],
)
def test_an_expression_is_true_or_not(source: str, is_true: bool) -> None:
    assert truth(read_expression(source))(View(VIEW)) is is_true


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("", "expression"), ("body ==", "expression"), ("(body", "expression"),
        ("contains(body, 'x'", "expression"), ("'open", "expression"), ("a b", "expression"),
        ("body == `x`", "expression"), ("len()", "expression"), ("len(1, 2)", "expression"),
        ("regex(body, 'x')", "expression"), ("regex('x')", "expression"),
        ("body; import os", "expression"), ("__import__('os')", "function"),
        ("body.upper()", "expression"), ("wait_for(10)", "function"), ("a =~ 'x'", "expression"),
        ("(" * 40 + "1" + ")" * 40, "too-large"), ("1 + " * 9_000 + "1", "too-large"),
    ],
)  # fmt: skip
def test_what_is_no_expression_is_refused(source: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        read_expression(source)
    assert refused.value.reason == reason


def test_a_long_expression_is_read_in_time() -> None:
    source = "||".join(["contains(body,'x')"] * 900)
    began = time.process_time()
    node = read_expression(source)
    assert names_in(node) == {"body"}
    assert truth(node)(View({"body": b"y" * 100_000})) is False
    assert time.process_time() - began < 2


def test_many_signs_in_a_row_are_no_deep_recursion() -> None:
    assert truth(read_expression("!" * 5_000 + "true"))(View({})) is True


@pytest.mark.parametrize("source", ["absent", "'a' < 1", "!'a'", "base64_decode('%')", "1 && true"])
def test_what_has_no_value_says_so(source: str) -> None:
    with pytest.raises(Wrong):
        computed(read_expression(source))(View({}))


def test_what_expressions_share_is_computed_once() -> None:
    view = View({"body": b"icon"})
    first: Value = computed(read_expression("mmh3(base64_py(body))"))(view)
    view._values["body"] = b"other"  # what is kept is not looked up again
    assert computed(read_expression("mmh3(base64_py(body))"))(view) == first
