"""From evidence to a level."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cityshield.guards.scale import Scale, with_parts
from cityshield.vocabulary.subject import Subject
from cityshield.vocabulary.verdict import (
    BENIGN,
    MALICIOUS,
    RANK,
    SUSPICIOUS,
    UNKNOWN,
    Evidence,
    Failure,
    Verdict,
)

SUBJECT = Subject("message", "text")
FAILURE = Failure("messages.some", "raised")


def evidence(*weights: float) -> list[Evidence]:
    return [Evidence(f"some.check{n}", weight, "", ()) for n, weight in enumerate(weights)]


def level(*weights: float, failed: bool = False, coverage: float = 1.0) -> str:
    return Scale().conclude(SUBJECT, evidence(*weights), [FAILURE] * failed, coverage).level


def test_levels_follow_the_sum_of_weights() -> None:
    assert level() == UNKNOWN
    assert level(0.2) == UNKNOWN
    assert level(0.2, 0.3) == SUSPICIOUS
    assert level(0.5, 0.5) == MALICIOUS


def test_benign_must_be_earned() -> None:
    assert level(-0.3) == BENIGN
    assert level(-0.3, 0.1) == UNKNOWN
    assert level(-0.3, failed=True) == UNKNOWN
    assert level(-0.3, coverage=0.9) == UNKNOWN


def test_thresholds_are_the_operators() -> None:
    strict = Scale(suspicious=0.1, malicious=0.2)
    assert strict.conclude(SUBJECT, evidence(0.15), [], 1.0).level == SUSPICIOUS
    assert strict.conclude(SUBJECT, evidence(0.25), [], 1.0).level == MALICIOUS


weights = st.lists(st.floats(-1, 1, allow_nan=False), max_size=6)


@given(weights, st.booleans(), st.floats(0, 1))
def test_ignorance_never_reassures(given_weights: list[float], failed: bool, read: float) -> None:
    whole = Scale().conclude(SUBJECT, evidence(*given_weights), [], 1.0)
    partial = Scale().conclude(SUBJECT, evidence(*given_weights), [FAILURE] * failed, read)
    assert 0 <= partial.score <= 1
    assert RANK[partial.level] >= RANK[whole.level]
    if failed or read < 1:
        assert partial.level != BENIGN


verdicts = st.builds(
    Verdict,
    st.just(SUBJECT),
    st.sampled_from(list(RANK)),
    st.floats(0, 1),
    st.floats(0, 1),
)
failures = st.lists(st.builds(Failure, st.just("files"), st.just("encrypted")), max_size=3)


@given(verdicts, st.lists(verdicts, max_size=4), failures)
def test_parts_never_reassure(whole: Verdict, parts: list[Verdict], missed: list[Failure]) -> None:
    together = with_parts(whole, parts, missed)
    assert RANK[together.level] >= RANK[whole.level]
    assert 0 <= together.coverage <= whole.coverage + 1e-9
    assert together.score >= whole.score
    if any(part.level in (SUSPICIOUS, MALICIOUS) for part in parts):
        assert RANK[together.level] >= RANK[SUSPICIOUS]
    if missed or any(part.level != BENIGN for part in parts):
        assert together.level != BENIGN


def test_what_was_not_reached_lowers_coverage() -> None:
    whole = Verdict(SUBJECT, UNKNOWN, 0.0, 1.0)
    part = Verdict(SUBJECT, UNKNOWN, 0.0, 1.0)
    missed = [Failure("files", "too-many", count=3)]
    assert with_parts(whole, [part], missed).coverage == 0.25
