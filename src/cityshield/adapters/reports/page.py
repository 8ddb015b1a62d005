"""The feed report as one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from cityshield.adapters.reports import charts
from cityshield.guards.dates import day, moment
from cityshield.vocabulary.report import STALE_DAYS, FeedFigures, FeedReport

FOLDER = Path(__file__).parent
SENTENCES = FOLDER / "sentences"
Say = Callable[..., str]
"""A sentence by its id, with its arguments."""

_DAY_S, _HOUR_S = 86_400, 3600


def render(report: FeedReport, say: Say, language: str, operator: str) -> str:
    """The page in a language; `say` speaks the sentences beside this module."""
    feeds = report.feeds
    return template("report.html.j2").render(
        lang=language,
        t=say,
        operator=operator,
        report=report,
        at=moment(report.at),
        day=day,
        percent=percent,
        span=lambda seconds: span(seconds, say),
        stale_days=STALE_DAYS,
        unique={feed.name: _unique(feed, say) for feed in feeds},
        first={feed.name: _first(feed, say) for feed in feeds if feed.compared},
        fresh={feed.name: _fresh(feed, say) for feed in feeds},
        matrix=Markup(charts.matrix(shares(report), say("report-overlap"))),  # noqa: S704
        overlap=shares(report),
        course={feed.name: _course(feed, say) for feed in feeds if feed.syncs},
    )


def template(name: str) -> Template:
    """A template of a page that needs nothing else."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def shares(report: FeedReport) -> list[list[float]]:
    """Of each feed's hosts, the share that each feed lists too."""
    return [
        [count / row[place] if row[place] else 0.0 for count in row]
        for place, row in enumerate(report.shared)
    ]


def percent(part: int | float, whole: int | float = 1) -> str:
    """A share as people read it: a little is never 0 %, and not quite all never 100 %."""
    value = 100 * part / whole if whole else 0.0
    if 0 < value < 1 or 99 < value < 100:
        return f"{min(max(value, 0.1), 99.9):.1f} %"
    return f"{value:.0f} %"


def span(seconds: int | None, say: Say) -> str:
    """A time of hours or days, in words."""
    if seconds is None:
        return "–"
    if seconds < 2 * _DAY_S:
        return say("report-hours", count=seconds // _HOUR_S)
    return say("report-days", count=round(seconds / _DAY_S))


def _unique(feed: FeedFigures, say: Say) -> Markup:
    own = feed.only_here / feed.hosts
    label = say("report-unique-of", name=feed.name, share=percent(own))
    return Markup(charts.bar([(own, "own")], label))  # noqa: S704


def _first(feed: FeedFigures, say: Say) -> Markup:
    share = feed.first / feed.compared
    label = say("report-first-of", name=feed.name, share=percent(share))
    return Markup(charts.bar([(share, "own")], label))  # noqa: S704


def _fresh(feed: FeedFigures, say: Say) -> Markup:
    seen, stale = (feed.hosts - feed.not_seen) / feed.hosts, feed.stale / feed.hosts
    label = say("report-fresh-of", name=feed.name, share=percent(seen), stale=percent(stale))
    parts = [(seen, "own"), (max(0.0, 1 - seen - stale), "soon"), (stale, "bad")]
    if feed.not_seen < feed.stale:  # the last import itself is that old
        parts = [(max(0.0, 1 - stale), "own"), (stale, "bad")]
    return Markup(charts.bar(parts, label))  # noqa: S704


def _course(feed: FeedFigures, say: Say) -> Markup:
    label = say("report-course-of", name=feed.name, count=f"{feed.syncs[-1].entries:,}")
    return Markup(charts.course([(sync.at, sync.entries) for sync in feed.syncs], label))  # noqa: S704
