"""What each role may do, nobody approves twice, and many decisions each by itself."""

from __future__ import annotations

import re
from io import BytesIO
from urllib.parse import quote

import pytest

from cityshield.adapters.store.audit import read_audit, verify
from cityshield.adapters.store.decisions import find
from cityshield.adapters.store.decisions import get as get_decision
from cityshield.adapters.store.guarded import replace_guarded
from cityshield.entrypoints.console.forms import MOST_AT_ONCE
from cityshield.guards.dates import day
from cityshield.imports import import_feed
from cityshield.vocabulary.decision import IN_FORCE, PROPOSED, REFUSED, REMOVED
from cityshield.vocabulary.identity import Identity
from tests.entrypoints.console.support import DECISIONS, ROOT, City

ANA = Identity("Ana", "analyst")


def propose(city: City, *names: str, by: Identity = ANA, action: str = "block") -> None:
    for name in names:
        city.desk.propose(name, action, "asks for card numbers", by)


def state(city: City, number: int = 1) -> str:
    return get_decision(city.engine, number).state


@pytest.mark.parametrize(("role", "may"), [
    ("reader", False), ("analyst", True), ("operator", True), ("admin", True),
])  # fmt: skip
async def test_each_role_does_what_it_may(city: City, role: str, may: bool) -> None:
    propose(city, "parcel.example", "post.example")
    bo = await city.person("Bo", role)
    page = await bo.get(DECISIONS)
    assert "parcel[.]example" in page.text
    assert ("Approve chosen" in page.text) == ('name="d"' in page.text) == may
    assert ("You may approve." in page.text) == may
    assert ("Your role may look, not approve." in page.text) != may
    assert ("History" in page.text) is False
    one = (await bo.get(f"{DECISIONS}/1")).text
    assert ('value="approve"' in one) == ("proposed it" in one) == may
    assert ("may not read the audit" in one) != may
    for path in ("new", "confirm?act=approve&d=1"):
        assert ((await bo.get(f"{DECISIONS}/{path}")).status_code == 200) == may
    answer = await bo.act("approve", 1)
    assert (answer.status_code == 200) == may == (state(city) == IN_FORCE)
    answer = await bo.act("end", 2, reason="a mistake")
    assert (answer.status_code == 200) == may == (state(city, 2) == REFUSED)
    form = {"step": "send", "target": "third.example", "reason": "r", "action": "block"}
    answer = await bo.post(f"{DECISIONS}/new", {"key": await bo.key(), "days": "9", **form})
    assert (answer.status_code == 303) == may == (len(list(find(city.engine))) == 3)


async def test_a_token_narrowed_to_reading_only_reads(city: City) -> None:
    propose(city, "parcel.example")
    bo = await city.person("Bo", "admin", scopes=["decisions:read"])
    assert "On no list" in (await bo.get(DECISIONS)).text
    assert (await bo.act("approve", 1)).status_code == 403
    assert state(city) == PROPOSED


async def test_one_person_does_not_approve_twice_whatever_they_sign_in_with(city: City) -> None:
    ana = await city.person("Ana", "admin")
    made = {"step": "send", "target": "parcel.example", "reason": "r", "action": "block"}
    await ana.post(f"{DECISIONS}/new", {"key": await ana.key(), "days": "9", **made})
    me = Identity("Ana", "admin", id="1", makers=("Root",))
    again = [
        await city.person("Ana"),
        await city.person("ａｎａ "),
        await city.person("Somebody Else", by=me),
        await city.person("Yet Another", by=me),
    ]
    told = ["You proposed it", "You proposed it", "Your token was made by Ana"]
    for browser, why in zip(again, [*told, told[-1]], strict=True):
        assert why in (await browser.get(DECISIONS)).text
        left_out = (await browser.get(f"{DECISIONS}/confirm?act=approve&d=1")).text
        assert why in left_out and 'name="d-1"' not in left_out
        answer = await browser.act("approve", 1)
        assert "card--not" in answer.text and "card--done" not in answer.text
        assert state(city) == PROPOSED
    bo = await city.person("Bo")
    assert "In force now" in (await bo.act("approve", 1)).text
    assert state(city) == IN_FORCE


async def test_who_approved_is_told_so(city: City) -> None:
    city.desk.propose("https://pay.github.com/x", "block", "r", ANA)
    bo = await city.person("Bo")
    page = (await bo.act("approve", 1)).text
    assert "Approved; waits for 1 more" in page
    assert "You approved it; another person has to." in (await bo.get(DECISIONS)).text


async def test_many_are_done_each_by_itself_and_bad_ones_stop_nobody(city: City) -> None:
    propose(city, "one.example", "two.example", "shop.metro.example", "four.example")
    propose(city, "mine.example", by=Identity("Bo", "analyst"))
    city.desk.propose("https://github.com/x/y", "block", "false page", ANA)
    city.desk.end(2, "a mistake", ANA)
    entry = [("metro.example", "metro.example")]
    replace_guarded(city.engine, "top-sites", "popular", entry, ROOT, city.clock.now())
    bo = await city.person("Bo")
    chosen = "&".join(f"d={number}" for number in (1, 2, 3, 4, 5, 6, 99))
    page = (await bo.get(f"{DECISIONS}/confirm?act=approve&{chosen}")).text
    able = re.findall(r'name="d-(\d+)"', page)
    assert able == ["1", "4", "6"]
    for word in ("one[.]example", "asks for card numbers", "Proposed by Ana", "Left out",
                 "It is guarded", "You proposed it", "github[.]com (platform, by cityshield)"):  # fmt: skip
        assert word in page, word
    answer = await bo.act("approve", 1, 2, 3, 4, 5, 6, 99)
    results = re.findall(r'card--(done|not)">.*?<strong>([^<]*)</strong>', answer.text, re.DOTALL)
    assert results == [
        ("done", "In force now"), ("not", "Not done"), ("not", "Not done"),
        ("done", "In force now"), ("not", "Not done"), ("done", "Approved; waits for 1 more"),
        ("not", "Not done"),
    ]  # fmt: skip
    for why in ("metro.example is guarded", "Bo has approved", "it is refused", "no decision 99"):
        assert why in answer.text, why
    states = [state(city, number) for number in range(1, 7)]
    assert states == [IN_FORCE, REFUSED, PROPOSED, IN_FORCE, PROPOSED, PROPOSED]
    acts = [e.action for e in read_audit(city.engine) if e.actor.startswith("token:Bo#")]
    assert acts == ["console.sign-in", *["decisions.approve"] * 3]
    assert verify(city.engine).broken_at is None


async def test_many_are_ended_with_one_reason(city: City) -> None:
    propose(city, "one.example", "two.example")
    city.desk.approve(2, Identity("Cy", "analyst"))
    bo = await city.person("Bo")
    for reason in ("", "  ", "x" * 2001):
        assert (await bo.act("end", 1, 2, reason=reason)).status_code == 400
        assert [state(city, 1), state(city, 2)] == [PROPOSED, IN_FORCE]
    answer = (await bo.act("end", 1, 2, reason="the owner has cleaned it")).text
    assert "Refused" in answer and "Removed" in answer
    assert [state(city, 1), state(city, 2)] == [REFUSED, REMOVED]
    assert get_decision(city.engine, 2).end_reason == "the owner has cleaned it"
    assert (
        "ended it → removed: <bdi>the owner has cleaned it" in (await bo.get(f"{DECISIONS}/2")).text
    )


async def test_each_row_says_who_lists_it_and_since_when(city: City) -> None:
    def take(source: str, line: bytes, **given: str) -> None:
        feed = BytesIO(line + b"\n")
        home = city.service.home
        import_feed(city.engine, home, city.clock, ROOT, feed, source=source, **given)

    take("partner <b>", b"parcel.example")
    take("partner <b>", b"http://shop.example/pay")
    take("friends", b"school.example", type="benign")
    propose(city, "pay.parcel.example", "https://shop.example/pay?x=1", "school.example")
    propose(city, "other.example", "https://shop.example/else")
    bo = await city.person("Bo")
    today = day(city.clock.now())
    rows = re.split(r'<tr role="row" id="d', (await bo.get(DECISIONS)).text)[1:]
    named = "partner &lt;b&gt;: {}, " + f"{today} to {today}"
    for row, shown in zip(rows, [
        named.format("parcel[.]example/"),
        named.format("shop[.]example/pay"),
        f"friends vouches: school[.]example/, {today} to {today}",
        "On no list",
        "On no list",
    ], strict=True):  # fmt: skip
        assert shown in row, row
        assert ("On no list" in row) == (shown == "On no list")
    blind = await city.person("Cy", scopes=["decisions:read"])
    assert "partner" not in (await blind.get(DECISIONS)).text


async def test_none_and_too_many_are_refused(city: City) -> None:
    bo = await city.person("Bo")
    for numbers in ([], list(range(1, MOST_AT_ONCE + 2))):
        answer = await bo.act("approve", *numbers)
        assert answer.status_code == 400
        chosen = "&".join(f"d={number}" for number in numbers)
        assert (await bo.get(f"{DECISIONS}/confirm?act=end&{chosen}")).status_code == 400
    assert (await bo.act("approve", *range(1, MOST_AT_ONCE + 1))).status_code == 200
    for form in ({"act": "burn", "d-1": "1"}, {"d-1": "1"}, {"act": "approve", "d-x": "1"},
                 {"act": "approve", "d-" + "9" * 5000: "1"}, {"act": "approve", "d--1": "1"}):  # fmt: skip
        answer = await bo.post(f"{DECISIONS}/act", {"key": await bo.key(), **form})
        assert answer.status_code == 400


async def test_a_proposal_is_looked_at_before_it_is_sent(city: City) -> None:
    bo = await city.person("Bo")
    form = {"key": await bo.key(), "target": "hxxps://shop[.]github.com/pay?x=1", "days": "30",
            "reason": "a false page", "evidence": "screenshot\n\n two calls ", "action": "block"}  # fmt: skip
    seen = (await bo.post(f"{DECISIONS}/new", {**form, "step": "look"})).text
    for word in ("shop[.]github[.]com/pay?x=1", "one link", "a false page", "two calls",
                 "github[.]com (platform, by cityshield)", "approval of 3 people"):  # fmt: skip
        assert word in seen, word
    assert list(find(city.engine)) == []
    again = (await bo.post(f"{DECISIONS}/new", {**form, "step": "change"})).text
    assert "hxxps://shop[.]github.com/pay?x=1" in again and "screenshot" in again
    answer = await bo.post(f"{DECISIONS}/new", {**form, "step": "send"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{DECISIONS}/1")
    made = get_decision(city.engine, 1)
    assert (made.evidence, made.days, made.needed) == (("screenshot", "two calls"), 30, 3)
    answer = await bo.post(f"{DECISIONS}/new", {**form, "step": "send"})
    assert answer.status_code == 400
    assert f'href="{DECISIONS}/1"' in answer.text and "says the same" in answer.text


@pytest.mark.parametrize(("change", "told"), [
    ({"target": "github.com"}, "Warn of the single link, or block that link alone"),
    ({"target": "co.uk", "scope": "domain"}, "public suffix"),
    ({"target": "http://"}, "no link and no name"),
    ({"target": "192.0.2.1"}, "Choose the scope"),
    ({"target": "a.example/x", "scope": "host"}, "Choose the scope"),
    ({"reason": " "}, "needs a reason"),
    ({"reason": "x" * 2001}, "needs a reason"),
    ({"days": "367"}, "367 days"),
    ({"days": "soon"}, "0 days"),
    ({"action": "burn"}, "burn"),
    ({"evidence": "line\n" * 101}, "100 lines"),
])  # fmt: skip
@pytest.mark.parametrize("step", ["look", "send"])
async def test_what_cannot_be_proposed_is_told_and_nothing_is_lost(
    city: City, step: str, change: dict[str, str], told: str
) -> None:
    bo = await city.person("Bo")
    form = {"key": await bo.key(), "target": "a.example", "reason": "because", "days": "30",
            "action": "block", "evidence": "kept evidence", "step": step, **change}  # fmt: skip
    answer = await bo.post(f"{DECISIONS}/new", form)
    assert answer.status_code == 400
    assert told in answer.text
    assert form["target"] in answer.text and form["reason"][:50] in answer.text
    assert list(find(city.engine)) == []


HOSTILE = "<img src=x onerror=alert(1)>\"'&{{'a'*9}}\u202egpj.exe\u2066\u200b\0\x1b[31m"


async def test_nothing_that_anybody_wrote_becomes_markup_or_turns_the_line(city: City) -> None:
    mallory = Identity("Mallory <b>\u202e</b>", "analyst")
    url = "https://evil.example/<script>alert(1)</script>?q=\"'"
    city.desk.propose(url, "block", HOSTILE, mallory, evidence=[HOSTILE, url])
    city.desk.propose("bücher.example", "block", HOSTILE, mallory)
    city.desk.end(2, HOSTILE, mallory)
    bo = await city.person("<i>Bo</i>")
    chosen = "confirm?act=approve&d=1&d=2"
    for path in ("", "?state=all", "/1", "/2", f"/{chosen}", f"?text={quote(HOSTILE)}&state=<b>",
                 f"/new?target={quote(HOSTILE)}"):  # fmt: skip
        answer = await bo.get(DECISIONS + path)
        assert answer.status_code == 200, path
        page = answer.text
        assert "<img src" not in page and "<script>alert" not in page, path
        assert "<b>" not in page and "<i>" not in page and "a" * 9 not in page, path
        shown = re.sub(r'value="[^"]*"', "", page)
        for sign in "\u202e\u2066\u200b\0\x1b":
            assert sign not in shown, (path, hex(ord(sign)))
    form = {"key": await bo.key(), "target": url, "reason": HOSTILE, "days": "1", "step": "look",
            "action": "warn", "evidence": HOSTILE}  # fmt: skip
    page = (await bo.post(f"{DECISIONS}/new", form)).text
    assert "<img src" not in page and "<script>alert" not in page


@pytest.mark.parametrize(
    "field", ["target", "reason", "evidence", "days", "action", "scope", "key"]
)
async def test_a_field_of_a_megabyte_is_refused(city: City, field: str) -> None:
    bo = await city.person("Bo")
    form = {"key": await bo.key(), "target": "a.example", "reason": "r", "days": "1",
            "step": "send", "action": "block", field: "x" * 1_000_000}  # fmt: skip
    answer = await bo.post(f"{DECISIONS}/new", form)
    if field in ("evidence", "scope"):  # cut, or a word that is none
        assert answer.status_code == 303
        assert len(get_decision(city.engine, 1).evidence) <= 1
    else:
        assert answer.status_code in (400, 403)
    assert len(answer.content) < 200_000
    form[field] = "x" * 2_000_000
    assert (await bo.post(f"{DECISIONS}/new", form)).status_code == 400


@pytest.mark.parametrize("path", [
    "/0", "/99", "/9999999999999999999999", "/x", "/-1", "/1/x", "?after=x&before=-1&after=",
    "?state=x&action=x&scope=x&origin=x", "?after=" + "9" * 5000, "?text=" + "%" * 3000,
    "?text=%00%ff", "/confirm", "/confirm?act=approve&d=", "/confirm?act=x&d=1", "?lang=x",
])  # fmt: skip
async def test_odd_addresses_do_no_harm(city: City, path: str) -> None:
    bo = await city.person("Bo")
    answer = await bo.get(DECISIONS + path)
    assert answer.status_code in (200, 400, 404), answer.text


async def test_the_language_stays_as_it_was_chosen(city: City) -> None:
    bo = await city.person("Bo")
    assert 'lang="en"' in (await bo.get(DECISIONS)).text
    page = (await bo.get(f"{DECISIONS}?state=all&lang=zh-Hans")).text
    assert '<html lang="zh-Hans">' in page
    assert f'href="{DECISIONS}?state=all&amp;lang=en"' in page
    assert '<html lang="zh-Hans">' in (await bo.get("/console")).text
