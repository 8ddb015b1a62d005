"""The shield: every guard behind one `check_many`."""

from __future__ import annotations

import os
from collections.abc import Coroutine, Iterator, Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from cityshield import __version__
from cityshield.adapters.clock import SystemClock
from cityshield.adapters.sentences.sentences import Sentences
from cityshield.config import Config, read_config
from cityshield.guards.budget import Budget
from cityshield.guards.check import Check
from cityshield.guards.guard import Guard
from cityshield.guards.scale import Scale, with_parts
from cityshield.ports.clock import Clock
from cityshield.ports.verdicts import Verdicts
from cityshield.rooms import (
    GUARDS,
    RealRooms,
    Rooms,
    find_checks,
    installed_folders,
    make_gatherer,
)
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.finding import Finding
from cityshield.vocabulary.subject import LINK, MESSAGE, SITE, Subject
from cityshield.vocabulary.verdict import Evidence, Failure, GradedVerdict, Verdict

_PARTS_AT_ONCE = 32
_LISTED = (".listed", ".vouched")
_LASTING = frozenset({"not-unpacked", "too-large"})
"""Failures that the subject itself causes, so that trying again would not help."""

_PART_BYTES_AT_ONCE = 8 << 20

Result = TypeVar("Result")


class Shield:
    """Judges subjects of every kind, their parts included.

    Guards are built when the first subject of their kind comes.
    """

    def __init__(
        self,
        rooms: Rooms,
        config: Config,
        clock: Clock,
        *,
        folders: Sequence[Path] = (),
        cache: Verdicts | None = None,
    ) -> None:
        self.config = config
        self.rooms = rooms
        self.sentences = Sentences()
        self._clock = clock
        self._folders = folders
        self._cache = cache
        self._guards: dict[str, Guard] = {}

    def guard(self, name: str) -> Guard:
        """The guard of this name, built at the first call."""
        if name not in self._guards:
            kind = GUARDS[name]
            limits = self.config.thresholds.get(kind)
            scale = (
                Scale(limits.suspicious, limits.malicious, self.config.weights)
                if limits
                else Scale(weights=self.config.weights)
            )
            checks = find_checks(name, self._folders)
            gatherer = make_gatherer(name, self.rooms)
            self._guards[name] = Guard(name, kind, checks, gatherer, scale, self.rooms.knowledge)
        return self._guards[name]

    def checks(self) -> list[Check]:
        """Every check of every guard, in order of id."""
        found = [check for name in GUARDS for check in self.guard(name).checks]
        return sorted(found, key=lambda check: check.id)

    @cached_property
    def _guard_of_kind(self) -> dict[str, str]:
        return {kind: name for name, kind in GUARDS.items()}

    async def check(self, subject: Subject) -> Verdict:
        """The verdict on one subject."""
        return (await self.check_many((subject,)))[0]

    async def check_many(self, subjects: Sequence[Subject]) -> list[Verdict]:
        """A verdict for each subject, in order, its parts judged within the budget."""
        if len(subjects) == 1:
            return await self._check_kind(subjects[0].kind, subjects, 0, None)
        return await self._check_many(subjects, 0, None)

    async def _check_many(
        self, subjects: Sequence[Subject], depth: int, budget: Budget | None
    ) -> list[Verdict]:
        kinds = {subject.kind for subject in subjects}
        if len(kinds) == 1:
            return await self._check_kind(kinds.pop(), subjects, depth, budget)
        verdicts: dict[int, Verdict] = {}
        for kind in kinds:
            places = [place for place, subject in enumerate(subjects) if subject.kind == kind]
            some = await self._check_kind(kind, [subjects[i] for i in places], depth, budget)
            verdicts.update(zip(places, some, strict=True))
        return [verdicts[place] for place in range(len(subjects))]

    async def _check_kind(
        self, kind: str, subjects: Sequence[Subject], depth: int, budget: Budget | None
    ) -> list[Verdict]:
        name = self._guard_of_kind.get(kind)
        if name is None:
            raise InputError("error-kind", kind=kind, kinds=", ".join(GUARDS.values()))
        return await self._check_cached(self.guard(name), subjects, depth, budget)

    async def _check_cached(
        self, guard: Guard, subjects: Sequence[Subject], depth: int, budget: Budget | None
    ) -> list[Verdict]:
        """Verdicts from the cache where it holds them; new ones that last are put there."""
        if self._cache is None:
            return (await self._judge(guard, subjects, depth, budget))[0]
        names = [guard.gatherer.identify(subject) for subject in subjects]
        if not any(names):
            return (await self._judge(guard, subjects, depth, budget))[0]
        knowledge = f"{self._judgement(guard)}\n{guard.gatherer.version()}"
        keys = [_key(name, knowledge) if name else "" for name in names]
        known = self._cache.get_many([key for key in keys if key])
        rest = [place for place, key in enumerate(keys) if key not in known]
        asked = [subjects[place] for place in rest]
        judged, facts = await self._judge(guard, asked, depth, budget)
        fresh = {
            keys[place]: _renamed(verdict, Subject(verdict.subject.kind, ""))
            for place, verdict, found in zip(rest, judged, facts, strict=True)
            if names[place]
            and names[place] == guard.gatherer.identified(found)
            and _is_lasting(verdict)
        }
        if fresh:
            self._cache.put_many(fresh)
        new = iter(judged)
        return [
            _renamed(known[key], subject.bare()) if key in known else next(new)
            for key, subject in zip(keys, subjects, strict=True)
        ]

    async def _judge(
        self, guard: Guard, subjects: Sequence[Subject], depth: int, budget: Budget | None
    ) -> tuple[list[Verdict], Sequence[Any]]:
        """The verdicts on subjects, their parts judged too, and the facts they rest on."""
        facts = await guard.gather_many(subjects)
        verdicts = guard.judge_many(facts)
        for place, known in enumerate(facts):
            if known.has_parts:
                left = budget or self._budget()
                parts, missed = await self._judge_parts(guard, subjects[place], known, depth, left)
                verdicts[place] = with_parts(verdicts[place], parts, missed, guard.scale.malicious)
        return verdicts, facts

    async def _judge_parts(
        self, guard: Guard, subject: Subject, facts: Any, depth: int, budget: Budget
    ) -> tuple[list[Verdict], list[Failure]]:
        if depth >= budget.depth:
            return [], [Failure(guard.name, "too-deep")]
        verdicts: list[Verdict] = []
        missed: list[Failure] = []
        for batch in _batches(guard.gatherer.parts(subject, facts, budget), budget, missed):
            verdicts += await self._check_many(batch, depth + 1, budget)
        return verdicts, _together(missed)

    def _budget(self) -> Budget:
        limits = self.config.parts
        return Budget(limits.depth, limits.count, limits.bytes, limits.time_s, self._clock)

    def _judgement(self, guard: Guard) -> str:
        """A word for all that decides a verdict beside the facts: code, checks, weights."""
        stamps = []
        for check in guard.checks:
            for suffix in (".py", ".toml"):
                found = os.stat(check.folder / f"{check.name}{suffix}")
                stamps.append(f"{check.id}{suffix} {found.st_mtime_ns} {found.st_size}")
        scale = msgspec.json.encode(guard.scale).decode()
        return "\n".join((__version__, scale, *stamps))

    def speak(self, verdict: Verdict, language: str) -> Verdict:
        """The verdict with its sentences in a language, fit to leave the house.

        What is not Unicode in it (a lone surrogate, as a file name may hold) becomes U+FFFD, so
        that every encoder takes it and spans still fit.
        """
        subject = verdict.subject
        if not subject.value.isascii() and (value := _scalars(subject.value)) is not subject.value:
            subject = Subject(subject.kind, value)
            verdict = _renamed(verdict, subject)
        if subject.kind == SITE:
            verdict = _graded(verdict)
        if not (verdict.evidence or verdict.findings or verdict.failed or verdict.parts):
            return verdict
        checks = {check.id: check for check in self._guards_of(verdict).checks}
        return msgspec.structs.replace(
            verdict,
            evidence=tuple([self._say(item, checks, language) for item in verdict.evidence]),
            findings=tuple(
                [self._say_finding(item, checks, language) for item in verdict.findings]
            ),
            failed=tuple([self._say_failure(item, language) for item in verdict.failed]),
            parts=tuple([self.speak(part, language) for part in verdict.parts]),
        )

    def _guards_of(self, verdict: Verdict) -> Guard:
        return self.guard(self._guard_of_kind[verdict.subject.kind])

    def _say(self, item: Evidence, checks: dict[str, Check], language: str) -> Evidence:
        said = self._said_of(item, checks, "what", language)
        return Evidence(item.check, item.weight, _scalars(said), item.spans)

    def _say_finding(self, item: Finding, checks: dict[str, Check], language: str) -> Finding:
        said = _scalars(self._said_of(item, checks, "what", language))
        return Finding(item.check, item.severity, said, _scalars(item.location), cwe=item.cwe)

    def _said_of(
        self, item: Evidence | Finding, checks: dict[str, Check], field: str, language: str
    ) -> str:
        check_id, _, rule = item.check.partition("/")
        return self.sentences.say_of_check(checks[check_id], rule, field, language, item.args)

    def _say_failure(self, item: Failure, language: str) -> Failure:
        said = self.sentences.say(
            f"failure-{item.reason}", language, detail=item.detail, count=item.count
        )
        return Failure(item.check, item.reason, said, item.detail, item.count)

    def sentence_of(self, item: Evidence | Finding, field: str, language: str) -> str:
        """What a reason or a finding says in `what`, `why` or `now`, before it was spoken."""
        guard = self.guard(item.check.partition(".")[0])
        return self._said_of(item, {check.id: check for check in guard.checks}, field, language)


def build_shield(
    home: Path, config: Config | None = None, *, disk: bool, folders: Sequence[Path] = ()
) -> Shield:
    """A shield over a data directory.

    `disk` says whether files are read by their path: a command may, a service must not.
    """
    config = read_config(home) if config is None else config
    clock = SystemClock()
    from cityshield.adapters.store.cache import VerdictCache

    extra = [*installed_folders(), *map(Path, config.checks), *folders]
    rooms = RealRooms(home, config, clock, disk=disk, folders=extra)
    return Shield(rooms, config, clock, folders=extra, cache=VerdictCache(home, clock))


def kind_of(text: str) -> str:
    """Whether a text that came without a kind is a link or a message; never a file."""
    from cityshield.guards.links.written import looks_like_link

    return LINK if looks_like_link(text) else MESSAGE


def complete(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """The result of a coroutine that waits for nothing, without starting an event loop."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: Result = end.value
        return result
    coroutine.close()
    raise RuntimeError("this coroutine waits for something: run it in an event loop")


def _graded(verdict: Verdict) -> GradedVerdict:
    """The verdict on a site with its grade."""
    from cityshield.guards.sites.grade import grade_of

    fields = {name: getattr(verdict, name) for name in Verdict.__struct_fields__}
    return GradedVerdict(**fields, grade=grade_of(verdict))


def _quotes(verdict: Verdict) -> bool:
    """Whether a reason repeats some of the subject's name, which is not to be kept."""

    def seen(text: str) -> str:
        return "".join(filter(str.isprintable, text))

    name = seen(verdict.subject.value)
    args = [seen(arg) for item in verdict.evidence for arg in item.args.values()]
    return any(arg and arg in name for arg in args)


def _scalars(text: str) -> str:
    """The text with U+FFFD for each lone surrogate; the same object when it holds none."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join(["\ufffd" if "\ud800" <= item <= "\udfff" else item for item in text])
    return text


def _key(name: str, knowledge: str) -> str:
    return sha256(f"{name}\n{knowledge}".encode()).hexdigest()


def _is_lasting(verdict: Verdict) -> bool:
    """Whether another copy, at another time, would be judged the same, and no name is told.

    What a list says ends with its entry, so it is looked up each time.
    """
    if verdict.parts or any(item.reason not in _LASTING for item in verdict.failed):
        return False
    listed = any(item.check.endswith(_LISTED) for item in verdict.evidence)
    return not (listed or _quotes(verdict))


def _renamed(verdict: Verdict, subject: Subject) -> Verdict:
    return msgspec.structs.replace(verdict, subject=subject)


def _batches(
    parts: Iterator[Subject | Failure], budget: Budget, missed: list[Failure]
) -> Iterator[list[Subject]]:
    """Parts in batches bounded in number and bytes; failures go to `missed`."""
    batch: list[Subject] = []
    size = 0
    for part in parts:
        if isinstance(part, Failure):
            missed.append(part)
            continue
        if reason := budget.spent():
            missed.append(Failure("parts", reason))
            continue
        weight = len(part.content or b"")
        budget.spend(weight)
        batch.append(part)
        size += weight
        if len(batch) >= _PARTS_AT_ONCE or size >= _PART_BYTES_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _together(failures: Sequence[Failure]) -> list[Failure]:
    """Failures with the same reason as one, with their number."""
    merged: dict[tuple[str, str, str], int] = {}
    for item in failures:
        key = (item.check, item.reason, item.detail)
        merged[key] = merged.get(key, 0) + item.count
    return [Failure(*key[:2], "", key[2], count) for key, count in merged.items()]
