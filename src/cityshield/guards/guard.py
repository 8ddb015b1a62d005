"""A guard: gathers facts about subjects of one kind, and judges them with its checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

from msgspec.structs import replace

from cityshield.guards.budget import Budget
from cityshield.guards.check import Answer, Check, Declaration, Hit, Judge, NotJudged, no_file
from cityshield.guards.printable import printable
from cityshield.guards.scale import Scale
from cityshield.vocabulary.finding import SEVERITIES, Finding
from cityshield.vocabulary.subject import Subject
from cityshield.vocabulary.verdict import Evidence, Failure, Verdict


class Facts(Protocol):
    """What every guard's facts have; the rest is the guard's own, in its `facts.py`."""

    @property
    def subject(self) -> Subject:
        """What the facts are about, without its content."""
        ...

    @property
    def read(self) -> float:
        """The share of the subject that was read, 0..1."""
        ...

    @property
    def failed(self) -> tuple[Failure, ...]:
        """What could not be gathered."""
        ...

    @property
    def has_parts(self) -> bool:
        """Whether there are parts to judge."""
        ...


class Gatherer(Protocol):
    """The half of a guard that may ask ports. Its facts carry everything the checks need."""

    def version(self) -> str:
        """A word that changes whenever the same subject might give other facts."""
        ...

    def identify(self, subject: Subject) -> str | None:
        """The canonical name under which a verdict may be cached; None where it may not."""
        ...

    def identified(self, facts: Any) -> str | None:
        """The same name, by what was gathered: a file may change between two readings."""
        ...

    async def gather_many(self, subjects: Sequence[Subject]) -> Sequence[Any]:
        """Facts for each subject, in order; a subject that cannot be read gives facts too."""
        ...

    def parts(self, subject: Subject, facts: Any, budget: Budget) -> Iterator[Subject | Failure]:
        """The parts that the facts name, opened one at a time; what is not read, as failures."""
        ...


class Uncached:
    """What gatherers share whose verdicts are never kept, and depend on nothing but the facts."""

    def version(self) -> str:
        """There is nothing that could change."""
        return ""

    def identify(self, subject: Subject) -> str | None:
        """No verdict is kept."""
        return None

    def identified(self, facts: Any) -> str | None:
        """No verdict is kept."""
        return None


class Guard:
    """Gathering and judging of one kind of subject.

    The checks are compiled at the first judgement, once per worker; `read` gives the operator's
    files of knowledge.
    """

    def __init__(
        self,
        name: str,
        kind: str,
        checks: Sequence[Check],
        gatherer: Gatherer,
        scale: Scale,
        read: Callable[[str], bytes | None] = no_file,
    ) -> None:
        self.name = name
        self.kind = kind
        self.checks = tuple(checks)
        self.gatherer = gatherer
        self.scale = scale
        self._read = read
        self._judges: list[tuple[str, float, Declaration, Judge]] | None = None

    async def gather_many(self, subjects: Sequence[Subject]) -> Sequence[Any]:
        """Facts for each subject, in order."""
        return await self.gatherer.gather_many(subjects)

    def judge(self, facts: Any) -> Verdict:
        """The verdict on one subject's facts."""
        return self.judge_many((facts,))[0]

    def judge_many(self, batch: Iterable[Any]) -> list[Verdict]:
        """A verdict for each subject's facts, in order; its parts are the shield's business."""
        judges = self._compiled()
        weights = self.scale.weights
        verdicts = []
        for facts in batch:
            evidence: list[Evidence] = []
            findings: list[Finding] = []
            failed: list[Failure] = []
            for check_id, weight, declaration, judge in judges:
                try:
                    answer = judge(facts)
                    if answer is None:
                        continue
                    for hit in (answer,) if type(answer) is Hit else answer:  # type: ignore[union-attr]
                        if declaration.severity:
                            findings.append(_finding(check_id, declaration, hit))
                        else:
                            evidence.append(_evidence(check_id, weight, hit, weights))
                except NotJudged as error:
                    failed.append(Failure(check_id, error.reason))
                except Exception as error:
                    failed.append(Failure(check_id, "raised", detail=type(error).__name__))
            coverage: float = facts.read
            if failed:
                coverage *= 1 - len(failed) / len(judges)
            if facts.failed:
                failed.extend(facts.failed)
            verdict = self.scale.conclude(facts.subject, evidence, failed, coverage)
            if findings:
                verdict = replace(verdict, findings=tuple(findings))
            verdicts.append(verdict)
        return verdicts

    def _compiled(self) -> list[tuple[str, float, Declaration, Judge]]:
        if self._judges is None:
            weights = self.scale.weights
            self._judges = [
                (
                    check.id,
                    weights.get(check.id, check.declaration.weight),
                    check.declaration,
                    _compile(check, self._read),
                )
                for check in self.checks
            ]
        return self._judges


def _compile(check: Check, read: Callable[[str], bytes | None]) -> Judge:
    """The compiled judge; one whose knowledge cannot be built fails at each call instead."""
    try:
        return check.compile(read)
    except Exception as error:
        reason = error

        def judge(facts: Any) -> Answer:
            raise reason

        return judge


def _evidence(check_id: str, weight: float, hit: Hit, weights: dict[str, float]) -> Evidence:
    if hit.weight is not None:
        weight = hit.weight
    if hit.rule:
        check_id = f"{check_id}/{hit.rule}"
        weight = weights.get(check_id, weight)
    return Evidence(check_id, weight, "", hit.spans, hit.args)


def _finding(check_id: str, declaration: Declaration, hit: Hit) -> Finding:
    severity = hit.severity or declaration.severity
    if severity not in SEVERITIES:
        raise ValueError(severity)
    name = f"{check_id}/{hit.rule}" if hit.rule else check_id
    args = {each: printable(text) for each, text in hit.args.items()}
    location = printable(hit.location)
    return Finding(name, severity, "", location, args, hit.cwe or declaration.cwe)
