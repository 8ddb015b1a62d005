"""From evidence to a level: weights are summed, thresholds compared, ignorance counted."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

import msgspec

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


class Scale(msgspec.Struct, frozen=True):
    """The scores at which a subject of one kind is suspicious or malicious, and new weights.

    `weights` maps the id of a check, or `family/rule`, to what a hit adds instead of the declared
    weight.
    """

    suspicious: float = 0.5
    malicious: float = 0.9
    weights: dict[str, float] = {}

    def conclude(
        self,
        subject: Subject,
        evidence: Sequence[Evidence],
        failed: Sequence[Failure],
        coverage: float,
    ) -> Verdict:
        """The verdict that this evidence earns.

        Benign must be earned: something vouches, nothing speaks against it, and all was read.
        """
        if not evidence:
            return Verdict(subject, UNKNOWN, 0.0, coverage, (), (), tuple(failed))
        total = sum([item.weight for item in evidence])
        score = round(min(1.0, max(0.0, total)), 4)
        if score >= self.malicious:
            level = MALICIOUS
        elif score >= self.suspicious:
            level = SUSPICIOUS
        elif coverage >= 1.0 and not failed and all(item.weight < 0 for item in evidence):
            level = BENIGN
        else:
            level = UNKNOWN
        return Verdict(subject, level, score, coverage, tuple(evidence), (), tuple(failed))


def with_parts(
    whole: Verdict, parts: Sequence[Verdict], missed: Sequence[Failure], malicious: float = 0.9
) -> Verdict:
    """The verdict on a whole, given those on its parts and what of it was not reached.

    A malicious or suspicious part makes the whole at least suspicious. A part that is not known
    to be benign, or was not reached, takes benign away. Coverage is that of the whole times the
    mean of its parts, a part that was not reached counting as nothing. The score stays below
    `malicious` unless the whole itself earned more.
    """
    level, score, coverage = whole.level, whole.score, whole.coverage
    named = len(parts) + sum([failure.count for failure in missed])
    if named:
        coverage *= sum([part.coverage for part in parts]) / named
    worst = max((RANK[part.level] for part in parts), default=RANK[BENIGN])
    if worst >= RANK[SUSPICIOUS] and RANK[level] < RANK[SUSPICIOUS]:
        level = SUSPICIOUS
    if worst >= RANK[SUSPICIOUS]:
        score = max(score, min(malicious - 0.01, max(part.score for part in parts)))
    if level == BENIGN and (worst > RANK[BENIGN] or missed or coverage < 1.0):
        level = UNKNOWN
    return Verdict(
        whole.subject,
        level,
        score,
        floor(coverage * 10_000) / 10_000,
        whole.evidence,
        whole.findings,
        (*whole.failed, *missed),
        tuple(parts),
    )
