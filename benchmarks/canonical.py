"""What one link costs: our canonical form beside the peers, on the same real links.

Run by ``CITYSHIELD_DATA=folder python benchmarks/canonical.py``. CPU microseconds per link,
median of 5 runs over all links; the links are the phishing feed under ``links/malicious``.
"""

import gzip
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import ada_url

from cityshield.guards.links.canonical import (
    browser_view,
    canonicalize,
    canonicalize_slowly,
    expressions,
    views_differ,
)
from cityshield.guards.links.suffixes import Suffixes

RUNS = 5


def cpu_us(work: Callable[..., object], arguments: Iterable[tuple[Any, ...]]) -> float:
    """Give the median CPU microseconds of one call, the cost of the loop included."""
    rows = list(arguments)
    costs = []
    for _ in range(RUNS):
        start = time.process_time_ns()
        for row in rows:
            work(*row)
        costs.append((time.process_time_ns() - start) / len(rows) / 1000)
    return statistics.median(costs)


def main() -> None:
    folder = os.environ.get("CITYSHIELD_DATA")
    if folder is None:
        sys.exit("set CITYSHIELD_DATA to the folder that holds links/malicious")
    feed = Path(folder) / "links/malicious/openphish_valid_2026-01_2026-05.tsv.gz"
    with gzip.open(feed, "rt", encoding="utf-8") as lines:
        links = [line.rstrip("\n").split("\t")[2] for line in lines]
    raw = [(link.encode(),) for link in links]
    text = [(link,) for link in links]
    found = [canonical for (link,) in raw if (canonical := canonicalize(link)) is not None]
    suffixes = Suffixes()
    hosts = [(canonical.host,) for canonical in found]
    rows: dict[str, float] = {
        "canonicalize": cpu_us(canonicalize, raw),
        "canonicalize, slow path only": cpu_us(canonicalize_slowly, raw),
        "browser_view": cpu_us(browser_view, text),
        "views_differ": cpu_us(views_differ, ((one, browser_view(one.url)) for one in found)),
        "Suffixes.registrable": cpu_us(suffixes.registrable, hosts),
        "expressions": cpu_us(
            expressions, ((one, suffixes.registrable(one.host)) for one in found)
        ),
        "peer: ada_url.normalize_url": cpu_us(ada_url.normalize_url, text),
        "peer: ada_url.URL": cpu_us(ada_url.URL, text),
        "peer: urllib urlsplit": cpu_us(urlsplit, text),
        "Suffixes()": cpu_us(Suffixes, [()]),
    }
    print(f"{len(links)} links, CPU us each, median of {RUNS}")
    for name, cost in rows.items():
        print(f"{name:<32}{cost:>10.2f}")


if __name__ == "__main__":
    main()
