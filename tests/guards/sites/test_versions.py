"""Versions compare as their makers mean them, and ranges of CVE records hold what they say."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityshield.guards.sites.versions import branches_of, key_of, read_range


@pytest.mark.parametrize(
    "versions",
    [
        ("1.9", "1.22", "1.22.1", "1.100"),
        ("1.0.2", "1.0.2a", "1.0.2k", "1.0.2z", "1.0.2za", "1.1.0", "1.1.1-pre1", "1.1.1", "3.0.0"),
        ("9.0.0.M1", "9.0.0.M11", "9.0.0", "9.0.1", "10.0.0-M1", "10.0.0"),
        ("6.2-alpha", "6.2-beta1", "6.2-beta3", "6.2-RC2", "6.2", "6.2.1"),
        ("5.7", "5.7-SP1", "5.7-SP2", "5.8"),
        ("2020-07-29", "2022-07-31", "2022-07-31a", "2022-07-31b", "2023-04-04"),
        ("1.41.0-wmf.30", "1.41.0-rc.0", "1.41.0"),
        ("4.2.0-dev", "4.2.0-alpha1", "4.2.0", "4.2.1"),
        ("X3.2", "X3.4", "X3.5"),
        ("8.3p1", "8.4"),
    ],
)
def test_newer_is_greater(versions: tuple[str, ...]) -> None:
    for older, newer in pairwise(map(key_of, versions)):
        assert older < newer


def test_the_same_version_is_written_in_many_ways() -> None:
    assert key_of("8.0") == key_of("8.0.0") == key_of("v8") == key_of("8.0.0 ")
    assert key_of("1.2.0-rc1") == key_of("1.2-RC1")
    assert key_of("") == key_of("unknown") == key_of("-") == ()


@pytest.mark.parametrize(
    ("entry", "inside", "outside"),
    [
        (("8.1.*", "8.1.29"), ("8.1.0", "8.1.28"), ("8.0.30", "8.1.29", "8.2.0")),
        (("7.4.X", "7.4.31"), ("7.4.0", "7.4.30"), ("7.3.33", "7.4.31")),
        (("2.401.3", "2.401.*"), ("2.401.3", "2.401.9"), ("2.401.2", "2.402")),
        (("0", "", "2.4.57"), ("1.3", "2.4.57"), ("2.4.58",)),
        (("n/a", "", "5.7"), ("1.0", "5.7"), ("5.7.0.1",)),
        (("2.4.49",), ("2.4.49",), ("2.4.48", "2.4.50")),
        (("8.1.*",), ("8.1", "8.1.30"), ("8.0", "8.2")),
        (("9.0.0.M1 to 9.0.0.M11",), ("9.0.0.M5",), ("9.0.0", "8.5")),
        (("4.0.0-4.2.7",), ("4.0.0", "4.2.7"), ("3.10.11", "4.2.8")),
        ((">= 9.4.0, < 9.5.42",), ("9.4.0", "9.5.41"), ("9.5.42", "9.3")),
        (("< 5.59.1",), ("5.59.0",), ("5.59.1",)),
        (("<= 1.2",), ("1.2",), ("1.3",)),
        (("before 5.0.24",), ("5.0.23",), ("5.0.24",)),
        (("1.5.3 and earlier",), ("1.5.3",), ("1.5.4",)),
        (("from 2.4.0 through 2.4.3",), ("2.4.1",), ("2.4.4",)),
        (
            ("Fixed in OpenSSL 1.1.1d (Affected 1.1.1-1.1.1c)",),
            ("1.1.1", "1.1.1c"),
            ("1.1.1d", "1.1.0"),
        ),
        (("exim 4.95",), ("4.95",), ("4.96",)),
    ],
)
def test_ranges_hold_what_they_say(
    entry: tuple[str, ...], inside: tuple[str, ...], outside: tuple[str, ...]
) -> None:
    some = read_range(*entry)
    assert some is not None
    assert [version for version in inside if not some.holds(key_of(version))] == []
    assert [version for version in outside if some.holds(key_of(version))] == []


@pytest.mark.parametrize(
    "entry", ["", "-", "*", "n/a", "unspecified", "all", "R30", "see the advisory", "1.2 or 1.3"]
)
def test_what_names_no_version_is_no_range(entry: str) -> None:
    assert read_range(entry) is None


def test_branches_come_narrowest_first() -> None:
    assert list(branches_of("8.2.7")) == ["8.2.7", "8.2", "8"]
    assert list(branches_of("1.0.2k")) == ["1.0.2", "1.0", "1"]
    assert list(branches_of("latest")) == []


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=200))
def test_any_text_is_read(version: str, below: str, last: str) -> None:
    some = read_range(version, below, last)
    if some is not None:
        some.holds(key_of(version))
    list(branches_of(version))


def test_long_texts_take_no_time() -> None:
    began = time.process_time()
    for text in ("1." * 50_000, "a1" * 50_000, "v" * 100_000, "<" * 100_000, "1 to " * 50_000):
        read_range(text, text, text)
        read_range(text)
        key_of(text)
    assert time.process_time() - began < 0.5
