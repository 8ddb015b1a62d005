"""Community templates: pages a second on the home-page tier, beside trying each one by one."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from benchmarks import naive_templates
from benchmarks.data import data_folder
from benchmarks.measure import Bar, Bench, Row, say
from cityshield.adapters.knowledge.archive import members
from cityshield.guards.sites.templates.engine import Engine
from cityshield.guards.sites.templates.model import Refused, Seen, Template
from cityshield.guards.sites.templates.reading import read_template

_TYPICAL_BYTES = 18_000
_SIZES = (2_000, 8_000, _TYPICAL_BYTES, _TYPICAL_BYTES, _TYPICAL_BYTES, 60_000)
_LARGEST_BYTES = 1 << 20
_WORDS = (
    "<div class='row'>", "</div>", "<p>", "</p>", "the library is open daily", "school", "city",
    "<a href='/wp-content/themes/astra/style.css'>", "<script src='/js/app.min.js'></script>",
    "function(){return 1}", "api", "key", "token", "version 1.2.3", "©2026", "首页", "单位简介",
    "<input type='password' name='pw'>", "<meta name='generator' content='x'>", "http://x.example/",
)  # fmt: skip


def measure(bench: Bench) -> Iterator[Row]:
    """CPU of both over the same pages, their hits compared; then pages made to be slow."""
    templates = home_templates()
    engine = Engine(templates)
    pages = make_pages(templates, 60 if bench.quick else 400)
    engine.prepare()
    took, slowest, hits = _run(engine, pages)
    few = pages[:: len(pages) // (3 if bench.quick else 10)]
    say(f"{len(few)} pages, one template after the other")
    start = time.process_time()
    plain = [naive_templates.hits_of(templates, page) for page in few]
    naive = (time.process_time() - start) / len(few)
    ours = len(pages) / took
    note = f"{len(templates):,} templates, {len(pages)} pages, {hits / len(pages):.1f} hits each"
    unit = "pages/s/core"
    yield Row("home-page tier", ours, unit, 1 / naive, "naive", Bar(">=", 300), note)
    yield Row("home-page tier, slowest page", slowest * 1000, "ms CPU", bar=Bar("<=", 50))
    differ = sum(engine.match(page).hits != told for page, told in zip(few, plain, strict=True))
    differ += sum(
        engine.match(page).hits != naive_templates.hits_of(templates, page, linear=True)
        for page in pages[:: 10 if bench.quick else 2]
    )
    yield Row("pages whose hits differ from naive", differ, "pages", bar=Bar("<=", 0))
    took, slowest, _ = _run(engine, list(hostile_pages(templates)))
    note = f"{_LARGEST_BYTES >> 10} KiB each"
    yield Row("hostile pages, the slowest", slowest * 1000, "ms CPU", bar=Bar("<=", 50), note=note)


def home_templates() -> list[Template]:
    """The templates of the real archive that ask for the home page."""
    found = []
    for name, data in members(data_folder() / "sites" / "nuclei-templates.tar.gz"):
        try:
            template = read_template(data, name)
        except Refused:
            continue
        if any("/" in question.asks for question in template.questions):
            found.append(template)
    return found


def _run(engine: Engine, pages: Sequence[Seen]) -> tuple[float, float, int]:
    """CPU seconds of all and of the slowest, and how many hits there are."""
    total = slowest = 0.0
    hits = 0
    for page in pages:
        start = time.process_time()
        hits += len(engine.match(page).hits)
        took = time.process_time() - start
        total += took
        slowest = max(slowest, took)
    return total, slowest, hits


def make_pages(templates: Sequence[Template], count: int) -> list[Seen]:
    """Pages of several sizes, made of what templates look for, so that many are true."""
    dice = random.Random(20261126)
    return [_page(templates, dice, _SIZES[number % len(_SIZES)]) for number in range(count)]


def _page(templates: Sequence[Template], dice: random.Random, size: int) -> Seen:
    told: list[bytes] = []
    heads: list[tuple[str, str]] = [("server", "nginx"), ("content-type", "text/html")]
    statuses = [200, 200, 200, 200, 200, 200, 401, 404, 500]
    for template in dice.sample(templates, dice.choice((0, 1, 3, 8))):
        for matcher in [one for each in template.questions for one in each.matchers][:60]:
            statuses += matcher.numbers[:1]
            for value in matcher.values[:4]:
                words = _satisfying(matcher.type, value, dice)
                if matcher.part in ("header", "server", "location"):
                    heads += [("x-made", word.decode("latin-1")) for word in words]
                else:
                    told += words
    told += [dice.choice(_WORDS).encode() for _ in range(size // 16)]
    dice.shuffle(told)
    body = b"<!doctype html><html>" + b"\n".join(told)
    made = tuple((name, value.replace("\r\n", " ")) for name, value in heads)
    return Seen("/", dice.choice(statuses), made, body[:size], "site.example", "192.0.2.10")


def _satisfying(kind: str, value: str, dice: random.Random) -> list[bytes]:
    """Texts with which a condition may be true."""
    if kind == "word":
        return [value.encode()]
    if kind == "regex":
        return [_sample(value.encode(), dice)]
    if kind == "dsl":
        return list(_texts_in(naive_templates.read(value), dice))
    return []


def _texts_in(node: Any, dice: random.Random) -> Iterator[bytes]:
    if not isinstance(node, tuple):
        return
    if node and node[0] == "regex":
        yield _sample(node[1], dice)
    elif node and node[0] == "text":
        yield node[1]
    else:
        for each in node:
            yield from _texts_in(each, dice)


@cache
def _parsed(pattern: bytes) -> Any:
    from re import _parser as parser  # type: ignore[attr-defined]

    return parser.parse(pattern)


def _sample(pattern: bytes, dice: random.Random) -> bytes:
    """A text that a pattern most likely finds."""
    try:
        return _drawn(_parsed(pattern), dice)[:2_000]
    except Exception:  # a pattern that Python reads otherwise
        return b""


def _drawn(items: Any, dice: random.Random) -> bytes:
    told = b""
    for kind, value in items:
        name = str(kind)
        if name == "LITERAL":
            told += bytes([value])
        elif name == "IN":
            told += _drawn(value[:1] if str(value[0][0]) != "NEGATE" else [], dice) or b"x"
        elif name == "RANGE":
            told += bytes([dice.randint(value[0], value[1])])
        elif name == "CATEGORY":
            told += {"CATEGORY_DIGIT": b"7", "CATEGORY_SPACE": b" "}.get(str(value), b"w")
        elif name in ("ANY", "NOT_LITERAL"):
            told += b"y"
        elif name == "BRANCH":
            told += _drawn(dice.choice(value[1]), dice)
        elif name == "SUBPATTERN":
            told += _drawn(value[3], dice)
        elif name in ("MAX_REPEAT", "MIN_REPEAT"):
            least, most, inner = value
            for _ in range(min(int(most), int(least) + dice.choice((0, 1, 2)), 300)):
                told += _drawn(inner, dice)
    return told


def hostile_pages(templates: Sequence[Template]) -> Iterator[Seen]:
    """Pages that cost the most: one letter, tags in tags, half of every secret, all words."""
    dice = random.Random(7)
    words = [value for each in templates for one in each.questions for m in one.matchers
             for value in m.values]  # fmt: skip
    letters = bytes(dice.choice(b"abcdefghijklmnopqrstuvwxyz") for _ in range(_LARGEST_BYTES))
    for body in (
        b"a" * _LARGEST_BYTES,
        b" " * _LARGEST_BYTES,
        b"<div>" * (_LARGEST_BYTES // 5),
        b"<a href='" * (_LARGEST_BYTES // 9),
        b"http://" * (_LARGEST_BYTES // 7),
        b"api_key token secret password = '" * (_LARGEST_BYTES // 33),
        b"4111111111111111 1.2.3.4 <title>" * (_LARGEST_BYTES // 32),
        letters,
        dice.randbytes(_LARGEST_BYTES),
        "\n".join(words).encode()[:_LARGEST_BYTES],
        "\n".join(reversed(words)).encode()[:_LARGEST_BYTES],
    ):
        yield Seen("/", 200, (("server", "nginx"),), body, "site.example", "192.0.2.10")
