"""Appeals at the console: who sees and answers what, what the audit has, and what is refused."""

from __future__ import annotations

import re

import pytest

from cityshield.adapters.store.audit import read_audit, verify
from cityshield.adapters.store.decisions import get as get_decision
from cityshield.entrypoints.console.appeals import ROWS
from cityshield.guards.dates import moment
from cityshield.vocabulary.appeal import GRANTED, NEED_MORE, OPEN, UPHELD, Appeal
from cityshield.vocabulary.decision import IN_FORCE, REMOVED
from cityshield.vocabulary.identity import Identity
from tests.entrypoints.console.support import APPEALS, DECISIONS, ROOT, City

ANA, CY = Identity("Ana", "analyst"), Identity("Cy", "analyst")
HOUR_S = 3600


def appeal(
    city: City,
    name: str = "shop.example",
    speaker: str = "owner",
    claim: str = "mistake",
    text: str = "I sell\npots",
    contact: str = "ring 555",
    evidence: dict[str, str] | None = None,
) -> Appeal:
    """A new block by Ana and Cy, and an appeal against it."""
    number = city.desk.propose(name, "block", "asks for card numbers", ANA, evidence=["seen"]).id
    city.desk.approve(number, CY)
    given = {"purpose": "pots and pans"} if evidence is None else evidence
    return city.appeals.open(number, speaker, claim, text, contact=contact, evidence=given)[0]


def state(city: City, number: int = 1) -> str:
    return city.appeals.case(number).appeal.state


async def test_the_queue_says_what_waits_the_overdue_first(city: City) -> None:
    late = appeal(city, "late.example", "visitor")
    city.appeals.open(late.decision, "visitor", "else", "me too", evidence={"reason": "it is not"})
    city.clock.added_s += 80 * HOUR_S
    asked = appeal(city, "asked.example")
    city.appeals.ask(asked.id, "since when?", CY)
    fresh = appeal(city, "fresh.example", claim="new-owner", evidence={"control": "dns"})
    bo = await city.person("Bo")
    page = (await bo.get(APPEALS)).text
    assert re.findall(r'<tr role="row" id="a(\d+)"', page) == ["1", "3", "2"]
    rows = [" ".join(re.sub(r"<[^>]*>", " ", row).split()) for row in page.split("<tr ")[2:]]
    for word in ("late by 8 h 0 min", f"by {moment(late.due)}", "A mistake · Something else",
                 "wants to use the site · 2 people", "✓ what the page is for", "Decision 1",
                 "✓ why the reason does not hold", "late[.]example"):  # fmt: skip
        assert word in rows[0], word
    assert "control of the name" not in rows[0]  # who only visits is not asked for it
    assert "3 d 0 h left" in rows[1] or "2 d 23 h left" in rows[1]
    for word in (
        "A new owner",
        "○ since when the name is theirs : not given",
        "✓ control of the name : given",
    ):
        assert word in rows[1], word
    assert "waits for them" in rows[2]
    assert f'href="{DECISIONS}/{fresh.decision}"' in page
    for secret in ("I sell", "ring 555", "pots and pans", "me too", "it is not", "since when?"):
        assert secret not in page
    for query, found in (("state=need-more", ["2"]), ("state=open", ["1", "3"]),
                         ("state=granted", []), ("state=all&text=hxxps://FRESH[.]example", ["3"]),
                         ("text=card+numbers", ["1", "3", "2"]), ("state=x&text=none", [])):  # fmt: skip
        shown = (await bo.get(f"{APPEALS}?{query}")).text
        assert re.findall(r'<tr role="row" id="a(\d+)"', shown) == found, query


async def test_the_number_that_waits_is_on_every_page(city: City) -> None:
    bo, di = await city.person("Bo"), await city.person("Di", "reader")
    assert 'class="count"' not in (await bo.get(DECISIONS)).text
    first, second = appeal(city), appeal(city, "other.example")
    city.appeals.ask(second.id, "since when?", CY)
    page = (await bo.get(DECISIONS)).text
    assert re.findall(r'class="count"[^>]*>(\d+)<', page) == ["1"] and "(1 waiting)" in page
    start = (await bo.get("/console")).text
    assert "The most urgent:" in start and f'href="{APPEALS}/{first.id}"' in start
    assert "Appeals" not in (await di.get("/console")).text
    city.desk.end(first.decision, "a mistake", ANA)  # nothing is left to answer
    assert 'class="count"' not in (await bo.get(DECISIONS)).text
    assert "None waits for an answer." in (await bo.get("/console")).text


async def test_many_appeals_are_shown_page_by_page(city: City) -> None:
    for number in range(ROWS + 2):
        appeal(city, f"n{number}.example")
    bo = await city.person("Bo")
    seen, path = [], APPEALS
    while path:
        page = (await bo.get(path)).text
        seen += re.findall(r'<tr role="row" id="a(\d+)"', page)
        found = re.search(r'rel="next" href="([^"]*)"', page)
        path = found[1].replace("&amp;", "&") if found else ""
    assert seen == [str(number) for number in range(1, ROWS + 3)]
    assert 'rel="prev"' in page
    for odd in ("page=-1", "page=x", f"page={10**17}", "page=99&text=" + "%00" * 300):
        assert (await bo.get(f"{APPEALS}?{odd}")).status_code == 200


async def test_one_page_shows_everything_and_the_audit_has_who_read_it(city: City) -> None:
    made = appeal(city, evidence={"purpose": "pots", "control": "dns", "since": "May"})
    city.appeals.open(made.decision, "owner", "cleaned", "it is clean", evidence={})
    city.appeals.ask(made.id, "since when?", CY)
    bo = await city.person("Bo", "admin")
    page = (await bo.get(f"{APPEALS}/1")).text
    proofs = [voice.proof for voice in city.appeals.read(1, ROOT).voices]
    for word in ("shop[.]example", "asks for card numbers", "seen", "Ana", "Cy", "I sell\npots",
                 "ring 555", "May", "it is clean", "since when?", "Person 2", *proofs,
                 "_cityshield.shop.example", "shop.example/.well-known/cityshield.txt",
                 "They say that the proof is in DNS."):  # fmt: skip
        assert word in page, word
    read = [entry for entry in read_audit(city.engine) if entry.action == "appeals.read"]
    assert [(e.actor.partition("#")[0], e.detail) for e in read] == [
        ("token:Bo", '{"appeal":1}'), ("local:Root", '{"appeal":1}')
    ]  # fmt: skip
    for path in (APPEALS, f"{APPEALS}/1/confirm?act=uphold"):
        shown = (await bo.get(path)).text
        assert all(word not in shown for word in ("I sell", "ring 555", "May", *proofs)), path
    assert sum(e.action == "appeals.read" for e in read_audit(city.engine)) == 2
    history = (await bo.get(f"{DECISIONS}/1")).text
    for word in ("appealed against it", "joined an appeal", "asked those who appealed for more"):
        assert word in history
    assert verify(city.engine).broken_at is None


@pytest.mark.parametrize(("act", "after", "decision"), [
    ("ask", NEED_MORE, IN_FORCE), ("uphold", UPHELD, IN_FORCE),
    ("wrong", GRANTED, REMOVED), ("mended", GRANTED, REMOVED),
])  # fmt: skip
async def test_each_answer_is_looked_at_once_more_and_done(
    city: City, act: str, after: str, decision: str
) -> None:
    made = appeal(city)
    city.appeals.open(made.decision, "visitor", "else", "I want it", evidence={})
    bo = await city.person("Bo")
    assert f"confirm?act={act}" in (await bo.get(f"{APPEALS}/1")).text
    page = (await bo.get(f"{APPEALS}/1/confirm?act={act}")).text
    for word in ("asks for card numbers", "Proposed by Ana", "what the page is for", 'name="text"'):
        assert word in page, word
    assert ("1 other appeal against it is granted too." in page) == (after == GRANTED)
    answer = await bo.answer(act, 1, "because\nof this")
    assert answer.status_code == 200 and "card--done" in answer.text
    assert (state(city), get_decision(city.engine, 1).state) == (after, decision)
    assert state(city, 2) == (GRANTED if after == GRANTED else OPEN)
    case = city.appeals.case(1).appeal
    told = case.asked[0].text if act == "ask" else case.reason
    assert told == "because\nof this"
    assert case.outcome == (act if after == GRANTED else "")
    again = await bo.answer("uphold", 1, "no")
    if act == "ask":
        assert again.status_code == 200 and state(city) == UPHELD
    else:
        assert again.status_code == 400 and "is answered or closed already" in again.text
        assert "It is answered or closed." in (await bo.get(f"{APPEALS}/1")).text
    assert [e.action for e in read_audit(city.engine)].count(f"appeals.{_verb(act)}") >= 1


def _verb(act: str) -> str:
    return "grant" if act in ("wrong", "mended") else act


async def test_who_had_a_part_is_told_beforehand_and_may_only_own_up(city: City) -> None:
    appeal(city)
    me = Identity("Cy", "admin", id="1", makers=("Root",))
    people = {
        "You had a part": [await city.person("Ana"), await city.person("ｃｙ")],
        "Your token was made by Cy": [await city.person("Somebody", by=me)],
    }
    for why, browsers in people.items():
        for browser in browsers:
            page = (await browser.get(f"{APPEALS}/1")).text
            assert re.findall(r"confirm\?act=(\w+)", page) == ["ask", "wrong"]
            assert page.count(why) == 2
            for act in ("uphold", "mended"):
                page = (await browser.get(f"{APPEALS}/1/confirm?act={act}")).text
                assert why in page and 'name="text"' not in page
                answer = await browser.answer(act, 1, "all well")
                assert (
                    answer.status_code == 403 and "You may grant the appeal as wrong" in answer.text
                )
                assert state(city) == OPEN
    assert (await people["You had a part"][0].answer("wrong", 1, "my fault")).status_code == 200
    assert state(city) == GRANTED


@pytest.mark.parametrize(("role", "scopes", "reads", "answers"), [
    ("reader", [], False, False), ("analyst", [], True, True), ("operator", [], True, True),
    ("admin", [], True, True), ("admin", ["decisions:read", "appeals:read"], True, False),
    ("admin", ["decisions:read", "decisions:write", "appeals:write"], False, True),
])  # fmt: skip
async def test_each_role_reads_and_answers_what_it_may(
    city: City, role: str, scopes: list[str], reads: bool, answers: bool
) -> None:
    appeal(city)
    bo = await city.person("Bo", role, **({"scopes": scopes} if scopes else {}))
    for path in (APPEALS, f"{APPEALS}/1", f"{APPEALS}/1/confirm?act=ask"):
        answer = await bo.get(path)
        assert answer.status_code == (200 if reads else 403), path
        assert ("shop[.]example" in answer.text) == reads
    assert (f'href="{APPEALS}"' in (await bo.get("/console")).text) == reads
    if reads and not answers:
        assert "You may read, not answer." in (await bo.get(f"{APPEALS}/1")).text
    answer = await bo.answer("ask", 1, "since when?")
    assert (answer.status_code == 200) == answers == (state(city) == NEED_MORE)


async def test_nobody_answers_by_a_form_from_elsewhere(city: City) -> None:
    appeal(city)
    bo = await city.person("Bo")
    form = {"act": "wrong", "text": "x"}
    key = await bo.key()
    for given, said in (
        ({**form, "key": "0" * 64}, {}), (form, {}),
        ({**form, "key": key}, {"sec_fetch_site": "cross-site"}),
        ({**form, "key": key}, {"origin": "http://elsewhere.test"}),
    ):  # fmt: skip
        assert (await bo.post(f"{APPEALS}/1/act", given, **said)).status_code == 403
    for path in (APPEALS, f"{APPEALS}/1", f"{APPEALS}/1/confirm?act=ask"):
        assert (await city.browser().get(path)).status_code == 303
    assert (await city.browser().post(f"{APPEALS}/1/act", {**form, "key": key})).status_code == 403
    assert state(city) == OPEN


async def test_an_answer_that_is_refused_is_told_and_not_lost(city: City) -> None:
    appeal(city)
    bo = await city.person("Bo")
    for text, told in ((" \n ", "Nothing was written"), ("x" * 4001, "longer than 4000")):
        answer = await bo.answer("uphold", 1, text)
        assert answer.status_code == 400 and told in answer.text
        assert text.strip()[:4000] in answer.text
    for path in (f"{APPEALS}/1/confirm?act=burn", f"{APPEALS}/1/confirm"):
        assert (await bo.get(path)).status_code == 400
    assert (await bo.answer("burn", 1, "x")).status_code == 400
    for path in (f"{APPEALS}/99", f"{APPEALS}/99/confirm?act=ask", f"{APPEALS}/0", f"{APPEALS}/x",
                 f"{APPEALS}/{10**30}"):  # fmt: skip
        answer = await bo.get(path, headers={"accept": "text/html"})
        assert answer.status_code in (400, 404) and "<h1>That did not work</h1>" in answer.text
    assert (await bo.answer("ask", 99, "x")).status_code == 404
    assert state(city) == OPEN


async def test_nothing_that_anybody_wrote_becomes_markup_or_turns_the_line(city: City) -> None:
    evil = "</p><script>x()</script>\u202e\x1b[2J{{ 7*7 }}"
    appeal(
        city, text=evil, contact=evil, evidence={"purpose": evil, "control": evil, "found": evil}
    )
    city.appeals.ask(1, evil, CY)
    bo = await city.person("Bo")
    page = (await bo.get(f"{APPEALS}/1")).text
    assert "<script>x" not in page and "\u202e" not in page and "\x1b" not in page
    assert "&lt;script&gt;x()" in page and "{{ 7*7 }}" in page
    await bo.answer("uphold", 1, evil)
    page = (await bo.get(f"{APPEALS}/1")).text
    assert "<script>x" not in page and "\u202e" not in page


async def test_what_was_deleted_is_said_to_be(city: City) -> None:
    appeal(city)
    city.appeals.grant(1, "our mistake", "wrong", CY)
    city.clock.added_s += 100 * 24 * HOUR_S
    city.service.clean()
    bo = await city.person("Bo")
    page = (await bo.get(f"{APPEALS}/1")).text
    assert "What was written has been deleted." in page and "our mistake" in page
    assert "shop[.]example" in (await bo.get(f"{APPEALS}?state=granted")).text
