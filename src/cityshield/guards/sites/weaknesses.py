"""What lists of known weaknesses and of support say of a version.

The operator supplies the lists; `adapters/knowledge` compiles them into one file, which is read
here once for each worker. What a list says of a version counts as it is written: whether a module
is switched on, or a distribution has mended it, no list knows.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import msgspec

from cityshield.guards.sites.software import WINDOWS, Software, products
from cityshield.guards.sites.versions import Key, Range, branches_of, key_of
from cityshield.vocabulary.errors import ConfigurationError
from cityshield.vocabulary.finding import CRITICAL, HIGH, MEDIUM, SEVERITIES

FILE: Final = "software-versions.json"
"""The name of the compiled file among the files of knowledge."""

FORMAT: Final = 1
PAST: Final = "past"
"""In place of a day: support has ended, and nobody says when."""

_MOST_KEPT = 20_000


class Weakness(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A known weakness of a product: which versions have it, and which surely do not.

    `windows` says that it is one of the product on Windows only.
    """

    id: str
    severity: str
    affected: tuple[Range, ...]
    safe: tuple[Range, ...] = ()
    windows: bool = False


class Cycle(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A branch of a product: until when it gets security fixes (a day, `past`, or empty for a
    time that nobody has set), and its newest version."""

    name: str
    until: str = ""
    newest: str = ""


class Source(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A list that was imported: its kind (`kev`, `cve`, `lifecycle`), file name, time, entries.

    `used` is how many of the entries speak of products that are recognised.
    """

    kind: str
    name: str
    at: int
    entries: int
    used: int


class Compiled(msgspec.Struct, frozen=True):
    """The compiled file; `exploited` are the days on which CVE numbers came to be known as such."""

    format: int = FORMAT
    sources: tuple[Source, ...] = ()
    exploited: dict[str, str] = {}
    weaknesses: dict[str, tuple[Weakness, ...]] = {}
    cycles: dict[str, tuple[Cycle, ...]] = {}


class Known(msgspec.Struct, frozen=True, gc=False):
    """What is known of one version: CVE numbers, the exploited and the worst first.

    `newest` is the version to update to at least, empty where no list names one.
    """

    ids: tuple[str, ...] = ()
    severity: str = ""
    exploited: bool = False
    newest: str = ""
    cycle: Cycle | None = None


_NOTHING: Final = Known()


class Weaknesses:
    """The compiled lists, asked version by version."""

    def __init__(self, data: bytes) -> None:
        """Read the compiled file; ConfigurationError where it is none of this version."""
        self._compiled = read_compiled(data)
        self._kept: dict[tuple[str, str, bool], Known] = {}

    @property
    def has_cves(self) -> bool:
        """Whether there is a list of weaknesses at all."""
        return any(source.kind == "cve" for source in self._compiled.sources)

    def of(self, software: Software) -> Known:
        """What is known of a product's version."""
        asked = software.product, software.version, software.system == WINDOWS
        known = self._kept.get(asked)
        if known is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            known = self._kept[asked] = self._look_up(*asked)
        return known

    def _look_up(self, product: str, version: str, windows: bool) -> Known:
        key = key_of(version)
        if not key:
            return _NOTHING
        found = []
        if next(branches_of(version)).count(".") + 1 >= products()[product].parts:
            found = [
                each
                for each in self._compiled.weaknesses.get(product, ())
                if (windows or not each.windows) and _has(each, key)
            ]
        cycle = self._cycle_of(product, version)
        if not found:
            return Known(newest=cycle.newest if cycle else "", cycle=cycle)
        found.sort(key=self._rank, reverse=True)
        exploited = [each for each in found if each.id in self._compiled.exploited]
        worst = max(SEVERITIES.index(each.severity) for each in exploited or found)
        severity = SEVERITIES[worst]
        if exploited:
            severity = CRITICAL if severity == CRITICAL else HIGH
        mended = [r.below for each in found for r in each.affected if r.below and r.holds(key)]
        newest = max((cycle.newest if cycle else "", *mended), key=key_of)
        return Known(
            tuple(each.id for each in found), severity, bool(exploited), _plain(newest), cycle
        )

    def _cycle_of(self, product: str, version: str) -> Cycle | None:
        cycles = self._compiled.cycles.get(product, ())
        named = {cycle.name: cycle for cycle in cycles}
        return next((named[name] for name in branches_of(version) if name in named), None)

    def _rank(self, each: Weakness) -> tuple[bool, int, str]:
        is_used = each.id in self._compiled.exploited
        return is_used, SEVERITIES.index(each.severity), _number(each.id)


def read_compiled(data: bytes) -> Compiled:
    """The compiled file; ConfigurationError that says how to make it anew."""
    try:
        compiled = msgspec.json.decode(data, type=Compiled)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        reason = str(error)[:200]
        raise ConfigurationError("error-versions-file", file=FILE, reason=reason) from error
    if compiled.format != FORMAT:
        reason = f"format {compiled.format}"
        raise ConfigurationError("error-versions-file", file=FILE, reason=reason)
    return compiled


def has_ended(cycle: Cycle, at: int) -> bool:
    """Whether a branch got no more fixes at a time, in seconds since 1970."""
    if not cycle.until:
        return False
    return cycle.until == PAST or cycle.until < day_of(at)


def day_of(at: int) -> str:
    """The day of a time, as ISO 8601 writes it; the last one that there is for what lies beyond."""
    try:
        return datetime.fromtimestamp(at, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return "9999-12-31"


def severity_or_medium(word: str) -> str:
    """A severity in CVSS words; medium where a list says none."""
    word = word.lower()
    return word if word in SEVERITIES else MEDIUM


def _has(each: Weakness, key: Key) -> bool:
    """Whether a version has a weakness.

    The range of its own branch decides, where there is one: `4.0 to 4.3.3` beside `4.1 to 4.1.9`
    says nothing of 4.1.10.
    """
    if any(some.holds(key) for some in each.safe):
        return False
    if not each.affected:
        return True
    deepest, has = 0, False
    for some in each.affected:
        if some.start and some.start == some.last:
            if some.holds(key):
                return True
            continue
        branch = some.branch
        depth = len(branch) if key[: len(branch)] == branch else 0
        if depth > deepest:
            deepest, has = depth, some.holds(key)
        elif depth == deepest:
            has = has or some.holds(key)
    return has


def _plain(version: str) -> str:
    """A version to update to; none where a list names a branch only."""
    return "" if version.endswith(("*", "x", "X")) else version


def _number(cve: str) -> str:
    """A CVE number as a text that sorts: the newest last."""
    year, _, number = cve.removeprefix("CVE-").partition("-")
    return f"{year:>6}{number:>12}"
