"""Grades: from A to F, never better for one more finding, and none where too little was read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityshield.guards.sites.grade import GRADES, NO_GRADE, grade, grade_of
from cityshield.vocabulary.finding import SEVERITIES, Finding
from cityshield.vocabulary.subject import SITE, Subject
from cityshield.vocabulary.verdict import LEVELS, MALICIOUS, SUSPICIOUS, UNKNOWN, Verdict

FINDINGS = st.lists(
    st.builds(
        Finding,
        st.sampled_from([f"sites.c{n}" for n in range(20)]),
        st.sampled_from(SEVERITIES),
        st.just(""),
        st.just(""),
    ),
    max_size=40,
)


def some(*severities: str) -> list[Finding]:
    return [Finding(f"sites.c{n}", severity, "", "") for n, severity in enumerate(severities)]


@pytest.mark.parametrize(
    ("severities", "letter"),
    [
        ([], "A"),
        (["none"] * 9, "A"),
        (["low"] * 4, "A"),
        (["low"] * 5, "B"),
        (["low"] * 30, "B"),
        (["medium"], "B"),
        (["medium"] * 3, "C"),
        (["high"], "D"),
        (["high", "medium", "medium"], "E"),
        (["high"] * 2, "F"),
        (["critical"], "F"),
    ],
)
def test_grades(severities: list[str], letter: str) -> None:
    assert grade(some(*severities)) == letter


def test_a_check_counts_once_by_its_worst() -> None:
    twice = [Finding("sites.a", "low", "", "1"), Finding("sites.a", "medium", "", "2")]
    assert grade(twice * 20) == grade(some("medium"))


@given(FINDINGS, FINDINGS)
def test_one_more_finding_never_makes_a_grade_better(
    some: list[Finding], more: list[Finding]
) -> None:
    assert GRADES.index(grade([*some, *more])) >= GRADES.index(grade(some))


@pytest.mark.parametrize("level", LEVELS)
def test_a_grade_needs_reading_and_no_break_in(level: str) -> None:
    subject = Subject(SITE, "city-library.example")
    broken = level in (SUSPICIOUS, MALICIOUS)
    assert grade_of(Verdict(subject, level, 0, 1.0)) == ("F" if broken else "A")
    assert grade_of(Verdict(subject, UNKNOWN, 0, 0.5)) == NO_GRADE
