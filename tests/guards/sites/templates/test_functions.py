"""The functions of expressions, against values that are known."""

from __future__ import annotations

import pytest

from cityshield.guards.sites.templates import functions
from cityshield.guards.sites.templates.functions import FUNCTIONS, LARGEST, Value, Wrong


@pytest.mark.parametrize(
    ("name", "args", "value"),
    [
        ("mmh3", [b""], b"0"),
        ("mmh3", [b"foo"], b"-156908512"),
        ("mmh3", [b"hello world"], b"1586663183"),
        ("base64py", [b"a" * 60], b"YWFh" * 19 + b"\n" + b"YWFh\n"),
        ("base64decode", [b"cGFyY2Vs"], b"parcel"),
        ("md5", [b"parcel"], b"9a4b3ce7d2f4a0ec1c16a3f3a9f6a1a4"),
        ("sha1", [b""], b"da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("hexencode", [b"\x00A"], b"0041"),
        ("urldecode", [b"a%20b+c%zz%C3%A9"], "a b c%zzé".encode()),
        ("jsonminify", [b'{ "a" : [1, 2] }'], b'{"a":[1,2]}'),
        ("replace", [b"aXbX", b"X", b"-"], b"a-b-"),
        ("concat", [b"a", 1, True, 1.5], b"a1true1.5"),
        ("trimspace", [b" \n a \t"], b"a"),
        ("toupper", ["é".encode() + b"a"], "é".encode() + b"A"),
        ("tolower", [b"A"], b"a"),
        ("len", ["é".encode()], 2),
        ("contains", [b"abc", b""], True),
        ("containsall", [b"abc", b"a", b"c"], True),
        ("containsany", [b"abc", b"x"], False),
        ("startswith", [b"abc", b"x", b"ab"], True),
        ("tostring", [2.0], b"2"),
    ],
)
def test_a_function_has_its_value(name: str, args: list[Value], value: Value) -> None:
    if name == "md5":
        import hashlib

        value = hashlib.md5(b"parcel").hexdigest().encode()
    assert FUNCTIONS[name][0](*args) == value


@pytest.mark.parametrize(
    ("version", "constraints", "holds"),
    [
        (b"1.2.3", [b">= 1.2", b"< 1.3"], True),
        (b"v1.2", [b"= 1.2.0"], True),
        (b"1.2", [b"1.2.0"], True),
        (b"1.10", [b"> 1.9"], True),
        (b"1.2.0-rc1", [b"< 1.2"], True),
        (b"1.2", [b"!= 1.2"], False),
        (b"1.2", [b"> 1.0, < 1.2"], False),
        (b"1.2", [b"<= 1.2"], True),
        (b"1.9", [b"~> 1.2"], True),
        (b"2.0", [b"~> 1.2"], False),
    ],
)
def test_versions_keep_to_constraints(
    version: bytes, constraints: list[Value], holds: bool
) -> None:
    assert functions.compare_versions(version, *constraints) is holds


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("compareversions", [b"latest", b"< 1"]),
        ("compareversions", [b"1", b"about 2"]),
        ("base64decode", [b"!"]),
        ("jsonminify", [b"{"]),
        ("jsonminify", [b"[" * 100_000]),
        ("replace", [b"a" * 2000, b"a", b"b" * 2000]),
        ("concat", [b"a" * LARGEST, b"b"]),
        ("hexencode", [b"a" * LARGEST]),
        ("base64py", [b"a" * LARGEST]),
        ("mmh3", [b"a" * LARGEST]),
        ("mmh3", [b"PCFET0NUWVBF"]),
    ],
)
def test_what_is_wrong_or_too_much_has_no_value(name: str, args: list[Value]) -> None:
    with pytest.raises(Wrong):
        FUNCTIONS[name][0](*args)


def test_all_that_the_corpus_uses_is_there() -> None:
    used = """contains mmh3 base64_py contains_all compare_versions concat tolower contains_any
    to_lower len md5 hex_encode replace toupper sha1 startswith base64_decode tostring trim_space
    json_minify urldecode"""
    assert {name.replace("_", "") for name in used.split()} <= FUNCTIONS.keys()
