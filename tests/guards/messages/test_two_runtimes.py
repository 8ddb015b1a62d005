"""Python and JavaScript read every text alike: level, score, spans, tells, type, normal form."""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cityshield.adapters.packs.shelf import SHIPPED_PACK, read_shipped
from cityshield.guards.messages.corpus import read_corpus
from cityshield.guards.messages.evasion import ATTACKS
from cityshield.guards.messages.reader import Reading
from tests.guards.messages.support import BROKEN_PARTS, broken_parts, fold, reader

ROOT = Path(__file__).parents[3]
READER = ROOT / "src/cityshield/entrypoints/pages/static/reader.js"
BATCH = 1000
PAIR = re.compile("[\ud800-\udbff](?=[\udc00-\udfff])")
"""Half of a pair that JavaScript would read as one character."""

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

SHAPE = """(reader, text) => {
  const normal = (n) => [n.text, n.starts, n.ends, n.hidden, n.split, n.spaced, n.disguised,
    n.leet, n.marks, n.phrases];
  const r = reader.read(text);
  return [r.level, r.score, r.chance, r.marks, r.language, r.type, r.weight, r.spans,
    r.tells.map((t) => [t.name, t.weight, t.spans]), r.signs, r.disguise, r.ordinary, r.abstained,
    ...normal(reader.normalize(text))];
}"""


def shape(text: str) -> list[Any]:
    r: Reading = reader().read(text)
    tells = [[tell.name, tell.weight, [list(span) for span in tell.spans]] for tell in r.tells]
    return [
        r.level, r.score, r.chance, r.marks, r.language, r.type, r.weight,
        [list(span) for span in r.spans], tells, list(r.signs), r.disguise, r.ordinary,
        r.abstained, r.normal.text, list(r.normal.starts), list(r.normal.ends), r.normal.hidden,
        r.normal.split, r.normal.spaced, r.normal.disguised, r.normal.leet, r.normal.marks,
        r.normal.phrases,
    ]  # fmt: skip


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    """A blank page of a real browser with the reader and the shipped pack, under a strict policy."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        policy = "default-src 'none'; script-src 'self'; connect-src 'none'"
        files = {
            "/": (
                "text/html",
                b"<!doctype html><title>t</title><script type=module src=start.js></script>",
            ),
            "/reader.js": ("text/javascript", READER.read_bytes()),
            "/start.js": (
                "text/javascript",
                b"import * as it from './reader.js'; window.it = it; window.ready = true;",
            ),
        }

        def serve(route: Any) -> None:
            path = "/" + route.request.url.split("/", 3)[3]
            kind, body = files.get(path, ("text/plain", b""))
            headers = {"content-security-policy": policy}
            route.fulfill(body=body, content_type=kind, headers=headers)

        page.route("**/*", serve)
        page.goto("http://127.0.0.1:1/")
        assert page.evaluate("window.ready"), "the module did not load"
        pack = base64.b64encode(SHIPPED_PACK.read_bytes()).decode()
        page.evaluate(
            "async (pack) => { window.bytes = Uint8Array.from(atob(pack), (c) => c.charCodeAt(0));"
            " window.reader = await it.openPack(bytes); }",
            pack,
        )
        yield page
        browser.close()


def compare(page: Any, texts: list[str]) -> None:
    for start in range(0, len(texts), BATCH):
        some = texts[start : start + BATCH]
        sent = [json.dumps(text) for text in some]  # lone surrogates cross as escapes
        found = page.evaluate(
            f"(texts) => texts.map((text) => JSON.stringify(({SHAPE})(reader, JSON.parse(text))))",
            sent,
        )
        for text, other in zip(some, found, strict=True):
            assert json.loads(other) == shape(text), repr(text)


def fuzzed(count: int, seed: int) -> Iterator[str]:
    rng = random.Random(seed)
    spelled = fold().pinyin
    syllables, pairs, words = map(sorted, (spelled.syllables, spelled.pairs, spelled.words))
    pools = [
        lambda: rng.choice(syllables),
        lambda: rng.choice(pairs),
        lambda: rng.choice(words),
        lambda: (
            rng.choice(["4", "70", "'a5e7", "m0n3y", "5c4m", "cr00k5", "10%", "$24,", "don'7"])
            + " "
        ),
        lambda: chr(rng.randrange(32, 127)),
        lambda: chr(rng.randrange(0x4E00, 0xA000)),
        lambda: chr(rng.randrange(0x300, 0x370)),
        lambda: chr(rng.randrange(0x110000)),
        lambda: rng.choice(" .-·*\n\u200b\ud800\udc00😀零一十元￥$@0135xv加扣微信"),
        lambda: rng.choice(
            ["转账", "验证码", "http://a.example/", "hxxp", "account ", "pay ", "qq"]
        ),
    ]
    for _ in range(count):
        some = rng.choices(pools, k=3)
        text = "".join(rng.choice(some)() for _ in range(rng.randrange(1, 90)))
        yield PAIR.sub("", text)


def test_fifty_thousand_texts_are_read_alike(page: Any) -> None:
    rng = random.Random(5)
    texts = rng.sample([message.text for message in read_corpus(ROOT / "corpus")], 20_000)
    attacks = [attack for own in ATTACKS.values() for attack in own.values()]
    texts += [rng.choice(attacks)(text, rng) for text in texts[:15_000]]
    texts += fuzzed(15_000, 6)
    compare(page, texts)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\u0301" * 100_000,
        "\u200b" * 100_000,
        "a\u0301" * 50_000,
        "\ud800" * 1000,
        "😀" * 60_000,
        "转 " * 60_000,
        "a " * 60_000,
        "1元" * 60_000,
        "请先交保证金500元，到账后马上放款" * 70_000,
        bytes(range(256)).decode("latin-1") * 4000,
    ],
    ids=lambda text: repr(text[:6]) + str(len(text)),
)
def test_hostile_texts_are_read_alike(page: Any, text: str) -> None:
    compare(page, [text])


def test_a_chat_is_read_alike(page: Any) -> None:
    turns = [message.text for message in read_corpus(ROOT / "corpus")[::97]][:60]
    found = page.evaluate(
        "(turns) => { const t = reader.readTurns(turns);"
        " return [t.level, t.peak, t.peakTurn, t.trend, t.turns.map((r) => r.score)]; }",
        turns,
    )
    talk = reader().read_turns(turns)
    scores = [reading.score for reading in talk.turns]
    assert found == [talk.level, talk.peak, talk.peak_turn, talk.trend, scores]


def refused(page: Any, change: str, checks: str = "{}") -> str:
    said = page.evaluate(
        f"async () => {{ const b = bytes.slice(); {change}"
        f" try {{ await it.readPack(b, {checks}); return 'taken'; }}"
        " catch (error) { return error.name + ': ' + error.message; } }"
    )
    return str(said)


def test_javascript_refuses_what_python_refuses(page: Any) -> None:
    header = read_shipped().header
    key = json.dumps(header.key)
    assert refused(page, "", f"{{key: {key}, today: '2026-12-01', least: {header.version}}}") == (
        "taken"
    )
    assert "key" in refused(page, "", "{key: '" + "0" * 64 + "'}")
    assert "expired" in refused(page, "", "{today: '2999-01-01'}")
    assert "older" in refused(page, "", f"{{least: {header.version + 1}}}")
    assert "foreign" in refused(page, "b[0] = 0;")
    assert "format" in refused(page, "b[7] = 9;")
    assert "damaged" in refused(page, "b[b.length - 900] ^= 1;")
    changed = "const n = 12 + new DataView(b.buffer).getUint32(8, true); b[n + 3] ^= 1;"
    assert "signature" in refused(page, changed, f"{{key: {key}}}")
    assert refused(page, "b.fill(7, 12, 200);").startswith("Error: damaged")


@pytest.mark.parametrize("part", BROKEN_PARTS)
@pytest.mark.parametrize("name", broken_parts(8))
def test_javascript_refuses_a_section_that_is_no_model(page: Any, name: str, part: str) -> None:
    said = page.evaluate(
        "async ([part, section]) => { const { sections } = await it.readPack(bytes);"
        " sections[part] = Uint8Array.from(section);"
        " try { new it.Reader(sections); return 'taken'; }"
        " catch (error) { return `${error.constructor.name}: ${error.message}`; } }",
        [part, list(broken_parts(BROKEN_PARTS[part])[name])],
    )
    assert said == "PackError: section"


@pytest.mark.parametrize("part", ["model", "types", "classes"])
def test_javascript_refuses_a_pack_without_a_section(page: Any, part: str) -> None:
    said = page.evaluate(
        "async (part) => { const { sections } = await it.readPack(bytes); delete sections[part];"
        " try { new it.Reader(sections); return 'taken'; }"
        " catch (error) { return `${error.constructor.name}: ${error.message}`; } }",
        part,
    )
    assert said == "PackError: section"
