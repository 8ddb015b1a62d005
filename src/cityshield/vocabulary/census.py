"""A census of websites: who they belong to, and what one run through them is."""

from __future__ import annotations

from typing import Final

import msgspec

from cityshield.vocabulary.finding import SEVERITIES

QUICK: Final = "quick"
STANDARD: Final = "standard"
FULL: Final = "full"
PROFILES: Final = (QUICK, STANDARD, FULL)
"""How much is asked of a site, from the least to the most; each asks what the ones before do."""

RUNNING: Final = "running"
PAUSED: Final = "paused"
VISITED: Final = "visited"
JUDGED: Final = "judged"
STATES: Final = (RUNNING, PAUSED, VISITED, JUDGED)
"""Sites are being visited, or a process that did so was killed; somebody stopped it; every site has
its facts or a reason; and they were judged."""

OUT_OF_SCOPE: Final = "out-of-scope"
OPTED_OUT: Final = "opted-out"
NAME_TIMEOUT: Final = "name-timeout"
ROBOTS_SAY_NO: Final = "robots"
VANTAGE_DOWN: Final = "vantage-down"
STOPPED: Final = "stopped"
BUDGET: Final = "budget"
NOT_VISITED: Final = "not-visited"
REASONS: Final = (
    OUT_OF_SCOPE,
    OPTED_OUT,
    ROBOTS_SAY_NO,
    "no-name",
    "no-address",
    NAME_TIMEOUT,
    "private-address",
    "dead",
    VANTAGE_DOWN,
    BUDGET,
    STOPPED,
    NOT_VISITED,
)
"""Why there is nothing to say of a site. `not-visited` is one that its run has not come to."""

DOUBTFUL: Final = frozenset({"no-name", "no-address", NAME_TIMEOUT, "private-address", "dead"})
"""What a site looks like too when it is we who have no network."""

NO_VISIT: Final = frozenset({OUT_OF_SCOPE, OPTED_OUT, VANTAGE_DOWN, STOPPED, BUDGET})
"""Reasons that say nothing of the site itself."""

WORST_FIRST: Final = tuple(reversed(SEVERITIES))


class Site(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A website of the inventory: its host in A-labels, whose it is, of what kind, and where."""

    host: str
    owner: str = ""
    sector: str = ""
    district: str = ""


class Known(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A site as the inventory knows it now; times are seconds since 1970 in UTC.

    `authorised_by` is who allows that it is visited. `opted_out_at` is when somebody said that it
    is not to be. `visited_at` and what follows are of its last visit.
    """

    host: str
    owner: str
    sector: str
    district: str
    authorised_by: str
    opted_out_at: int | None = None
    opt_out_reason: str = ""
    visited_at: int | None = None
    run: int | None = None
    reason: str = ""
    grade: str = ""


class KnownFinding(msgspec.Struct, frozen=True, omit_defaults=True):
    """A finding as it is known of a site; times are seconds since 1970 in UTC.

    `run` is the last that saw it, or the one that saw that it is gone, since `gone_at`.
    """

    check: str
    severity: str
    location: str
    first_seen: int
    last_seen: int
    run: int
    gone_at: int | None = None


class Run(msgspec.Struct, frozen=True):
    """One run through many sites; times are seconds since 1970 in UTC.

    `targets` is how many sites it has, `settled` how many of them have facts or a reason.
    `judgement` counts how often it was judged, 0 for never.
    """

    id: int
    profile: str
    state: str
    started_at: int
    by: str
    targets: int
    settled: int = 0
    ended_at: int | None = None
    judgement: int = 0
    judged_at: int | None = None


class CheckCount(msgspec.Struct, frozen=True):
    """A check's share in a run: on how many sites it found something."""

    check: str
    severity: str
    sites: int


class Share(msgspec.Struct, frozen=True):
    """The sites of one owner, sector or district: how many, their grades, their worst findings.

    `grades` counts sites by grade; `severe` is how many sites have a critical or high finding.
    """

    name: str
    sites: int
    judged: int
    severe: int
    grades: dict[str, int]


class Worst(msgspec.Struct, frozen=True):
    """A site with its grade and how many findings of each severity it has."""

    host: str
    owner: str
    grade: str
    findings: dict[str, int]


class ThirdParty(msgspec.Struct, frozen=True):
    """An outside host that pages load scripts from: on how many sites, and on how many of them with
    a script that is not pinned (Subresource Integrity)."""

    host: str
    sites: int
    unpinned: int


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """A finding of a run, with whose site it is on; `check` is empty for a site without any."""

    host: str
    owner: str
    sector: str
    district: str
    reason: str
    grade: str
    at: int
    check: str = ""
    severity: str = ""
    location: str = ""
    args: dict[str, str] = {}


class Politeness(msgspec.Struct, frozen=True):
    """What a run's own log of requests and connections shows.

    `at_once` and `per_s` are the most that one address had under way, and that began with one
    within a second; what was allowed is `allowed_at_once` and `allowed_per_s`.
    """

    lines: int
    addresses: int
    at_once: int
    per_s: int
    worst_at_once: str
    worst_per_s: str
    allowed_at_once: int
    allowed_per_s: float

    @property
    def is_kept(self) -> bool:
        """Whether no address ever had more than was allowed."""
        return self.at_once <= self.allowed_at_once and self.per_s <= self.allowed_per_s


class Figures(msgspec.Struct, frozen=True):
    """What a run found, in numbers.

    `severities` counts sites by the words of their findings, and `severe` those with a critical or
    a high one; `checks` those without a result too, where DNS alone shows a weakness. `reasons`
    counts the sites without a result, `again` how often one was put off because we were down.
    `requests`, `connections` and `bytes_in` are all that the run asked for and got, and `took_s`
    the time from the first of its facts to the last. `politeness` is None for a run without a log.
    `parked` and `for_sale` are sites with nothing of their own; `alike` sites show one of
    `alike_pages` pages that several of them share, byte by byte. `broken_into` is how many sites
    show signs of a break-in.
    """

    run: Run
    judged: int
    reasons: dict[str, int]
    grades: dict[str, int]
    severities: dict[str, int]
    severe: int
    checks: list[CheckCount]
    owners: list[Share]
    sectors: list[Share]
    districts: list[Share]
    worst: list[Worst]
    again: int = 0
    requests: int = 0
    connections: int = 0
    bytes_in: int = 0
    took_s: int = 0
    politeness: Politeness | None = None
    parked: int = 0
    for_sale: int = 0
    alike: int = 0
    alike_pages: int = 0
    third_parties: list[ThirdParty] = []
    broken_into: int = 0


class Changed(msgspec.Struct, frozen=True):
    """What one check found new, still and no more, in sites."""

    check: str
    severity: str
    new: int
    still: int
    gone: int


class Difference(msgspec.Struct, frozen=True):
    """What changed from one run to a later one, over the sites that both have a result of.

    `moves` counts sites by the grade before and after. Sites that only one of the two has a result
    of are `only_before` and `only_after`. `less_asked` says that the later run asked less of each
    site, so that what it did not find need not be gone.
    """

    before: int
    after: int
    compared: int
    only_before: int
    only_after: int
    better: int
    worse: int
    moves: dict[str, int]
    checks: list[Changed]
    less_asked: bool = False
