"""The page of statistics, and the same as open data."""

from __future__ import annotations

import asyncio
import csv
import hashlib
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any
from urllib.parse import urlencode

import msgspec
import structlog
from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler
from markupsafe import Markup

from cityshield.adapters.reports.charts import bars, columns
from cityshield.adapters.store.statistics import FEWEST_APPEALS, read_statistics
from cityshield.entrypoints.look.look import language_of
from cityshield.entrypoints.pages.routes import Page
from cityshield.entrypoints.pages.spans import span
from cityshield.guards.dates import moment
from cityshield.service import Service
from cityshield.vocabulary.decision import BLOCK
from cityshield.vocabulary.statistics import Statistics

Asked = Request[Any, Any, Any]
KEPT_S = 600
"""For how long figures are kept: counting a million decisions takes seconds."""

log = structlog.get_logger("cityshield.pages")

UNKNOWN = "unknown"
"""What stands in open data where there is nothing to tell from."""


class Kept:
    """Figures counted not more often than they have to be; while they are, the old ones serve."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._figures: Statistics | None = None
        self._counting: asyncio.Task[Statistics] | None = None

    async def figures(self) -> Statistics:
        """The figures, at most a count older than `KEPT_S`; those held serve on if it fails."""
        now = self._service.clock.now()
        held = self._figures
        if held is not None and 0 <= now - held.at < KEPT_S:
            return held
        if self._counting is None:
            self._counting = asyncio.create_task(self._count(now))
        return held if held is not None else await asyncio.shield(self._counting)

    async def _count(self, now: int) -> Statistics:
        try:
            self._figures = await asyncio.to_thread(read_statistics, self._service.engine, now)
        except Exception as error:
            if self._figures is None:
                raise
            log.error("statistics", error=type(error).__name__)
        finally:
            self._counting = None
        return self._figures


def statistics_routes(page: Page) -> list[BaseRouteHandler]:
    """The page, and its figures as JSON and CSV."""
    kept = Kept(page.service)

    @get("/statistics", include_in_schema=False)
    async def show(request: Asked) -> Response[bytes]:
        body = render(page, await kept.figures(), language_of(request))
        return _open(request, body, "text/html", vary="accept-language")

    @get("/statistics.json", include_in_schema=False)
    async def as_json(request: Asked) -> Response[bytes]:
        body = msgspec.json.encode(_about(page) | msgspec.to_builtins(await kept.figures()))
        return _open(request, body, "application/json")

    @get("/statistics.csv", include_in_schema=False)
    async def as_csv(request: Asked) -> Response[bytes]:
        text = StringIO()
        writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180
        writer.writerow(("figure", "of", "value"))
        writer.writerows((name, "", value) for name, value in _about(page).items())
        writer.writerows(rows_of(await kept.figures()))
        return _open(request, text.getvalue().encode(), "text/csv")

    return [show, as_json, as_csv]


def rows_of(figures: Statistics) -> Iterator[tuple[str, str, str]]:
    """Every figure as a row: its name, what it is of, and its value; always in one order."""
    yield "at", "", str(figures.at)
    for kind in figures.in_force:
        yield "in_force", f"{kind.action}/{kind.origin}/{kind.scope}", str(kind.count)
    yield "ever", "", str(figures.ever)
    for how, count in figures.ends.items():
        yield "ends", how, str(count)
    for week in figures.weeks:
        yield "made", week.monday, str(week.made)
    for week in figures.weeks:
        yield "ended", week.monday, str(week.ended)
    for state, count in figures.appeals.items():
        yield "appeals", state, str(count)
    yield "wrong", "", str(figures.wrong)
    yield "wrong_per_10000", "", _known(figures.wrong_per_10000)
    for name, value in msgspec.structs.asdict(figures.medians).items():
        yield "median", name, _known(value)


def render(page: Page, figures: Statistics, language: str) -> bytes:
    """The page of the figures."""

    def t(sentence: str, **words: object) -> str:
        return page.say(f"statistics-{sentence}", language, **words)

    blocks = [
        (t("kind", origin=t(f"origin-{kind.origin}"), scope=t(f"scope-{kind.scope}")), kind.count)
        for kind in figures.in_force
        if kind.action == BLOCK
    ]
    appeals = [(t(f"appeals-{state}"), count) for state, count in figures.appeals.items()]
    ends = [(t(f"ends-{how}"), count) for how, count in figures.ends.items()]
    medians = [
        (
            t(f"median-{name.removesuffix('_s').replace('_', '-')}"),
            t("unknown") if value is None else span(page, language, value),
        )
        for name, value in msgspec.structs.asdict(figures.medians).items()
    ]
    other = "en" if language != "en" else "zh-Hans"
    return page.fill(
        "statistics.html.j2",
        language,
        "/statistics?" + urlencode({"lang": other}),
        figures=figures,
        at=moment(figures.at),
        total=sum(count for _, count in blocks),
        charts=[
            (name, Markup(bars(rows, f"{name}-title")), rows)  # noqa: S704
            for name, rows in (("in-force", blocks), ("ends", ends), ("appeals", appeals))
        ],
        weeks=Markup(_weeks(figures, t)),  # noqa: S704
        medians=medians,
        fewest=FEWEST_APPEALS,
        licence=page.service.config.decisions.licence,
        minutes=KEPT_S // 60,
    )


def _weeks(figures: Statistics, t: Callable[..., str]) -> str:
    """The chart of what was made and ended week by week; empty where nothing was."""
    pairs = [(week.made, week.ended) for week in figures.weeks]
    most = max((value for pair in pairs for value in pair), default=0)
    if not most:
        return ""
    span = f"{figures.weeks[0].monday} – {figures.weeks[-1].monday}"
    above = f"▲ {t('made')}", t("scale", most=f"{most:,}")
    return columns(pairs, "weeks-title", (*above, f"▼ {t('ended')}", span))


def _about(page: Page) -> dict[str, str]:
    """Whose figures these are, and what may be done with them."""
    config = page.service.config
    return {"operator": config.operator.name, "licence": config.decisions.licence}


def _known(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _open(request: Asked, body: bytes, media_type: str, vary: str = "") -> Response[bytes]:
    """Open data: kept by who asks for as long as we keep it, and not sent again unchanged."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {"cache-control": f"public, max-age={KEPT_S}", "etag": tag}
    if vary:
        headers["vary"] = vary
    known = request.headers.get("if-none-match", "")
    if tag in (each.strip().removeprefix("W/") for each in known.split(",")[:20]):
        return Response(b"", status_code=304, media_type=media_type, headers=headers)
    return Response(body, media_type=media_type, headers=headers)
