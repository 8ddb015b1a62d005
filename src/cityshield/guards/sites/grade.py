"""A grade from A to F for what was found on a site, and `unknown` where too little was read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cityshield.vocabulary.finding import CRITICAL, HIGH, LOW, MEDIUM, NONE, SEVERITIES, Finding
from cityshield.vocabulary.verdict import MALICIOUS, SUSPICIOUS, Verdict

GRADES: Final = ("A", "B", "C", "D", "E", "F")
NO_GRADE: Final = "unknown"
LEAST_READ: Final = 0.75
"""The share of the work that a grade needs."""

_POINTS = {NONE: 0, LOW: 2, MEDIUM: 12, HIGH: 50, CRITICAL: 100}
_MOST_FROM_LOW = 24
_FLOORS = {"A": 8, "B": 24, "C": 48, "D": 72, "E": 99}
"""The most points that each grade allows."""


def grade(findings: Iterable[Finding]) -> str:
    """The grade that findings earn: each check counts once, by the worst it found.

    Points: low 2, medium 12, high 50, critical 100; all the low ones together 24 at most. Up to 8
    points are A, 24 B, 48 C, 72 D, 99 E, more F. So small things alone never cost more than B, one
    medium finding is B at best, one high finding D, two are F, as is one critical. Points are only
    added and the worst of a check only grows, hence one more finding never makes a grade better.
    """
    worst: dict[str, int] = {}
    for item in findings:
        rank = SEVERITIES.index(item.severity)
        worst[item.check] = max(rank, worst.get(item.check, 0))
    low = min(_MOST_FROM_LOW, _POINTS[LOW] * sum(rank == 1 for rank in worst.values()))
    points = low + sum(_POINTS[SEVERITIES[rank]] for rank in worst.values() if rank > 1)
    return next((letter for letter, most in _FLOORS.items() if points <= most), GRADES[-1])


def grade_of(verdict: Verdict) -> str:
    """The grade of a site's verdict: `unknown` where less than three quarters was read.

    A site that looks broken into is F, whatever else was found.
    """
    if verdict.level in (SUSPICIOUS, MALICIOUS):
        return GRADES[-1]
    return NO_GRADE if verdict.coverage < LEAST_READ else grade(verdict.findings)
