"""Patterns from outside: rewritten for RE2, looked for near a literal, in bounded time."""

from __future__ import annotations

import time

import pytest

from cityshield.guards.sites.patterns import (
    Budget,
    Matcher,
    compile_pattern,
    error,
    for_re2,
    longest_literal,
)


def test_literals_that_a_pattern_cannot_do_without() -> None:
    assert longest_literal(r"/\*!? jQuery v([0-9]+)") == " jQuery v"
    assert longest_literal(r"ab?cd*ef([0-9]+)(ghijkl)?[mno]{2}pq") in ("ef", "pq")
    assert longest_literal("abc|def") == ""
    assert longest_literal(r"\d\sword{3}x") == "wor"


def test_patterns_for_re2() -> None:
    assert for_re2(r"(a)(.)x\2") == (r"(a)(.)x(.)", ((2, 3),))
    assert for_re2(r"a{0,5000}b{1,1500}c{3,30}") == ("a*b+c{3,30}", ())
    assert for_re2(r"a(?<=b)c\\1") == (r"ac\\1", ())


def test_literals_of_all_patterns_are_looked_for_at_once() -> None:
    patterns = [compile_pattern(text) for text in ("abcd[0-9]", "efgh", "[0-9]x")]
    matcher = Matcher(patterns)
    assert matcher.present(b"..efgh..") == {b"", b"efgh"}
    assert Matcher([]).present(b"x") == {b""}


def test_matches_far_apart_are_all_found() -> None:
    pattern = compile_pattern("abcd([0-9])")
    for times in (2, 100):
        body = b"".join(b"abcd%d" % (n % 10) + b"x" * 5_000 for n in range(times))
        assert len(list(Budget().find(pattern, body))) == times


def test_what_re2_has_not_is_an_error() -> None:
    with pytest.raises(error):
        compile_pattern("abcd(?=x)")


def test_dear_patterns_use_up_a_budget() -> None:
    budget = Budget()
    dear = compile_pattern(r"abcd.{0,900}e.{0,900}f")
    started = time.process_time()
    for _ in range(100):
        list(budget.find(dear, b"abcde" * 800_000))
    assert time.process_time() - started < 5
