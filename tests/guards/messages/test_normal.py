"""The normal form and its map back to the original."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.guards.messages.support import fold, normalize

INVISIBLE = "\u00ad\u034f\u180e\u200b\u200c\u200d\u202e\u2060\u3164\ufeff"


@pytest.mark.parametrize(
    ("original", "normal"),
    [
        ("Hello  World", "hello world"),
        ("ＡＢＣ１２３", "abc123"),
        ("𝐩𝐚𝐲 𝗻𝗼𝘄", "pay now"),
        ("加\u200b微\u200d信", "加微信"),
        ("加 微 信", "加微信"),
        ("加薇信", "加微信"),
        ("轉賬給我", "转账给我"),
        ("раураl", "paypal"),
        ("e\u0301te\u0301 été", "ete ete"),
        ("a\r\n\r\nb", "a\n\nb"),
        ("\ufeffhi\u202e", "hi"),
        ("①②③", "123"),
        ("加扣扣 五五三二", "加qq5532"),
        ("三个人，第二十一天", "三个人,第二十一天"),
        ("转·账·到·安·全", "转账到安全"),
        ("转 账 到 安 全", "转账到安全"),
        ("转😀账到😀安全", "转账到安全"),
        ("D e a r   c u s t o m e r", "dear customer"),
        ("Yo·ur· p·ar·ce·l", "your parcel"),
        ("Yo.ur p.ar.ce.l i.s he.ld", "your parcel is held"),
        ("acc0unt p@yment", "account payment"),
        ("bob@site.example http://a1b.example/x3y", "bob@site.example http://a1b.example/x3y"),
        ("138xxxx2211", "138xxxx2211"),
        ("hxxp://a[.]example", "http://a.example"),
        ("伍佰元", "伍百元"),
        ("北京-上海 3-4天", "北京上海 3-4天"),
        ("e-mail don't U.S.A.", "e-mail don't u.s.a."),
        (
            "d0n'7 53nd m0n3y 70 h1m, i7'5 4 5c4m, 7h3y 4r3 cr00k5 4nd l13r5",
            "don't send money to him, it's a scam, they are crooks and liers",
        ),
        ("p4y the f33s f1rs7 by 10am: $24, 1st", "pay the fees first by 10am: $24, 1st"),
        ("加wei信转zhang", "加微信转账"),
        ("把yanzhengma告诉我", "把验证码告诉我"),
        ("用AI客服，下载app，加line聊", "用ai客服,下载app,加line聊"),
        ("she said 我们走 now", "she said 我们走 now"),
        ("请点击taobao.com", "请点击taobao.com"),
        ("发到kefu@bank.example吧", "发到kefu@bank.example吧"),
        ("买了Nike鞋，去Canada留学，号被ban了", "买了nike鞋,去canada留学,号被ban了"),
        ("把yinhang卡给我，huan款", "把银行卡给我,还款"),
        ("转账jine是", "转账金额是"),
        ("把anquanzhanghu给我", "把安全账户给我"),
        ("iPhone 15 for 50 pounds in 15 min, 500ml", "iphone 15 for 50 pounds in 15 min, 500ml"),
        (
            "acc0unt p@ym3nt m0n3y 500ml 31st '80s 5'10 15%",
            "account payment money 500ml 31st '80s 5'10 15%",
        ),
    ],
)
def test_what_is_folded(original: str, normal: str) -> None:
    found = normalize(original)
    assert found.text == normal.replace("\n\n", "\n\n") or found.text.split() == normal.split()


def test_a_syllable_covers_its_letters() -> None:
    original = "请把yanzheng码发来"
    found = normalize(original)
    assert found.text == "请把验证码发来"
    assert found.phrases == 2
    assert [original[slice(*found.span(n, n + 1))] for n in (2, 3)] == ["yan", "zheng"]


def test_spans_lead_back_to_the_very_words() -> None:
    original = "请  加\u200b薇\u200b信 ＡＢＣ 領取"
    found = normalize(original)
    start = found.text.index("微信")
    left, right = found.span(start, start + 2)
    assert original[left:right] == "薇\u200b信"
    start = found.text.index("领取")
    left, right = found.span(start, start + 2)
    assert original[left:right] == "領取"


@pytest.mark.parametrize(
    ("text", "sign", "least"),
    [
        ("ac\u200bco\u200bunt", "hidden", 2),
        ("转·账·到·安", "split", 3),
        ("p a y n o w", "spaced", 6),
        ("раураl", "disguised", 5),
        ("acc0unt p@yment", "leet", 2),
        ("h\u0301\u0302\u0303ello", "marks", 2),
        ("加v信", "phrases", 1),
    ],
)
def test_what_was_undone_is_counted(text: str, sign: str, least: int) -> None:
    assert getattr(normalize(text), sign) >= least


def test_honest_spelling_shows_no_sign() -> None:
    found = normalize("Café déjà vu, 3-4天, e-mail me at bob@site.example: flight BA0117 😀")
    assert (found.hidden, found.split, found.disguised, found.leet, found.marks) == (0,) * 5


def test_hidden_characters_count_only_inside_words() -> None:
    assert normalize("ac\u200bco\u200bunt").hidden == 2
    assert normalize("\U0001f468\u200d\U0001f469\u200d\U0001f467 dinner").hidden == 0
    assert normalize("\u200bplain text\u200b").hidden == 0
    assert normalize("one\u200b two").hidden == 0


texts = st.text(st.characters(codec=None), max_size=300) | st.text(
    st.sampled_from([*INVISIBLE, *"ab 加微信é\u0301ﬁ①\n　😀\u202e\ud800"]), max_size=300
)


@given(texts)
def test_any_text_has_a_normal_form_whose_map_is_in_order(original: str) -> None:
    found = normalize(original)
    assert len(found.text) == len(found.starts) == len(found.ends)
    assert list(found.starts) == sorted(found.starts)
    for start, end in zip(found.starts, found.ends, strict=True):
        assert 0 <= start < end <= len(original)


def test_what_a_character_is_read_as_is_read_as_itself() -> None:
    known = fold().characters
    again = {
        (character, item)
        for character, value in known.items()
        if value > "\x02"
        for item in value
        if known.get(item, item) != item and item != "\n" and not "\ue000" <= item <= "\uefff"
    }
    assert not again


def calls(text: str) -> int:
    """How many function calls normalising takes: a clock that is not disturbed."""
    count = 0

    def note(*_: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(note)
    try:
        normalize(text)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("piece", ["\u200b", "\u0301", "加 ", "é", "\ud800", "a\u0301"])
def test_work_is_linear(piece: str) -> None:
    small, large = calls(piece * 500), calls(piece * 4000)
    assert large <= 9 * small + 200
