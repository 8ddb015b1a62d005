"""Links and messages: whatever is written, there is a sound verdict, in linear time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cityshield.config import Config
from cityshield.shield import Shield, build_shield, kind_of
from cityshield.vocabulary.verdict import BENIGN
from tests.hostile.support import cpu_s, judge, relentless

MIB = 1 << 20
PIECES = st.sampled_from(
    [
        "http://",
        "https:",
        "//",
        "/",
        "\\",
        ".",
        "..",
        "@",
        ":",
        "?",
        "#",
        "%",
        "%00",
        "%25",
        "[",
        "]",
        "[::1]",
        "[.]",
        "hxxp",
        "user@",
        "127.0.0.1",
        "0x7f.1",
        "paypal",
        "paypa1-login",
        "icbc",
        "wechat",
        ".example",
        ".test",
        "h.example",
        "xn--",
        "xn--fsqu00a",
        "例子",
        "。",
        "／",
        "İ",
        "ß",
        "\ufb01",
        "\0",
        " ",
        "\n",
        "\x1b[31m",
        "\u202e",
        "\u200b",
        "\u2066",
        "\ufeff",
        "\ud800",
        "\udc80",
        "\U0001f600",
        "a\u0301",
        "\u0301",
        "\xff",
    ]
)
ANY = st.one_of(
    st.text(max_size=80),
    st.text(st.characters(), max_size=80),
    st.binary(max_size=80).map(lambda raw: raw.decode("utf-8", "surrogateescape")),
    st.lists(PIECES, max_size=14).map("".join),
)
WORDS = st.sampled_from(
    [
        "请先交保证金500元，到账后马上放款",
        "把验证码发给我",
        "点击链接",
        "http://h.example/x",
        "加微信",
        "安全账户",
        "刷单",
        "send the code",
        "pay the release fee first",
        "gift card",
        "$500",
        "13800138000",
        "a.b.c.test",
        "\u200b",
        "\u202e",
        "\u0301",
        "\ud83d",
        "\0",
        "\n\n",
        "  ",
        "！",
        "İ",
        "K",
        "㍿",
        "ﷺ",
        "\U000e0041",
        "ا",
        "한",
        "\U0001f468\u200d\U0001f469",
        ". ",
        "( )",
        "[.]",
    ]
)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Shield:
    return build_shield(tmp_path_factory.mktemp("home"), Config(), disk=False)


@relentless
@given(ANY)
@example("http://İ.paypal-login.test/")
@example("http://İİİİİİİİİİ@paypal-login.test")
@example("http://\udc80@h.example")
@example("\ud800")
@example("")
def test_any_link_gets_a_sound_verdict(plain: Shield, text: str) -> None:
    judge(plain, "link", text)


@settings(relentless, max_examples=200)
@given(st.one_of(ANY, st.lists(WORDS, max_size=12).map("".join)))
@example("\u0301" * 50)
@example("\u200b" * 50)
@example("a\u200bb\u200bc \ud800")
@example("汉 \u200b字")
def test_any_message_gets_a_sound_verdict(plain: Shield, text: str) -> None:
    judge(plain, "message", text)


@relentless
@given(st.one_of(ANY, st.lists(WORDS, max_size=12).map("".join)))
def test_any_text_is_a_link_or_a_message(text: str) -> None:
    assert kind_of(text) in ("link", "message")


def test_letters_that_grow_in_lower_case_do_not_move_the_marks(plain: Shield) -> None:
    value = "http://İİİİ@paypal-login.test/"
    verdict = judge(plain, "link", value)
    found = [item for item in verdict.evidence if item.check == "links.lookalike"]
    assert [value[start:end] for item in found for start, end in item.spans] == ["paypal"]


HUGE: dict[str, Callable[[int], str]] = {
    "letters": lambda n: "a" * n,
    "host": lambda n: "http://" + "a." * (n // 2) + "test/",
    "path": lambda n: "http://h.example/" + "../" * (n // 3),
    "escapes": lambda n: "http://h.example/" + "%25" * (n // 3),
    "at signs": lambda n: "http://" + "a@" * (n // 2) + "h.example",
    "brand words": lambda n: "http://" + "paypal-" * (n // 7) + "x.test",
    "punycode": lambda n: "http://xn--" + "a" * n + ".test/",
    "many A-labels": lambda n: "http://" + "xn--paypl-7ve." * (n // 14) + "test/",
    "brackets": lambda n: "h[.]" * (n // 4) + "test",
    "combining marks": lambda n: "\u0301" * n,
    "zero width": lambda n: "a\u200b" * (n // 2),
    "surrogates": lambda n: "\udc80" * n,
    "nul": lambda n: "\0" * n,
    "right to left": lambda n: "\u202e\u0627" * (n // 2),
    "blanks": lambda n: " " * n,
    "lines": lambda n: "\n" * n,
    "money": lambda n: "$1,000.00元" * (n // 10),
    "digits": lambda n: "1" * n,
    "tells": lambda n: "请先交保证金500元，" * (n // 11),
    "half tells": lambda n: "保证金" * (n // 3),
    "links": lambda n: "h.example " * (n // 10),
    "link starts": lambda n: "http://" * (n // 7),
    "dots": lambda n: "a." * (n // 2),
    "ideographs and blanks": lambda n: "汉 " * (n // 2),
}


AS_LINKS = ("letters", "host", "path", "escapes", "at signs", "brand words", "brackets", "punycode")
CASES = [*(("link", name) for name in AS_LINKS), *(("message", name) for name in HUGE)]


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_ten_mebibytes_of_anything_are_judged(plain: Shield, kind: str, name: str) -> None:
    text = HUGE[name](10 * MIB)
    kind_of(text)
    verdict = judge(plain, kind, text)
    assert verdict.level != BENIGN
    assert verdict.coverage < 0.1


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_four_times_the_text_costs_about_four_times_the_work(
    plain: Shield, kind: str, name: str
) -> None:
    """A square would cost 16 times, so 9 leaves room for a busy machine."""
    small, large = (HUGE[name](size) for size in (10_000, 40_000))
    judge(plain, kind, small)
    ratios = []
    for _ in range(3):
        before, after = (
            cpu_s(lambda: judge(plain, kind, small)),
            cpu_s(lambda: judge(plain, kind, large)),
        )
        if after < 9 * max(before, 0.003):
            return
        ratios.append(after / before)
    raise AssertionError(ratios)


def test_a_hundred_thousand_hidden_characters_are_counted(plain: Shield) -> None:
    scam = "请先交保证金500元，到账后马上放款，pay"
    verdict = judge(plain, "message", scam + "\u200b" * 99_900 + "now")
    assert "messages.disguised" in [item.check for item in verdict.evidence]


def test_a_hundred_thousand_links_are_counted_and_the_first_judged(plain: Shield) -> None:
    text = " ".join(f"h{number}.example" for number in range(100_000))
    verdict = judge(plain, "message", text)
    assert len(verdict.parts) == 100
    missed = {failure.reason: failure.count for failure in verdict.failed}
    assert missed["too-many"] > 5_000
    assert "too-long" in missed
    assert verdict.coverage < 0.01


def test_one_line_of_ten_mebibytes_is_judged_by_its_beginning(plain: Shield) -> None:
    scam = "您涉嫌洗钱，请把钱转到国家安全账户，不要告诉家人，否则马上逮捕"
    verdict = judge(plain, "message", scam + "啊" * (10 * MIB))
    assert verdict.level in ("suspicious", "malicious")
    assert verdict.coverage < 0.02
    hidden = judge(plain, "message", "啊" * 100_000 + scam)
    assert hidden.level != BENIGN
    assert [failure.reason for failure in hidden.failed] == ["too-long"]


def test_a_program_sent_as_a_message_is_no_fault(plain: Shield) -> None:
    raw = Path("/bin/sh").read_bytes()
    for text in (raw.decode("latin-1"), raw.decode("utf-8", "surrogateescape")):
        assert judge(plain, "message", text).level != BENIGN
