"""What lists say of a version: the exploited first, by branch, never more than they say."""

from __future__ import annotations

import msgspec
import pytest

from cityshield.guards.guard import Guard
from cityshield.guards.scale import Scale
from cityshield.guards.sites.gather import SiteGatherer
from cityshield.guards.sites.given import site
from cityshield.guards.sites.software import Software
from cityshield.guards.sites.versions import Range
from cityshield.guards.sites.weaknesses import (
    FILE,
    PAST,
    Compiled,
    Cycle,
    Source,
    Weakness,
    Weaknesses,
    has_ended,
    read_compiled,
)
from cityshield.rooms import find_checks
from cityshield.vocabulary.errors import ConfigurationError
from cityshield.vocabulary.subject import SITE
from cityshield.vocabulary.verdict import Failure, Verdict

CVES = (Source("cve", "list", 0, 1, 1),)
LISTS = Compiled(
    sources=CVES,
    exploited={"CVE-2025-0009": "2026-01-02"},
    weaknesses={
        "php": (
            Weakness("CVE-2024-0001", "low", (Range("8.1", "8.1.20"),)),
            Weakness("CVE-2025-0002", "critical", (Range("8.1", "8.1.30"),)),
            Weakness("CVE-2026-0003", "critical", (Range("8.1", "8.1.25"),), windows=True),
        ),
        "moodle": (Weakness("CVE-2024-0004", "high", (Range("4.0", "", "4.3.3"), Range("4.1", "", "4.1.9"))),),
        "wordpress": (Weakness("CVE-2025-0009", "medium", (Range("", "6.2"),), (Range("6.1.9", "", "6.1.*"),)),),
        "drupal": (Weakness("CVE-2024-0005", "high", (Range("10.0", "10.3"),)),),
        "mediawiki": (Weakness("CVE-2024-0006", "high", (), (Range("1.39.17", "1.40"),)),),
    },
    cycles={"php": (Cycle("8.1", "2025-12-31", "8.1.34"), Cycle("8", PAST), Cycle("9"))},
)  # fmt: skip
KNOWN = Weaknesses(msgspec.json.encode(LISTS))


def ids(product: str, version: str, system: str = "") -> tuple[str, ...]:
    return KNOWN.of(Software(product, version, "/", system)).ids


def test_the_worst_and_the_newest_come_first() -> None:
    known = KNOWN.of(Software("php", "8.1.10", "/"))
    assert known.ids == ("CVE-2025-0002", "CVE-2024-0001")
    assert (known.severity, known.exploited, known.newest) == ("critical", False, "8.1.34")
    assert ids("php", "8.1.25") == ("CVE-2025-0002",)
    assert ids("php", "8.1.30") == ids("php", "8.0.1") == ids("php", "what") == ()


def test_what_is_of_windows_counts_there_alone() -> None:
    assert ids("php", "8.1.24", "Windows")[0] == "CVE-2026-0003"
    assert "CVE-2026-0003" not in ids("php", "8.1.24")


def test_known_to_be_exploited_is_high_at_least() -> None:
    known = KNOWN.of(Software("wordpress", "6.0", "/"))
    assert (known.exploited, known.severity) == (True, "high")


def test_the_range_of_the_branch_decides() -> None:
    assert ids("moodle", "4.1.9") == ids("moodle", "4.0.5") == ids("moodle", "4.3.3")
    assert ids("moodle", "4.1.10") == ids("moodle", "4.3.4") == ()


def test_what_is_said_to_be_safe_is_safe() -> None:
    assert ids("wordpress", "6.1.8")
    assert ids("wordpress", "6.1.9") == ids("wordpress", "6.1.12") == ()
    assert ids("mediawiki", "1.38.2")
    assert ids("mediawiki", "1.39.17") == ()


def test_a_branch_is_no_version() -> None:
    assert ids("drupal", "10.1.2")
    assert ids("drupal", "10") == ids("drupal", "10.1") == ()


def test_support_ends_by_the_narrowest_branch() -> None:
    cycle = KNOWN.of(Software("php", "8.1.31", "/")).cycle
    assert cycle is not None
    assert cycle.name == "8.1"
    assert not has_ended(cycle, 1_767_139_200)  # 2025-12-31
    assert has_ended(cycle, 1_767_225_600)
    older = KNOWN.of(Software("php", "8.0.1", "/")).cycle
    assert older is not None
    assert has_ended(older, 0)
    assert not has_ended(Cycle("9"), 1 << 40)
    assert has_ended(cycle, 1 << 70)


def judge(lists: Compiled | None, *headers: str) -> Verdict:
    data = None if lists is None else msgspec.json.encode(lists)
    guard = Guard(
        "sites", SITE, find_checks("sites", []), SiteGatherer(None), Scale(),
        lambda name: data if name == FILE else None,
    )  # fmt: skip
    return guard.judge(site("city-library.example", {"headers": list(headers)}))


def outdated(verdict: Verdict) -> list[str]:
    return [item.check for item in verdict.findings if "outdated" in item.check]


def test_without_lists_the_coverage_says_so() -> None:
    verdict = judge(None, "server: nginx/1.2.3")
    assert outdated(verdict) == []
    assert verdict.failed == (Failure("sites.server_outdated", "no-lists"),)
    assert 0.95 < verdict.coverage < 1
    assert judge(None, "server: nginx").coverage == 1  # no version, nothing to compare


def test_without_cve_records_the_rest_is_judged_all_the_same() -> None:
    verdict = judge(
        Compiled(cycles={"php": (Cycle("8.1", "2025-12-31"),)}), "x-powered-by: PHP/8.1.5"
    )
    assert outdated(verdict) == ["sites.server_outdated/ended:php"]
    assert [item.reason for item in verdict.failed] == ["no-lists"]


def test_a_distribution_has_the_last_word() -> None:
    assert outdated(judge(LISTS, "x-powered-by: PHP/8.1.20-1+deb12u1")) == [
        "sites.server_outdated/packaged:php"
    ]
    assert outdated(judge(LISTS, "x-powered-by: PHP/8.1.20")) == [
        "sites.server_outdated/vulnerable:php",
        "sites.server_outdated/ended:php",
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{",
        b'{"format": 2}',
        b'{"weaknesses": {"php": [[1]]}}',
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_a_file_that_is_none_is_told(data: bytes) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_compiled(data)
    assert caught.value.sentence == "error-versions-file"
    assert caught.value.args_for_sentence["file"] == FILE
