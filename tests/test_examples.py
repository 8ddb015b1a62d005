"""Every example of every check holds, and every sentence is there."""

from __future__ import annotations

import pytest

from cityshield.adapters.sentences.sentences import CARD_KEYS, FIELDS, LANGUAGES
from cityshield.examples import all_checks, find_examples, run_examples
from cityshield.guards.check import Check, read_toml
from cityshield.rooms import GUARDS, GUARDS_FOLDER

CHECKS = all_checks([])


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_examples_hold(check: Check) -> None:
    count, problems = run_examples([check])
    assert problems == []
    assert count >= 2


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_sentences_are_written_side_by_side(check: Check) -> None:
    for card in (check.card(), *check.rules().values()):
        for field in FIELDS:
            en, zh = (card[CARD_KEYS[language]][field] for language in LANGUAGES)
            assert en != zh
            assert any("\u4e00" <= character <= "\u9fff" for character in zh)
            assert "!" not in en + zh
            assert "！" not in en + zh
            for text in (en, zh):  # only what chooses among sentences has several lines
                assert "\n" not in text or "->\n" in text
            assert ("->" in en) == ("->" in zh)


def test_there_are_a_dozen_tells_in_both_languages() -> None:
    (tells,) = [check for check in CHECKS if check.id == "messages.tells"]
    assert len(tells.rules()) >= 12
    for name, rule in tells.rules().items():
        subjects = [example["subject"] for example in rule["hits"]]
        assert any(subject.isascii() for subject in subjects), name
        assert any(not subject.isascii() for subject in subjects), name


def test_examples_name_no_real_host() -> None:
    allowed = (".example", ".test", ".invalid", "192.0.2.", "192.168.1.1")
    for check in CHECKS:
        if check.guard != "links" or check.id == "links.lookalike":
            continue
        for example in find_examples(check):
            subject = example.table["subject"]
            assert any(part in subject for part in allowed) or "3221226219" in subject, subject


def test_every_guard_has_a_card() -> None:
    for guard, kind in GUARDS.items():
        card = read_toml(GUARDS_FOLDER / guard / "card.toml")
        assert (card["name"], card["kind"]) == (guard, kind)
        assert card["purpose"]
        assert card["load"]
        assert card["quality"]["command"]
