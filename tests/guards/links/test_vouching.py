"""What an operator's list of trusted hosts vouches for, and what it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from cityshield.adapters.clock import SystemClock
from cityshield.adapters.store.database import open_database
from cityshield.adapters.store.indicators import import_entries
from cityshield.answer import answer
from cityshield.config import Config
from cityshield.shield import Shield, build_shield, complete
from cityshield.vocabulary.indicator import BENIGN_ACTIVITY, HOST
from cityshield.vocabulary.subject import Subject
from cityshield.vocabulary.verdict import BENIGN, SUSPICIOUS, UNKNOWN, Verdict


@pytest.fixture
def lists(home: Path) -> Shield:
    """`bank.example` is trusted, `evil.example` is listed."""
    engine, clock = open_database(home), SystemClock()
    import_entries(engine, home, clock, "city", [(HOST, "bank.example/")], type=BENIGN_ACTIVITY)
    import_entries(engine, home, clock, "partner", [(HOST, "evil.example/")])
    return build_shield(home, Config(), disk=False)


def check(shield: Shield, link: str) -> Verdict:
    return complete(shield.check(Subject("link", link)))


@pytest.mark.parametrize(
    "link",
    [
        "bank.example",
        "https://www.bank.example/login?x=1",
        "HTTP://BANK.EXAMPLE:80/",
        "bank.example.",
    ],
)
def test_a_trusted_site_is_benign(lists: Shield, link: str) -> None:
    assert check(lists, link).level == BENIGN


@pytest.mark.parametrize(
    "link",
    [
        "evil.test\\.bank.example/login",
        "https://evil.test\\@bank.example/",
        "https://evil.test .bank.example/",
        "javascript://bank.example/%0aalert(1)",
        "file://bank.example/share/evil.exe",
        "intent://bank.example/#Intent;package=evil;end",
        "ftp://bank.example/",
        "https://bank.example:8443/",
        "https://bank.example@evil.test/",
        "https://bank.example.evil.test/",
        "https://bank-example.test/",
    ],
)
def test_what_may_lead_elsewhere_is_not(lists: Shield, link: str) -> None:
    assert check(lists, link).level != BENIGN


def test_a_link_carried_by_a_trusted_one_is_judged_too(lists: Shield) -> None:
    bad = check(lists, "https://www.bank.example/url?q=https%3A%2F%2Fevil.example%2Fx&y=1")
    assert bad.level == SUSPICIOUS
    assert [part.subject.value for part in bad.parts] == ["https://evil.example/x"]
    unlisted = check(lists, "https://www.bank.example/go?to=https://somewhere.example/")
    assert unlisted.level == UNKNOWN
    onward = check(lists, "https://www.bank.example/go?to=https://bank.example/")
    assert onward.level == BENIGN


def test_a_disguise_is_not_excused_by_its_decoy(lists: Shield) -> None:
    verdict = check(lists, "https://evil.test\\@bank.example/")
    assert verdict.level == SUSPICIOUS
    assert [item.check for item in verdict.evidence] == ["links.disguised"]


def test_links_in_links_end(lists: Shield) -> None:
    link = "https://a.example/?u=" * 500 + "https://evil.example/"
    verdict = check(lists, link)
    assert len(repr(verdict)) < 200_000


def test_an_invisible_letter_hides_no_link(lists: Shield) -> None:
    text = Subject("message", "have a look: https://ev\u200bil.example/a now")
    verdict = complete(lists.check(text))
    assert [part.subject.value for part in verdict.parts] == ["https://evil.example/a"]
    assert verdict.level == SUSPICIOUS


def test_the_answer_about_a_carried_link_is_in_words(lists: Shield) -> None:
    bad = check(lists, "https://other.example/url?q=https://evil.example/x")
    said = answer(lists, bad, "en")
    assert said.headline == "The link carries another one that looks wrong."
    onward = check(lists, "https://www.bank.example/go?to=https://somewhere.example/")
    assert "send you on" in answer(lists, onward, "en").headline
    assert answer(lists, onward, "zh-Hans").source == ""
