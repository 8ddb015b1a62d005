"""Where runs meet the guard of websites: who visits them, who judges them, and in what words.

The only place that knows how a gatherer is made and how a verdict names its grade.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from cityshield.guards.sites.facts import SiteFacts
from cityshield.vocabulary.census import NO_VISIT
from cityshield.vocabulary.errors import ConfigurationError
from cityshield.vocabulary.finding import CRITICAL, HIGH, Finding
from cityshield.vocabulary.verdict import MALICIOUS, SUSPICIOUS, Verdict

if TYPE_CHECKING:
    from cityshield.config import Config

GUARD = "sites"

Note = Callable[[msgspec.Struct], None]
"""Keeps a line of the log of what was asked."""


class Visitor(Protocol):
    """Whoever visits sites for a run; all its visits keep one budget."""

    def visit(self, hosts: AsyncIterator[str], profile: str) -> AsyncIterator[SiteFacts]:
        """Visit hosts as they are named; the facts of each as they are done, in any order."""
        ...

    def halt(self) -> None:
        """Drop the visits that have asked their site for nothing yet."""
        ...


OpenVisitor = Callable[[Note], Visitor]
"""Whoever visits, given what keeps the log."""


class Judge(Protocol):
    """The half of the guard that asks nobody."""

    def judge_many(self, batch: Sequence[SiteFacts]) -> Sequence[Verdict]:
        """A verdict for each site's facts, in order."""
        ...


class About(msgspec.Struct, frozen=True):
    """What a check is, why it matters and what to do, in one language; its number in CWE."""

    what: str
    why: str
    now: str
    cwe: int = 0


Words = Callable[[str, str, dict[str, str]], About]
"""What there is to say of a check's id in a language, with the arguments of a finding."""


def open_visitor(home: Path, config: Config) -> OpenVisitor:
    """The polite gatherer; ConfigurationError where the settings do not say who visits."""
    from cityshield.adapters.clock import SystemClock
    from cityshield.websites import open_gatherer, settings_of

    settings_of(config)
    return lambda note: open_gatherer(home, config, SystemClock(), note)


def open_judge(home: Path, config: Config, folders: Sequence[Path] = ()) -> tuple[Judge, Words]:
    """The guard of websites over kept facts, and the words of its checks."""
    from cityshield.rooms import GUARDS
    from cityshield.shield import build_shield

    if GUARD not in GUARDS:
        raise ConfigurationError("error-guard", guard=GUARD, guards=", ".join(GUARDS))
    shield = build_shield(home, config, disk=False, folders=folders)
    guard = shield.guard(GUARD)
    checks = {check.id: check for check in guard.checks}

    def words(check_id: str, language: str, args: dict[str, str]) -> About:
        name, _, rule = check_id.partition("/")
        check = checks.get(name)
        if check is None:  # a check of then that is there no more
            return About(check_id, "", "")
        what, why, now = (
            shield.sentences.say_of_check(check, rule, field, language, args)
            for field in ("what", "why", "now")
        )
        return About(what, why, now, getattr(check.declaration, "cwe", 0) or 0)

    return guard, words


def grade_of(verdict: Verdict) -> str:
    """The grade of a site: a letter, `A` the best; empty where there is none."""
    from cityshield.guards.sites import grade

    said = grade.grade_of(verdict)
    return "" if said == grade.NO_GRADE else said


def is_hardly_seen(verdict: Verdict) -> bool:
    """Whether too little of a site was seen to say that a weakness is gone."""
    from cityshield.guards.sites import grade

    return verdict.coverage < grade.LEAST_READ


def to_judge(facts: SiteFacts) -> SiteFacts | None:
    """What checks may read of a site: where it gave no result, what DNS says of it, if anything."""
    if not facts.reason:
        return facts
    if facts.names is None or facts.reason in NO_VISIT:
        return None
    return SiteFacts(
        facts.subject, facts.host, facts.at, names=facts.names, reason=facts.reason, read=0.0
    )


def signs_of(verdict: Verdict) -> tuple[Finding, ...]:
    """What speaks of a break-in, as findings: critical on a site that was surely broken into.

    Reports and lists tell of them beside the weaknesses. A sign too weak to make the site
    suspicious is none.
    """
    severity = {MALICIOUS: CRITICAL, SUSPICIOUS: HIGH}.get(verdict.level)
    if severity is None:
        return ()
    return tuple(
        Finding(sign.check, severity, "", "", sign.args)
        for sign in verdict.evidence
        if sign.weight > 0
    )
