"""Indicators: how fast a million is imported, what it weighs in memory, how soon it serves."""

from __future__ import annotations

import shutil
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.api import write_bodies
from benchmarks.data import write_hosts
from benchmarks.measure import CITYSHIELD, Bar, Bench, Cost, Row, cpu_s, in_turn, memory_mb, run
from benchmarks.service import Served

_FORMATS = ("plain", "hosts", "adblock")
_MOST_MORE_MB = 60
_CHECKS = 2_000


def measure(bench: Bench) -> Iterator[Row]:
    """Import, memory, restart."""
    yield from _imports(bench)
    yield from _memory(bench)
    yield from _restart(bench)


def _imports(bench: Bench) -> Iterator[Row]:
    count = bench.indicators
    files = {format: bench.scratch / f"list-{format}.txt" for format in _FORMATS}
    for format, path in files.items():
        write_hosts(path, count, format)

    def take(format: str) -> Cost:
        home = bench.home("import")
        command = (*CITYSHIELD, "feeds", "import", files[format], "--source", "benchmark")
        cost = run((*command, "--format", format), home, expect=(0,))
        shutil.rmtree(home)
        return cost

    def insert() -> Cost:
        folder = bench.home("peer")
        peer = (sys.executable, "-m", "benchmarks.peers", "insert")
        cost = run((*peer, files["plain"], folder / "peer.sqlite3"), expect=(0,))
        shutil.rmtree(folder)
        return cost

    works = {format: lambda format=format: take(format) for format in _FORMATS}
    given = in_turn(3, {**works, "sqlite3 insert": insert})
    peer = count / cpu_s(given["sqlite3 insert"])
    bar = Bar(">=", 30_000, words=">= 30,000")
    for format in _FORMATS:
        ours = count / cpu_s(given[format])
        figure = f"import of {count:,} lines, {format}"
        yield Row(figure, ours, "lines/CPU s", peer, "sqlite3 executemany", bar)
    for path in files.values():
        path.unlink()


def _memory(bench: Bench) -> Iterator[Row]:
    bodies = write_bodies(bench.scratch / "bodies-memory", 10, _CHECKS, bench)

    def weigh(home: Path) -> dict[str, float]:
        with Served(home) as service:
            service.load(bodies, _CHECKS)
            return memory_mb(service.pid)

    given = in_turn(
        3, {"empty": lambda: weigh(bench.empty_home), "full": lambda: weigh(bench.listed_home)}
    )
    bar = Bar("<=", _MOST_MORE_MB, "difference", f"<= {_MOST_MORE_MB} MB more")
    for name in ("Rss", "Pss"):
        empty, full = (
            statistics.median(weight[name] for weight in given[which])
            for which in ("empty", "full")
        )
        figure = f"memory of the service with {bench.indicators:,} ({name.upper()})"
        more = f"{full - empty:+.1f} MB"
        yield Row(figure, full, "MB", empty, "empty service", bar, more)


def _restart(bench: Bench) -> Iterator[Row]:
    def start(home: Path) -> tuple[float, float]:
        with Served(home, pin=False) as service:
            return service.ready_s, service.ready_cpu_s

    works = {"empty": lambda: start(bench.empty_home), "full": lambda: start(bench.listed_home)}
    given = in_turn(5, works)
    (wall, cpu), (empty_wall, empty_cpu) = (
        [statistics.median(taken) for taken in zip(*given[name], strict=True)]
        for name in ("full", "empty")
    )
    figure = f"start to /healthz with {bench.indicators:,}"
    yield Row(figure, wall, "s", empty_wall, "empty service", Bar("<", 3, words="< 3 s"))
    yield Row(f"{figure}: CPU", cpu, "CPU s", empty_cpu, "empty service")
