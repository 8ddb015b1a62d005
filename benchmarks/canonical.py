"""Canonical form: what one link costs, beside the peers, on the same real links."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import ada_url

from benchmarks.data import phishing_links
from benchmarks.measure import Bar, Bench, Row, in_turn
from cityshield.guards.links.canonical import (
    browser_view,
    canonicalize,
    canonicalize_slowly,
    expressions,
    views_differ,
)
from cityshield.guards.links.suffixes import Suffixes

_RUNS = 5
_UNIT = "us CPU/link"


def measure(bench: Bench) -> Iterator[Row]:
    """CPU microseconds a link of each step, the cost of the loop included."""
    links = phishing_links()[: 10_000 if bench.quick else None]
    raw = [(link.encode(),) for link in links]
    text = [(link,) for link in links]
    found = [canonical for (link,) in raw if (canonical := canonicalize(link)) is not None]
    suffixes = Suffixes()
    steps: dict[str, tuple[Callable[..., object], Sequence[tuple[Any, ...]]]] = {
        "canonicalize": (canonicalize, raw),
        "canonicalize, slow path only": (canonicalize_slowly, raw),
        "browser_view": (browser_view, text),
        "views_differ": (views_differ, [(one, browser_view(one.url)) for one in found]),
        "Suffixes.registrable": (suffixes.registrable, [(one.host,) for one in found]),
        "expressions": (expressions, [(one, suffixes.registrable(one.host)) for one in found]),
        "ada_url.normalize_url": (ada_url.normalize_url, text),
        "ada_url.URL": (ada_url.URL, text),
        "urlsplit": (urlsplit, text),
        "Suffixes(), once": (Suffixes, [()]),
    }
    works = {
        name: lambda work=work, rows=rows: _cpu_us(work, rows)
        for name, (work, rows) in steps.items()
    }
    cost = {name: statistics.median(costs) for name, costs in in_turn(_RUNS, works).items()}
    bar = Bar("<=", 10, words="<= 10 us")
    note = f"{len(links):,} links"
    yield Row(
        "canonical form", cost["canonicalize"], _UNIT, cost["ada_url.URL"], "ada_url.URL", bar, note
    )
    yield Row(
        "canonical form", cost["canonicalize"], _UNIT, cost["urlsplit"], "urlsplit", bar, note
    )
    normalize = cost["ada_url.normalize_url"]
    yield Row("browser's view", cost["browser_view"], _UNIT, normalize, "ada_url.normalize_url")
    for name in ("canonicalize, slow path only", "views_differ", "Suffixes.registrable"):
        yield Row(f"`{name}`", cost[name], _UNIT)
    yield Row("`expressions`", cost["expressions"], _UNIT)
    yield Row("`Suffixes()`, once", cost["Suffixes(), once"] / 1000, "ms CPU")


def _cpu_us(work: Callable[..., object], rows: Sequence[tuple[Any, ...]]) -> float:
    start = time.process_time_ns()
    for row in rows:
        work(*row)
    return (time.process_time_ns() - start) / len(rows) / 1000
