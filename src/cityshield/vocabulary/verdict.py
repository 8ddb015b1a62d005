"""What CityShield thinks of a subject, and why."""

from __future__ import annotations

from typing import Final

import msgspec

from cityshield.vocabulary.finding import Finding
from cityshield.vocabulary.subject import Subject

BENIGN: Final = "benign"
UNKNOWN: Final = "unknown"
SUSPICIOUS: Final = "suspicious"
MALICIOUS: Final = "malicious"

LEVELS: Final = (BENIGN, UNKNOWN, SUSPICIOUS, MALICIOUS)
"""STIX 2.1 malware-result words, from the most to the least reassuring."""

RANK: Final = {level: rank for rank, level in enumerate(LEVELS)}

Span = tuple[int, int]
"""A half-open range of code points in the subject's value."""


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One reason for a verdict.

    `check` is the check's id, `family/rule` for a family; `weight` is what it adds to the score
    (negative where it vouches). `message` is filled in the reader's language at the very end;
    until then `args` carries what the sentence needs.
    """

    check: str
    weight: float
    message: str
    spans: tuple[Span, ...]
    args: dict[str, str] = {}


class Failure(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What was not judged: a check that raised or a part that was not read.

    `reason` is a fixed word that has a sentence, `detail` the type of an error or of a file, never
    text from the subject. `count` says how many parts it stands for.
    """

    check: str
    reason: str
    message: str = ""
    detail: str = ""
    count: int = 1


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """A level with its score in 0..1, its coverage in 0..1 and all its reasons.

    Level, score and `evidence` speak of malice, `findings` of posture: weaknesses do not make a
    site suspicious, and no weakness does not make it benign.
    """

    subject: Subject
    level: str
    score: float
    coverage: float
    evidence: tuple[Evidence, ...] = ()
    findings: tuple[Finding, ...] = ()
    failed: tuple[Failure, ...] = ()
    parts: tuple[Verdict, ...] = ()


class GradedVerdict(Verdict, frozen=True, gc=False):
    """A verdict on what is judged for posture, with its grade: A to F, or `unknown`."""

    grade: str = ""
