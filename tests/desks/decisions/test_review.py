"""Two people for a block, three where others depend on the name; every decision ends."""

from __future__ import annotations

import pytest

from cityshield.desks.decisions.review import DAY_S, approve, end, propose
from cityshield.vocabulary.decision import (
    BLOCK,
    HOST,
    IN_FORCE,
    PROPOSED,
    REFUSED,
    REMOVED,
    URL,
    Decision,
    Guarded,
    Target,
)
from cityshield.vocabulary.errors import CityShieldError, Forbidden, InputError
from cityshield.vocabulary.identity import Identity

ANA, BO, CHEN = (Identity(name, "analyst") for name in ("ana", "bo", "chen"))
GUARD = Guarded("shop.example", "popular", "test")
NOW = 1_800_000_000
NAME = Target(HOST, "parcel-desk.example")


def proposed(target: Target = NAME, **given: object) -> Decision:
    return propose(BLOCK, target, "asks for cards", [], ANA, NOW, **given)  # type: ignore[arg-type]


def test_a_second_person_brings_it_into_force_for_its_days() -> None:
    decision = proposed(days=30)
    assert (decision.state, decision.needed, decision.since) == (PROPOSED, 2, None)
    decision = approve(decision, [], BO, NOW + 60)
    assert (decision.state, decision.since) == (IN_FORCE, NOW + 60)
    assert decision.expires == NOW + 60 + 30 * DAY_S


@pytest.mark.parametrize("again", [ANA, Identity("Ana ", "admin", id="another-token"),
                                   Identity("ANA", "admin", how="local")])  # fmt: skip
def test_nobody_approves_twice_whatever_the_token(again: Identity) -> None:
    with pytest.raises(Forbidden) as caught:
        approve(proposed(), [], again, NOW)
    assert caught.value.sentence == "error-approved-twice"


def test_who_made_a_token_does_not_approve_by_it() -> None:
    with pytest.raises(Forbidden) as caught:
        approve(proposed(), [], Identity("bo", "analyst", makers=("Ana",)), NOW)
    assert caught.value.sentence == "error-approved-by-own"
    by_admin = Identity("bo", "analyst", makers=("root",))
    assert approve(proposed(), [], by_admin, NOW).state == IN_FORCE


def test_who_made_a_token_does_not_approve_after_it_nor_through_a_third() -> None:
    zoe = Identity("zoe", "analyst", makers=("root", "mia"))
    made = propose(BLOCK, NAME, "r", [], zoe, NOW)
    for maker in ("Mia", "root"):
        with pytest.raises(Forbidden) as caught:
            approve(made, [], Identity(maker, "admin"), NOW)
        assert caught.value.sentence == "error-approved-by-made"
    with pytest.raises(Forbidden):
        approve(propose(BLOCK, NAME, "r", [], Identity("root", "admin"), NOW), [], zoe, NOW)
    assert approve(made, [], BO, NOW).state == IN_FORCE


def test_two_spellings_of_a_name_are_one_person() -> None:
    jose = propose(BLOCK, NAME, "r", [], Identity("Jos\u00e9", "analyst"), NOW)
    with pytest.raises(Forbidden):
        approve(jose, [], Identity("Jose\u0301", "analyst"), NOW)


def test_a_link_on_a_guarded_name_takes_three() -> None:
    decision = propose(BLOCK, Target(URL, "shop.example/x"), "r", [GUARD], ANA, NOW)
    decision = approve(decision, [GUARD], BO, NOW)
    assert decision.state == PROPOSED
    assert approve(decision, [GUARD], CHEN, NOW).state == IN_FORCE


def test_a_name_that_is_guarded_by_now_is_not_blocked_and_a_link_takes_one_more() -> None:
    with pytest.raises(InputError) as caught:
        approve(proposed(), [GUARD], BO, NOW)
    assert caught.value.sentence == "error-guarded"
    link = approve(proposed(Target(URL, "shop.example/x")), [GUARD], BO, NOW)
    assert (link.state, link.needed) == (PROPOSED, 3)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"reason": "  "}, "error-decision-reason"),
        ({"reason": "x" * 2001}, "error-decision-reason"),
        ({"days": 0}, "error-decision-days"),
        ({"days": 367}, "error-decision-days"),
        ({"action": "burn"}, "error-decision-action"),
        ({"guards": [GUARD]}, "error-guarded"),
    ],
)
def test_what_cannot_be_proposed_is_refused(given: dict[str, object], sentence: str) -> None:
    values = {"action": BLOCK, "target": Target(HOST, "a.example"), "reason": "r", "guards": []}
    with pytest.raises(CityShieldError) as caught:
        propose(**{**values, "by": ANA, "now": NOW, **given})  # type: ignore[arg-type]
    assert caught.value.sentence == sentence


def test_one_person_ends_it_once() -> None:
    refused = end(proposed(), "a mistake", NOW + 1, "ana")
    assert (refused.state, refused.ended_at, refused.end_reason) == (REFUSED, NOW + 1, "a mistake")
    removed = end(approve(proposed(), [], BO, NOW), "cleaned", NOW + 2, "bo")
    assert removed.state == REMOVED
    for over in (refused, removed):
        with pytest.raises(InputError):
            end(over, "again", NOW + 3, "bo")
        with pytest.raises(InputError):
            approve(over, [], CHEN, NOW + 3)
