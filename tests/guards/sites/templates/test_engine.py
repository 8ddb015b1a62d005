"""Templates held against answers: what each condition means, and the same hits as one by one."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import naive_templates
from cityshield.guards.sites.templates.engine import Engine
from cityshield.guards.sites.templates.model import MOST_BYTES, MOST_HITS, Seen, Template
from cityshield.guards.sites.templates.reading import read_template
from tests.guards.sites.templates.written import seen, template, written


def hits(conditions: str, answer: Seen, tags: str = "panel") -> bool:
    found = template(conditions, tags=tags)
    told = Engine([found]).match(answer).hits
    assert told == naive_templates.hits_of([found], answer)
    return bool(told)


def matcher(*lines: str) -> str:
    return "matchers:\n  - " + "\n    ".join(lines)


PAGE = seen(b"<title>Parcel Panel</title>\nversion 1.4.2", headers=(
    ("server", "Parcel/2"), ("set-cookie", "Parcel_Sid=abc; Path=/"), ("x-box", "a"), ("x-box", "b"),
    ("content-type", "text/html; charset=utf-8"),
))  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "is_hit"),
    [
        (("type: word", "words: [Parcel]"), True),
        (("type: word", "words: [parcel]"), False),
        (("type: word", "words: [PARCEL]", "case-insensitive: true"), True),
        (("type: word", "words: [x, Panel]"), True),
        (("type: word", "words: [x, Panel]", "condition: and"), False),
        (("type: word", "words: [Parcel, Panel]", "condition: and"), True),
        (("type: word", "words: [x]", "negative: true"), True),
        (("type: word", "words: [Parcel]", "negative: true"), False),
        (("type: word", "part: header", "words: ['Server: Parcel/2']"), True),
        (("type: word", "part: header", "words: ['Content-Type: text/html']"), True),
        (("type: word", "part: header", "words: ['200 OK']"), True),
        (("type: word", "part: header", "words: [Panel]"), False),
        (("type: word", "part: all", "words: [Panel, x]"), True),
        (("type: word", "part: response", "words: [\"utf-8\\r\\n\\r\\n<title>\"]"), True),
        (("type: word", "part: all", "words: [\"1.4.2HTTP/1.1\"]"), True),
        (("type: word", "part: server", "words: [Parcel]"), True),
        (("type: word", "part: x_box", "words: ['a b']"), True),
        (("type: word", "part: parcel_sid", "words: [abc]"), True),
        (("type: word", "part: absent", "words: [a]"), False),
        (("type: word", "part: absent", "words: [a]", "negative: true"), False),
        (("type: status", "status: [200, 302]"), True),
        (("type: status", "status: [404]"), False),
        (("type: status", "status: [404]", "negative: true"), True),
        (("type: size", "size: [41]"), True),
        (("type: size", "size: [42]"), False),
        (("type: binary", "binary: ['50616e656c']"), True),
        (("type: binary", "binary: ['ff', '50616e656c']", "condition: and"), False),
        (("type: regex", "regex: ['version [0-9.]+$']"), True),
        (("type: regex", "regex: ['VERSION']"), False),
        (("type: regex", "regex: ['(?i)VERSION', 'x']"), True),
        (("type: regex", "regex: ['version', 'x']", "condition: and"), False),
        (("type: dsl", "dsl: ['status_code == 200 && contains(server, \"Parcel\")']"), True),
        (("type: dsl", "dsl: ['contains(absent, \"a\")', 'len(body) == 41']"), True),
        (("type: dsl", "dsl: ['contains(absent, \"a\")', 'true']", "condition: and"), False),
        (("type: dsl", "dsl: ['Host == \"town.example\" && ip == \"192.0.2.10\"']"), True),
        (("type: dsl", "dsl: ['content_length == 41 && host != ip']"), True),
    ],
)  # fmt: skip
def test_what_a_condition_means(lines: tuple[str, ...], is_hit: bool) -> None:
    assert hits(matcher(*lines), PAGE) is is_hit


def test_conditions_are_joined_by_or_unless_and_is_said() -> None:
    two = "matchers:\n  - type: word\n    words: [Parcel]\n  - type: status\n    status: [404]"
    assert hits(two, PAGE)
    assert not hits("matchers-condition: and\n" + two, PAGE)


def test_names_and_extracts_come_with_a_hit() -> None:
    found = template(
        "matchers:\n  - type: word\n    name: title\n    words: [Panel]\n"
        "  - type: word\n    name: absent\n    words: [x]\n"
        "extractors:\n  - type: regex\n    group: 1\n    regex: ['version ([0-9.]+)', 'x(y)']\n"
        "  - type: kval\n    kval: [Server, X-Absent]\n"
        "  - type: dsl\n    dsl: ['\"size \" + len(body)', 'absent']"
    )
    (hit,) = Engine([found]).match(PAGE).hits
    assert (hit.id, hit.sha256, hit.path) == (found.id, found.sha256, "/")
    assert hit.names == ("title",)
    assert hit.extracts == ("1.4.2", "Parcel/2", "size 41")


def test_without_conditions_what_can_be_taken_out_is_a_hit() -> None:
    only = "extractors:\n  - type: regex\n    regex: ['version [0-9.]+']"
    assert hits(only, PAGE)
    assert not hits(only, seen(b"<p>"))


def test_only_the_path_that_is_asked_for_counts() -> None:
    found = template(matcher("type: word", "words: [Parcel]"), "{{BaseURL}}/login")
    engine = Engine([found])
    assert not engine.match(PAGE).hits
    assert engine.match(seen(PAGE.body, path="/login")).hits[0].path == "/login"


@pytest.mark.parametrize(
    ("redirects", "given", "is_hit"),
    [
        ("", {}, True), ("", {"leads_on": True}, True), ("", {"is_far": True}, False),
        ("redirects: true\n", {}, True), ("redirects: true\n", {"leads_on": True}, False),
        ("redirects: true\n", {"is_far": True}, True),
        ("host-redirects: true\n", {"is_far": True}, False),
    ],
)  # fmt: skip
def test_redirects_are_followed_as_a_template_says(
    redirects: str, given: dict[str, bool], is_hit: bool
) -> None:
    conditions = redirects + matcher("type: word", "words: [Parcel]")
    assert hits(conditions, seen(PAGE.body, **given)) is is_hit


def test_of_the_beginning_of_a_page_only_what_is_there_is_told() -> None:
    absent = matcher("type: word", "words: [footer]", "negative: true")
    long = seen(b"Parcel" + b" " * MOST_BYTES + b"footer")
    assert hits(absent, PAGE)
    assert not hits(absent, long)
    assert not hits(absent, seen(b"Parcel", is_whole=False))
    assert not hits(matcher("type: dsl", "dsl: ['!contains(body, \"footer\")']"), long)
    assert hits(matcher("type: word", "words: [Parcel]"), long)
    assert not hits(matcher("type: word", "words: [footer]"), long)


def many(count: int) -> list[Template]:
    """Templates of every kind, enough for the search of literals."""
    kinds = (
        "type: word\n    words: [Word{n}x, lower{n}x]",
        "type: word\n    part: header\n    words: [Head{n}x]",
        "type: word\n    words: [word{n}x, panel]\n    condition: and\n    case-insensitive: true",
        "type: regex\n    regex: ['(?i)word{n}x=[0-9]+', 'api[_-]?key{n}x']",
        "type: dsl\n    dsl: ['status_code == 200 && contains(body, \"Word{n}x\")']",
        'type: dsl\n    dsl: [\'contains_any(to_lower(body), "word{n}x", "lower{n}x")\']',
        'type: dsl\n    dsl: [\'!contains(body, "Word{n}x") && contains(header, "Head{n}x")\']',
        "type: word\n    part: all\n    words: [Word{n}x]\n    negative: true",
    )
    return [
        read_template(
            written("matchers:\n  - " + kinds[n % len(kinds)].replace("{n}", str(n % 9)))
            .replace(b"id: parcel-panel", f"id: parcel-{n}".encode())
        )
        for n in range(count)
    ]  # fmt: skip


TEMPLATES = many(72)
ENGINE = Engine(TEMPLATES)
PIECES = st.lists(
    st.sampled_from(["Word", "word", "WORD", "lower", "api_key", "apikey", "Head", "panel", "x", " "])
    | st.integers(0, 9).map(lambda n: f"{n}x") | st.just("=7"),
    max_size=30,
).map("".join)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(PIECES, PIECES, st.sampled_from([200, 404]))
def test_the_hits_are_those_of_trying_each(body: str, head: str, status: int) -> None:
    page = seen(body.encode(), status, headers=(("x-made", head),))
    assert ENGINE.match(page).hits == naive_templates.hits_of(TEMPLATES, page)


def test_the_first_hits_are_told_and_no_more() -> None:
    found = [
        read_template(written(matcher("type: word", "words: [Parcel]"))
                      .replace(b"id: parcel-panel", f"id: parcel-{n}".encode()))
        for n in range(MOST_HITS + 9)
    ]  # fmt: skip
    told = Engine(found).match(PAGE).hits
    assert [hit.id for hit in told] == [each.id for each in found[:MOST_HITS]]
    assert told == naive_templates.hits_of(found, PAGE)


def test_what_costs_too_much_is_cut_and_said() -> None:
    dear = "\n".join(f"      - '[a-z]+[0-9]{{{n},}}x'" for n in range(2, 300))
    found = template(f"matchers:\n  - type: regex\n    regex:\n{dear}")
    body = random.Random(1).randbytes(MOST_BYTES)
    began = time.process_time()
    outcome = Engine([found]).match(seen(body))
    assert outcome.is_cut
    assert time.process_time() - began < 5
    assert not Engine([found]).match(PAGE).is_cut


@pytest.mark.parametrize(
    "body", [b"a" * 400_000, b"<div>" * 80_000, b"\x00" * 400_000, b"aaab" * 90_000]
)
def test_one_foreign_pattern_keeps_nobody_busy(body: bytes) -> None:
    """Python's `re` needs longer than anybody waits for each of these."""
    found = template("matchers:\n  - type: regex\n    regex: ['(a+)+$x', '(a|aa)+b', '(.*.*.*)=y']")
    began = time.process_time()
    Engine([found]).match(seen(body))
    assert time.process_time() - began < 1
