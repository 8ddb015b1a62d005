"""Indicators: imports, memory, start; ten million of them, and changes while they are asked."""

from __future__ import annotations

import shutil
import sqlite3
import statistics
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import islice
from pathlib import Path

import msgspec

from benchmarks.api import write_bodies
from benchmarks.data import LISTED, UNLISTED, hosts, write_hosts
from benchmarks.measure import (
    CITYSHIELD,
    Bar,
    Bench,
    Cost,
    Row,
    cpu_s,
    in_turn,
    memory_mb,
    run,
    say,
)
from benchmarks.service import Served
from cityshield.adapters.clock import SystemClock
from cityshield.adapters.store.index import key_of
from cityshield.adapters.store.lookup import IndicatorLookup
from cityshield.adapters.store.place import STORE_NAME

_FORMATS = ("plain", "hosts", "adblock")
_MOST_MORE_MB = 60
_CHECKS = 2_000
_ASKED = 20_000
_PAUSE_S = 0.005


def measure(bench: Bench) -> Iterator[Row]:
    """Import, memory, restart."""
    yield from _imports(bench)
    yield from _memory(bench)
    yield from _restart(bench)
    yield from _ten_million(bench)


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


def _ten_million(bench: Bench) -> Iterator[Row]:
    count, added = (100_000, 1_000) if bench.quick else (10_000_000, 100_000)
    home = bench.home("many")
    lists = bench.scratch / "many.txt"
    write_hosts(lists, count)
    say(f"importing {count:,} indicators")
    command = (*CITYSHIELD, "feeds", "import", lists, "--source", "benchmark")
    cost = run(command, home, expect=(0,))
    lists.unlink()
    yield Row(f"import of {count:,} lines, plain", count / cost.cpu_s, "lines/CPU s")
    yield from _look_ups(home, count)
    bodies = bench.scratch / "bodies-many"
    with bodies.open("wb") as file:
        for name in _listed(count, _ASKED):
            file.write(msgspec.json.encode({"kind": "link", "value": f"http://{name}/"}) + b"\n")
    with Served(bench.empty_home) as service:
        service.load(bodies, _ASKED)
        empty = memory_mb(service.pid)["Rss"]
    with Served(home) as service:
        service.load(bodies, _ASKED)
        full = memory_mb(service.pid)["Rss"]
        bar = Bar("<=", 150, "difference", "<= 150 MB more")
        figure = f"memory of the service with {count:,} (RSS), {_ASKED:,} of them asked for"
        yield Row(figure, full, "MB", empty, "empty service", bar, f"{full - empty:+.1f} MB")
        yield from _delta(bench, home, service, added)


def _listed(count: int, most: int) -> Iterator[str]:
    """So many names, spread over those that are listed."""
    return islice(hosts(LISTED), 0, count, max(1, count // most))


def _look_ups(home: Path, count: int) -> Iterator[Row]:
    """One look-up at a time, as a visitor's link is asked for, against a plain query."""
    lookup = IndicatorLookup(home, SystemClock())
    known = [(f"{name}/",) for name in _listed(count, _ASKED)]
    unknown = [(f"{name}/",) for name in islice(hosts(UNLISTED), _ASKED)]
    mixed = [known[n] if n % 100 == 0 else unknown[n] for n in range(min(len(known), _ASKED))]

    def ours(asked: Sequence[tuple[str]]) -> float:
        started = time.process_time()
        for one in asked:
            lookup.find_many((one,))
        return (time.process_time() - started) / len(asked) * 1e6

    def plain(asked: Sequence[tuple[str]]) -> float:
        with closing(sqlite3.connect(home / STORE_NAME)) as store:
            started = time.process_time()
            for (value,) in asked:
                store.execute("SELECT 1 FROM indicators WHERE key = ?", (key_of(value),)).fetchone()
            return (time.process_time() - started) / len(asked) * 1e6

    figures = {"1 in 100 listed": mixed, "not listed": unknown, "listed, with its sources": known}
    for name, asked in figures.items():
        given = in_turn(5, {"ours": partial(ours, asked), "plain": partial(plain, asked)})
        mine, peer = (statistics.median(given[which]) for which in ("ours", "plain"))
        bar = None if asked is known else Bar("<=", 5, words="<= 5 us")
        yield Row(f"look-up among {count:,}, {name}", mine, "CPU us", peer, "SQLite, key only", bar)


def _delta(bench: Bench, home: Path, service: Served, added: int) -> Iterator[Row]:
    """An import while the service is asked, some 200 times a second."""
    path = bench.scratch / "added.txt"
    with path.open("w") as file:
        file.writelines(f"{name}\n" for name in islice(hosts("new"), added))
    old, new = next(hosts(LISTED)), next(hosts("new"))
    asked, failed, seen_at = 0, 0, 0.0
    is_over = threading.Event()

    def level(name: str) -> str:
        body = msgspec.json.encode({"kind": "link", "value": f"http://{name}/"})
        told: str = msgspec.json.decode(service.post("/api/v1/check", body))["level"]
        return told

    def ask() -> None:
        nonlocal asked, failed, seen_at
        while not is_over.wait(_PAUSE_S):
            asked += 1
            try:
                failed += level(old) != "malicious"
                if not seen_at and level(new) == "malicious":
                    seen_at = time.perf_counter()
            except OSError:
                failed += 1

    asking = threading.Thread(target=ask)
    asking.start()
    started = time.perf_counter()
    command = (*CITYSHIELD, "feeds", "import", path, "--source", "delta")
    cost = run(command, home, expect=(0,))
    failed += level(new) != "malicious"
    is_over.set()
    asking.join()
    figure = f"import of {added:,} more, until the service answers with them"
    note = f"{cost.cpu_s:.1f} CPU s; the command ends after {cost.wall_s:.1f} s"
    yield Row(figure, seen_at - started, "s", bar=Bar("<=", 5, words="<= 5 s"), note=note)
    note = f"{asked:,} asked meanwhile"
    yield Row(
        "queries that failed meanwhile", float(failed), "", bar=Bar("<=", 0, words="0"), note=note
    )
