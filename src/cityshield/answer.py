"""A verdict as a person is told it: what it is, why we think so, what to do now."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from cityshield.guards.sites.grade import NO_GRADE, grade_of
from cityshield.shield import Shield
from cityshield.vocabulary.finding import SEVERITIES, Finding
from cityshield.vocabulary.subject import FILE, LINK, SITE
from cityshield.vocabulary.verdict import (
    BENIGN,
    MALICIOUS,
    RANK,
    SUSPICIOUS,
    UNKNOWN,
    Evidence,
    Verdict,
)

POSES = {BENIGN: "calm", UNKNOWN: "curious", SUSPICIOUS: "alert", MALICIOUS: "alarm"}
"""The cat's pose for each level; the fifth, relieved, follows the right choice."""

_LONGEST_SHOWN = 300
_BARRED = {"visit-out-of-scope": "barred-site", "visit-opted-out": "declined-site"}
_UNSEEN = {
    **dict.fromkeys((*range(32), *range(127, 160), *range(0xD800, 0xE000)), "�"),
    **dict.fromkeys((*range(8203, 8208), *range(8234, 8239))),
    **dict.fromkeys((*range(8288, 8304), 65279, 1564)),
}


class Reason(msgspec.Struct, frozen=True):
    """One piece of evidence in words; `tone` is `bad` or `good`."""

    number: int
    check: str
    what: str
    why: str
    weight: float
    tone: str


class Fault(msgspec.Struct, frozen=True):
    """One weakness in words: how severe it is, what, why, what to do now, and where."""

    check: str
    severity: str
    word: str
    what: str
    why: str
    now: str
    location: str


class Piece(msgspec.Struct, frozen=True):
    """A stretch of the original text, with the numbers of the reasons that mark it."""

    text: str
    reasons: list[int]


class PartShown(msgspec.Struct, frozen=True):
    """One part of the subject and what was thought of it."""

    shown: str
    kind: str
    level: str
    word: str
    what: str


class Answer(msgspec.Struct, frozen=True):
    """Everything that a page or a terminal shows of a verdict, in one language.

    `source` is `listed` when the subject is on a list, `judged` when nothing of it is. A site has a
    `grade` and its `faults`, the worst first.
    """

    level: str
    pose: str
    word: str
    kind: str
    shown: str
    headline: str
    why: str
    now: str
    reasons: list[Reason]
    marked: list[Piece]
    parts: list[PartShown]
    parts_more: int
    coverage_percent: int
    not_read: list[str]
    coach: str
    source: str
    grade: str = ""
    faults: list[Fault] = []


def answer(shield: Shield, verdict: Verdict, language: str, most_parts: int = 20) -> Answer:
    """The verdict in words. What speaks against the subject comes first, the heaviest on top."""
    say = shield.sentences.say
    ordered = sorted(verdict.evidence, key=lambda item: -item.weight)
    kind, level = verdict.subject.kind, verdict.level
    headline, why, now = _lead(shield, verdict, ordered, language)
    reasons = [
        Reason(
            number,
            item.check,
            _told(shield, item, "what", language),
            _told(shield, item, "why", language),
            item.weight,
            "good" if item.weight < 0 else "bad",
        )
        for number, item in enumerate(ordered, 1)
    ]
    parts = sorted(verdict.parts, key=lambda part: (-RANK[part.level], -part.score))
    spoken = shield.speak(msgspec.structs.replace(verdict, parts=()), language)
    return Answer(
        level=level,
        pose=POSES[level],
        word=say(f"level-{level}", language),
        kind=kind,
        shown=_shown(verdict) if kind in (LINK, FILE, SITE) or not ordered else "",
        headline=headline,
        why=why,
        now=now,
        reasons=reasons,
        marked=mark(verdict.subject.value, ordered) if kind == "message" else [],
        parts=[_part(shield, part, language) for part in parts[:most_parts]],
        parts_more=max(0, len(parts) - most_parts),
        coverage_percent=int(verdict.coverage * 100),
        not_read=list(dict.fromkeys(failure.message for failure in spoken.failed)),
        coach=say("coach", language) if level == MALICIOUS else "",
        source=_source(verdict),
        grade=grade_of(verdict) if kind == SITE else "",
        faults=[_fault(shield, item, language) for item in _worst_first(verdict.findings)],
    )


def _lead(
    shield: Shield, verdict: Verdict, ordered: list[Evidence], language: str
) -> tuple[str, str, str]:
    """What, why and now: of the heaviest evidence, of the worst part, or of not knowing."""
    kind, level = verdict.subject.kind, verdict.level

    def say(stem: str) -> tuple[str, str, str]:
        args = {"example": "https://example.com"} if stem.startswith("unread-link") else {}
        what, why, now = (
            shield.sentences.say(f"{stem}-{field}", language, **args)
            for field in ("what", "why", "now")
        )
        return what, why, now

    def quote(item: Evidence) -> tuple[str, str, str]:
        what, why, now = (_told(shield, item, field, language) for field in ("what", "why", "now"))
        return what, why, now

    if level == UNKNOWN:
        if kind == SITE and not ordered and grade_of(verdict) != NO_GRADE:
            return _graded(shield, verdict, language)
        barred = next((_BARRED[it.reason] for it in verdict.failed if it.reason in _BARRED), "")
        if barred:
            return say(barred)
        if not ordered:
            return say(
                f"unread-{kind}"
                if verdict.coverage < 1 and not verdict.parts
                else f"unknown-{kind}"
            )
        _, why, now = say(f"unknown-{kind}")
        against = [item for item in ordered if item.weight > 0]
        if _says(verdict, "listed") and _says(verdict, "vouched"):
            return say("disputed")
        if kind == LINK and _says(verdict, "vouched") and verdict.parts:
            return say("onward-link")
        if not against:
            return say(f"unread-{kind}" if verdict.coverage < 1 else f"unknown-{kind}")
        _, why, now = quote(against[0])
        return shield.sentences.say(f"weak-{kind}-what", language), why, now
    own = sum([item.weight for item in ordered])
    worst = max(verdict.parts, key=lambda part: part.score, default=None)
    if level == SUSPICIOUS and worst is not None and worst.score > own:
        _, why, now = _lead(
            shield, worst, sorted(worst.evidence, key=lambda item: -item.weight), language
        )
        return shield.sentences.say(f"part-{kind}-what", language), why, now
    return quote(ordered[0] if level != BENIGN else ordered[-1])


def _graded(shield: Shield, verdict: Verdict, language: str) -> tuple[str, str, str]:
    """What, why and now of a site that nothing speaks against but its own weaknesses."""
    say, count = shield.sentences.say, len({item.check for item in verdict.findings})
    what = say("graded-site-what", language, grade=grade_of(verdict), count=count)
    now = say("graded-site-now" if count else "graded-site-now-none", language)
    return what, say("graded-site-why", language), now


def _worst_first(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda item: -SEVERITIES.index(item.severity))


def _fault(shield: Shield, item: Finding, language: str) -> Fault:
    what, why, now = (
        shield.sentence_of(item, field, language).translate(_UNSEEN)
        for field in ("what", "why", "now")
    )
    word = shield.sentences.say(f"severity-{item.severity}", language)
    return Fault(item.check, item.severity, word, what, why, now, harmless(item.location))


def _says(verdict: Verdict, name: str) -> bool:
    """Whether the check of this name, of whichever guard, speaks of the subject itself."""
    return any(item.check.endswith(f".{name}") for item in verdict.evidence)


def _source(verdict: Verdict) -> str:
    """`listed` when a list knows the subject, `judged` when none knows it or a part of it."""
    if _says(verdict, "listed"):
        return "listed"
    known = [verdict, *verdict.parts]
    if any(_says(item, name) for item in known for name in ("listed", "vouched")):
        return ""
    return "judged"


def mark(text: str, ordered: list[Evidence]) -> list[Piece]:
    """The text in pieces, each with the numbers of the reasons whose spans cover it."""
    borders = {0, len(text)}
    for item in ordered:
        for start, end in item.spans:
            borders |= {start, end}
    places = sorted(border for border in borders if 0 <= border <= len(text))
    pieces: list[Piece] = []
    for start, end in pairwise(places):
        numbers = [
            number
            for number, item in enumerate(ordered, 1)
            if any(left <= start and end <= right for left, right in item.spans)
        ]
        pieces.append(Piece(text[start:end], numbers))
    return pieces


def harmless(text: str, most: int = _LONGEST_SHOWN) -> str:
    """A text without what a terminal or a page would act on, cut to a length."""
    shown = text.translate(_UNSEEN)
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def _told(shield: Shield, item: Evidence, field: str, language: str) -> str:
    """A sentence that may quote a name, which a stranger chose."""
    return shield.sentence_of(item, field, language).translate(_UNSEEN)


def defang(link: str) -> str:
    """A link that nobody opens by a slip: `hxxps://name[.]example/`."""
    scheme, mark_, rest = link.partition("://")
    if not mark_:
        scheme, rest = "", link
    host, slash, path = rest.partition("/")
    host = host.replace(".", "[.]")
    scheme = scheme.replace("http", "hxxp").replace("HTTP", "hxxp")
    return f"{scheme}{mark_}{host}{slash}{path}"


def _shown(verdict: Verdict) -> str:
    value = verdict.subject.value
    return harmless(defang(value) if verdict.subject.kind == LINK else value)


def _part(shield: Shield, part: Verdict, language: str) -> PartShown:
    ordered = sorted(part.evidence, key=lambda item: -item.weight)
    return PartShown(
        _shown(part),
        part.subject.kind,
        part.level,
        shield.sentences.say(f"level-{part.level}", language),
        _lead(shield, part, ordered, language)[0],
    )
