"""The examples in every check's TOML, run as they stand: hits must hit, misses must not."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from cityshield.adapters.content.content import MemoryContent
from cityshield.adapters.feeds import plain, sha256, urls
from cityshield.adapters.yara.rules import YaraRules
from cityshield.guards.check import Check
from cityshield.guards.guard import Guard
from cityshield.guards.links.suffixes import Suffixes
from cityshield.guards.messages.reader import Reader
from cityshield.guards.scale import Scale
from cityshield.guards.sites.facts import SiteFacts
from cityshield.guards.sites.given import site
from cityshield.rooms import GUARDS, find_checks, make_gatherer
from cityshield.shield import complete
from cityshield.vocabulary.decision import ACTIONS, IN_FORCE, REVIEWED, URL, Decision, Target
from cityshield.vocabulary.errors import ConfigurationError
from cityshield.vocabulary.finding import Finding
from cityshield.vocabulary.indicator import BENIGN_ACTIVITY, MALICIOUS_ACTIVITY, Indicator
from cityshield.vocabulary.subject import FILE, Subject
from cityshield.vocabulary.verdict import Evidence

_DAY = 1_767_225_600  # 2026-01-01
_SCAN_BYTES = 1 << 20
_suffixes: list[Suffixes] = []


class Example(msgspec.Struct, frozen=True):
    """One example: which check and rule it belongs to, whether it must hit, and its table."""

    check: str
    rule: str
    hits: bool
    table: dict[str, Any]


class Problem(msgspec.Struct, frozen=True):
    """An example that does not hold, and how."""

    check: str
    problem: str


class GivenIndicators:
    """The `Indicators` port over what an example gives."""

    def __init__(self, listed: Sequence[str], vouched: Sequence[str]) -> None:
        self._known: dict[str, list[Indicator]] = {}
        for type_, values in ((MALICIOUS_ACTIVITY, listed), (BENIGN_ACTIVITY, vouched)):
            for value in values:
                kind, expression = _entry(value)
                self._known.setdefault(expression, []).append(
                    Indicator(kind, expression, type_, "example", "", _DAY, _DAY, None)
                )

    def version(self) -> str:
        """Examples do not change."""
        return "example"

    def find_many(self, expressions: Sequence[Sequence[str]]) -> list[tuple[Indicator, ...]]:
        """What the example gives for each expression."""
        return [
            tuple([item for expression in asked for item in self._known.get(expression, ())])
            for asked in expressions
        ]


class GivenDecisions:
    """The `Decided` port over what an example gives: links by the action decided on them."""

    def __init__(self, given: dict[str, Sequence[str]]) -> None:
        self._known = {
            expression: _decision(action, scope, expression)
            for action in ACTIONS
            for value in given.get(action, ())
            for scope, expression in (_entry(value),)
        }

    def find_many(self, expressions: Sequence[Sequence[str]]) -> list[tuple[Decision, ...]]:
        """What the example decides on each expression."""
        known = self._known
        return [tuple([known[each] for each in asked if each in known]) for asked in expressions]


def _decision(action: str, scope: str, expression: str) -> Decision:
    target = Target(scope, expression if scope == URL else expression.rstrip("/"))
    return Decision(
        id=1,
        action=action,
        target=target,
        reason="example",
        origin=REVIEWED,
        evidence=(),
        state=IN_FORCE,
        needed=2,
        approvals=(),
        proposed_at=_DAY,
        days=90,
        since=_DAY,
        expires=_DAY + 90 * 86_400,
    )


class GivenWebsites:
    """The `Websites` port over what an example gives (see `guards.sites.given`)."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._given = given

    async def visit_many(self, subjects: Sequence[Subject]) -> list[SiteFacts]:
        """The site as the example describes it."""
        return [site(subject.value, self._given) for subject in subjects]


class GivenRooms:
    """The rooms of an example, from its `given` table.

    `listed` and `vouched` are entries of lists, `decided` has links and hosts by action, `rules`
    are YARA rules, `knowledge` the operator's files by name. Of a site see `guards.sites.given`.
    """

    def __init__(self, given: dict[str, Any], check: Check) -> None:
        self._given = given
        self._check = check
        self.content = MemoryContent()
        self.scan_bytes = _SCAN_BYTES

    @cached_property
    def indicators(self) -> GivenIndicators:
        """The entries that the example lists."""
        return GivenIndicators(self._given.get("listed", ()), self._given.get("vouched", ()))

    @cached_property
    def decided(self) -> GivenDecisions:
        """The decisions that the example gives."""
        return GivenDecisions(self._given.get("decided", {}))

    @property
    def suffixes(self) -> Suffixes:
        """The public suffix list, read once."""
        if not _suffixes:
            _suffixes.append(Suffixes())
        return _suffixes[0]

    @cached_property
    def rules(self) -> YaraRules:
        """The YARA rules that the example gives."""
        text = self._given.get("rules")
        return YaraRules.from_text(text) if text else YaraRules(None, 1)

    def open_reader(self) -> Reader:
        """The reader by the shipped pack, with the rules that were added to the check."""
        return _reader(self._check)

    def pack_bytes(self) -> bytes:
        """An example needs no file."""
        return b""

    @property
    def websites(self) -> GivenWebsites:
        """The site that the example describes."""
        return GivenWebsites(self._given)

    def knowledge(self, name: str) -> bytes | None:
        """A file of knowledge that the example gives."""
        text = self._given.get("knowledge", {}).get(name)
        return None if text is None else text.encode()


def find_examples(check: Check) -> Iterator[Example]:
    """The examples of a check and of every rule of its family."""
    for rule, card in {"": check.card(), **check.rules()}.items():
        for key, hits in (("hits", True), ("misses", False)):
            for table in card.get(key, ()):
                yield Example(check.id, rule, hits, table)


def run_examples(checks: Sequence[Check]) -> tuple[int, list[Problem]]:
    """Run every example of these checks: how many there are, and those that do not hold.

    A check without a hit and a miss is a problem too, as is a sentence that is missing.
    """
    count, problems = 0, []
    for check in checks:
        cards = {"": check.card(), **check.rules()}
        for rule, card in cards.items():
            name = f"{check.id}/{rule}" if rule else check.id
            for language in ("en", "zh"):
                for field in ("what", "why", "now"):
                    if not card.get(language, {}).get(field):
                        problems.append(Problem(name, f"no sentence [{language}] {field}"))
            for key in ("hits", "misses"):
                if not card.get(key):
                    problems.append(Problem(name, f"no example in [[{key}]]"))
        guard = Guard(check.guard, GUARDS[check.guard], [check], _Unset(), Scale())
        for example in find_examples(check):
            count += 1
            rooms = GivenRooms(example.table.get("given", {}), check)
            if "knowledge" in example.table.get("given", {}):
                given = Guard(guard.name, guard.kind, [check], _Unset(), Scale(), rooms.knowledge)
                problem = _problem(given, example, rooms)
            else:
                problem = _problem(guard, example, rooms)
            if problem:
                problems.append(Problem(f"{example.check}/{example.rule}".rstrip("/"), problem))
    return count, problems


def all_checks(folders: Sequence[Path]) -> list[Check]:
    """Every check of every guard, those in `folders` included."""
    return [check for guard in GUARDS for check in find_checks(guard, folders)]


def subject_of(check: Check, table: dict[str, Any]) -> Subject:
    """The subject that an example describes.

    Of a file, `subject` is its name and `text`, `base64` or `pieces` its content.
    """
    kind = GUARDS[check.guard]
    if kind != FILE:
        return Subject(kind, table["subject"])
    if "base64" in table:
        content = base64.b64decode(table["base64"])
    else:
        content = "".join(table.get("pieces", (table.get("text", ""),))).encode()
    return Subject(kind, table["subject"], content)


class _Unset:
    """A gatherer that is replaced for each example."""

    def __getattr__(self, name: str) -> Any:
        raise ConfigurationError("error-check-code", path=name, reason="no gatherer")


_readers: dict[str, tuple[Check, Reader]] = {}


def _reader(check: Check) -> Reader:
    from cityshield.adapters.packs.shelf import read_shipped

    if check.id not in _readers or _readers[check.id][0] is not check:
        added = check.rules() if check.name == "tells" else {}
        silencers = check.card()["data"]["silencers"] if added else {}
        _readers[check.id] = check, Reader(read_shipped().sections, added, silencers)
    return _readers[check.id][1]


def _problem(guard: Guard, example: Example, rooms: GivenRooms) -> str:
    started = time.monotonic()
    check = guard.checks[0]
    guard.gatherer = make_gatherer(guard.name, rooms)
    subject = subject_of(check, example.table)
    verdict = guard.judge_many(complete(guard.gather_many((subject,))))[0]
    wanted = f"{check.id}/{example.rule}" if example.rule else check.id
    said: list[Evidence | Finding] = [*verdict.evidence, *verdict.findings]
    found = [
        item
        for item in said
        if item.check.partition(":")[0] == wanted
        or (not example.rule and item.check.startswith(f"{wanted}/"))
    ]
    shown = example.table["subject"]
    if verdict.failed:
        return f"“{shown}”: {verdict.failed[0].reason} {verdict.failed[0].detail}"
    if bool(found) != example.hits:
        return f"“{shown}” must {'hit' if example.hits else 'miss'}"
    if "spans" in example.table:
        spans = [span for item in found if isinstance(item, Evidence) for span in item.spans]
        marked = [subject.value[start:end] for start, end in spans]
        if marked != example.table["spans"]:
            return f"“{shown}” marks {marked}, not {example.table['spans']}"
    if "severity" in example.table:
        severities = {item.severity for item in found if isinstance(item, Finding)}
        if severities != {example.table["severity"]}:
            return f"“{shown}” is {severities}, not {example.table['severity']}"
    if time.monotonic() - started > 5:
        return f"“{shown}” takes more than 5 s"
    return ""


def _entry(value: str) -> tuple[str, str]:
    for read in (sha256.read, urls.read, plain.read):
        if entries := read(value):
            return entries[0]
    raise ConfigurationError("error-check-code", path=value, reason="not an indicator")
