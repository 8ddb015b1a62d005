"""Appeals by the rules alone: who, what for, by when, and whose word counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cityshield.desks.decisions import appeals as rules
from cityshield.desks.decisions.review import DAY_S, approve, propose
from cityshield.vocabulary.appeal import (
    CLAIMS,
    CLEANED,
    CONTROL,
    EVIDENCE,
    FOUND,
    GRANTED,
    MENDED,
    MISTAKE,
    NEED_MORE,
    OPEN,
    OWNER,
    SPEAKERS,
    UPHELD,
    VISITOR,
    WRONG,
    Appeal,
)
from cityshield.vocabulary.decision import ALLOW, BLOCK, DOMAIN, HOST, URL, WARN, Decision, Target
from cityshield.vocabulary.errors import CityShieldError, Forbidden, InputError
from cityshield.vocabulary.identity import Identity

ANA, BO, CY = (Identity(name, "analyst") for name in ("Ana", "Bo", "Cy"))
NOW = 1_800_000_000


def decided(action: str = BLOCK) -> Decision:
    made = propose(action, Target(HOST, "a.example"), "r", [], ANA, NOW, days=30)
    return replace(approve(made, [], BO, NOW), id=7)


def appeal(claim: str = CLEANED, speaker: str = OWNER, **evidence: str) -> Appeal:
    voice = rules.speak(claim, "please look", "", evidence, rules.proof_of("1"), NOW)
    return rules.begin(speaker, decided(), replace(voice, id=3), NOW, 72)


def refused(error: type[CityShieldError], sentence: str, *call: object) -> None:
    act, *given_ = call
    with pytest.raises(error) as caught:
        act(*given_)  # type: ignore[operator]
    assert caught.value.sentence == sentence


def test_an_answer_is_due_within_the_hours_that_are_promised_also_over_weekends() -> None:
    made = appeal()
    assert (made.state, made.due) == (OPEN, NOW + 72 * 3600)
    assert not rules.is_overdue(made, made.due - 1)
    assert rules.is_overdue(made, made.due)


def test_only_what_is_in_force_and_stops_something_can_be_appealed_against() -> None:
    voice = appeal().voices[0]
    for action in (BLOCK, WARN):
        assert rules.begin(VISITOR, decided(action), voice, NOW, 1).decision == 7
    refused(InputError, "error-appeal-action", rules.require_appealable, decided(ALLOW), NOW)
    over = NOW + 30 * DAY_S
    refused(InputError, "error-appeal-over", rules.require_appealable, decided(), over)
    proposal = propose(BLOCK, Target(HOST, "a.example"), "r", [], ANA, NOW)
    refused(InputError, "error-appeal-over", rules.require_appealable, proposal, NOW)


def test_every_claim_says_which_evidence_is_asked_for_and_control_only_of_owners() -> None:
    for speaker in SPEAKERS:
        for claim in CLAIMS:
            wanted = rules.asked_for(speaker, claim)
            assert wanted or speaker != OWNER
            assert set(wanted) <= set(EVIDENCE)
            assert (CONTROL in wanted) == (speaker == OWNER), (speaker, claim)


def test_control_is_shown_where_only_who_has_the_target_can_write() -> None:
    for scope in (HOST, DOMAIN):
        assert rules.proof_places(Target(scope, "a.example")) == {
            "dns": "_cityshield.a.example",
            "file": "a.example/.well-known/cityshield.txt",
        }
    assert rules.proof_places(Target(URL, "docs.example/f/1")) == {"page": "docs.example/f/1"}


def test_what_was_not_given_is_named() -> None:
    made = appeal(found="a kit in /wp", control="  ")
    assert made.voices[0].evidence == {FOUND: "a kit in /wp"}
    assert rules.still_missing(OWNER, made.voices[0]) == ("closed", "rescan", "control")


def test_a_question_stops_our_clock_and_an_answer_starts_it_anew() -> None:
    asked = rules.ask(appeal(), "Which files?", NOW + 10)
    assert (asked.state, asked.answered_at) == (NEED_MORE, NOW + 10)
    assert asked.due == NOW + 10 + rules.PATIENCE_DAYS * DAY_S
    assert not rules.is_overdue(asked, asked.due)
    told = rules.reply(asked, 3, "these", {FOUND: "a.php"}, NOW + 100, 72)
    assert (told.state, told.due) == (OPEN, NOW + 100 + 72 * 3600)
    assert told.voices[0].evidence == {FOUND: "a.php"}
    again = rules.reply(told, 3, "and this", {}, NOW + 200, 72)
    assert again.due == told.due
    assert rules.ask(again, "And?", NOW + 300).answered_at == NOW + 10


def test_who_had_a_part_may_own_up_but_not_say_that_they_were_right() -> None:
    made, decision = appeal(), decided()
    of_ana = Identity("helper", "analyst", makers=("  ANA ",))
    for by in (ANA, BO, Identity("ana ", "analyst"), of_ana):
        refused(Forbidden, "error-appeal-own", rules.uphold, made, decision, "r", by, NOW)
        refused(Forbidden, "error-appeal-own", rules.grant, made, decision, "r", MENDED, by, NOW)
        assert rules.grant(made, decision, "our fault", WRONG, by, NOW).state == GRANTED
    assert rules.uphold(made, decision, "still there", CY, NOW).state == UPHELD
    granted = rules.grant(made, decision, "clean", MENDED, CY, NOW + 5)
    assert (granted.outcome, granted.decided_by, granted.answered_at) == (MENDED, "Cy", NOW + 5)


def test_an_automatic_decision_has_no_part_to_hide() -> None:
    decision = replace(decided(), approvals=())
    assert rules.uphold(appeal(), decision, "r", ANA, NOW).state == UPHELD


def test_what_is_decided_stays_so() -> None:
    done = rules.uphold(appeal(), decided(), "r", CY, NOW)
    for call in (
        (rules.uphold, done, decided(), "r", CY, NOW),
        (rules.grant, done, decided(), "r", WRONG, CY, NOW),
        (rules.ask, done, "x", NOW),
        (rules.reply, done, 3, "x", {}, NOW, 72),
    ):
        refused(InputError, "error-appeal-decided", *call)


def test_wrong_input_is_refused_in_words() -> None:
    speak = rules.speak
    for text in ("", "  \n ", "\x00\x1b\x07", "\u200b"):
        refused(InputError, "error-appeal-empty", speak, MISTAKE, text, "", {}, "", NOW)
    for given_ in (("x" * 4001, "", {}), ("x" * (1 << 20), "", {}), ("x", "c" * 201, {}),
                   ("x", "", {FOUND: "y" * 1001})):  # fmt: skip
        refused(InputError, "error-appeal-long", speak, MISTAKE, *given_, "", NOW)
    refused(InputError, "error-appeal-claim", speak, "<b>", "x", "", {}, "", NOW)
    made = appeal()
    refused(InputError, "error-appeal-speaker", rules.begin, "cat", decided(), made.voices[0], 0, 1)
    refused(InputError, "error-appeal-outcome", rules.grant, made, decided(), "r", "x", CY, NOW)
    refused(InputError, "error-appeal-empty", rules.uphold, made, decided(), " ", CY, NOW)


def test_nobody_floods_an_appeal() -> None:
    made = appeal()
    for _ in range(rules.MOST_VOICES - 1):
        made = rules.join(made, made.voices[0])
    refused(InputError, "error-appeal-full", rules.join, made, made.voices[0])
    made = appeal()
    for _ in range(rules.MOST_MESSAGES - 1):
        made = rules.reply(made, 3, "x", {}, NOW, 72)
    refused(InputError, "error-appeal-often", rules.reply, made, 3, "x", {}, NOW, 72)


def test_a_name_of_evidence_that_nobody_asks_for_is_dropped() -> None:
    assert appeal(**{"<script>": "x", FOUND: "y"}).voices[0].evidence == {FOUND: "y"}


@given(st.text(max_size=300))
def test_what_is_kept_is_lines_and_letters(text: str) -> None:
    kept = rules.written(text, 2000)
    assert all(c == "\n" or c.isprintable() for c in kept)
    assert rules.written(kept, 2000) == kept
    kept.encode()
