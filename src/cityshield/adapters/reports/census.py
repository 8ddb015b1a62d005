"""The report of a run through websites as one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from markupsafe import Markup

from cityshield.adapters.reports import charts
from cityshield.adapters.reports.page import Say, percent, template
from cityshield.guards.dates import moment
from cityshield.vocabulary.census import REASONS, Figures, Politeness
from cityshield.vocabulary.finding import SEVERITIES

_SHOWN_CHECKS = 10
_SHOWN_SHARES = 12
_SHOWN_WORST = 20
_SHOWN_THIRD_PARTIES = 10
_LETTERS = "ABCDEF"


def severity_word(severity: str, say: Say) -> str:
    """How bad something is, in a word."""
    return say(f"severity-{severity}") if severity in SEVERITIES else severity


def reason_word(reason: str, say: Say) -> str:
    """Why there is nothing to say of a site, in a sentence."""
    name, _, detail = reason.partition(":")
    known = name in REASONS or name == "error"
    return say(f"failure-visit-{name}", detail=detail) if known else reason


def politeness_word(politeness: Politeness, say: Say) -> str:
    """Whether the log of a run shows that its budget was kept, in a sentence."""
    kept = "report-census-polite" if politeness.is_kept else "report-census-not-polite"
    words = msgspec.structs.asdict(politeness)
    return say(
        kept, **{name: f"{n:,g}" if isinstance(n, float) else n for name, n in words.items()}
    )


def render(
    figures: Figures,
    said: Mapping[str, tuple[str, str]],
    say: Say,
    language: str,
    operator: str,
) -> str:
    """The page in a language; `said` is of each check what it is and what to do now."""
    most = max((item.sites for item in figures.checks), default=0) or 1
    shares = (
        ("owners", say("report-census-owners"), say("report-census-owner"), figures.owners),
        ("sectors", say("report-census-sectors"), say("report-census-sector"), figures.sectors),
        (
            "districts",
            say("report-census-districts"),
            say("report-census-district"),
            figures.districts,
        ),
    )
    grades = {grade: count for grade, count in figures.grades.items() if grade}
    return template("census.html.j2").render(
        lang=language,
        t=say,
        operator=operator,
        figures=figures,
        at=moment(figures.run.ended_at or figures.run.started_at),
        percent=percent,
        severity=lambda name: severity_word(name, say),
        reason=lambda name: reason_word(name, say),
        polite=lambda kept: politeness_word(kept, say),
        grades=grades,
        ungraded=figures.grades.get("", 0),
        kind=_kind,
        strip=_strip(grades, say("report-census-grades")),
        grade_bars={
            grade: _bar(count / max(figures.judged, 1), _kind(grade), grade)
            for grade, count in grades.items()
        },
        letters=[letter for letter in _LETTERS if any(grade[0] == letter for grade in grades)],
        without=sum(figures.reasons.values()),
        checks=[
            (item, *said.get(item.check, (item.check, "")),
             _bar(item.sites / most, f"s-{item.severity}", item.check))
            for item in figures.checks[:_SHOWN_CHECKS]
        ],
        all_checks=[(item, said.get(item.check, (item.check, ""))[0]) for item in figures.checks],
        severity_bars={
            word: _bar(count / max(figures.judged, 1), f"s-{word}", severity_word(word, say))
            for word, count in figures.severities.items()
        },
        shares=[(*words, [(item, _strip(item.grades, item.name)) for item in
                          rows[:_SHOWN_SHARES]], rows) for *words, rows in shares],
        all_grades=list(grades),
        worst=figures.worst[:_SHOWN_WORST],
        reason_bars={
            name: _bar(count / max(figures.run.targets, 1), "soon", name)
            for name, count in figures.reasons.items()
        },
        third_parties=[
            (item, _bar(item.sites / max(figures.judged, 1), "soon", item.host))
            for item in figures.third_parties[:_SHOWN_THIRD_PARTIES]
        ],
        per_site=round(figures.requests / max(figures.judged, 1), 1),
    )  # fmt: skip


def _kind(grade: str) -> str:
    """The class of a grade's colour."""
    return f"g-{grade[:1].lower()}" if grade[:1] in _LETTERS else "rest"


def _strip(grades: Mapping[str, int], label: str) -> Markup:
    """All sites as one bar, each grade a part."""
    whole = sum(grades.values()) or 1
    told = ", ".join(f"{grade} {count:,}" for grade, count in grades.items())
    parts = [(count / whole, _kind(grade)) for grade, count in grades.items()]
    return Markup(charts.bar(parts, f"{label}: {told}"))  # noqa: S704


def _bar(share: float, kind: str, label: str) -> Markup:
    return Markup(charts.bar([(share, kind)], f"{label}: {percent(share)}"))  # noqa: S704
