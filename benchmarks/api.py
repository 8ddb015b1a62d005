"""API: links a second through the service, beside a route that answers a constant verdict."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec

from benchmarks.data import mixed_links
from benchmarks.measure import Bar, Bench, Row, in_turn
from benchmarks.serve_constant import PATH
from benchmarks.service import Load, Served

_SHARE = 0.65
_MIXES = {"unlisted links": 0, "10 % listed": 10}


def measure(bench: Bench) -> Iterator[Row]:
    """Requests a second and server CPU a request, for links that no list names and for a mix."""
    requests = 2_000 if bench.quick else 10_000
    answer = bench.scratch / "answer.json"
    constant_home = bench.home("constant")
    bodies = {
        percent: write_bodies(bench.scratch / f"bodies-{percent}", percent, requests, bench)
        for percent in _MIXES.values()
    }
    command = (sys.executable, "-m", "benchmarks.serve_constant", constant_home, answer)
    with Served(bench.listed_home) as real:
        first = bodies[0].read_bytes().partition(b"\n")[0]
        answer.write_bytes(real.post("/api/v1/check", first))
        with Served(constant_home, command) as constant:
            for mix, percent in _MIXES.items():
                yield from _rows(mix, real, constant, bodies[percent], requests)


def _rows(mix: str, real: Served, constant: Served, bodies: Path, requests: int) -> Iterator[Row]:
    works = {
        "constant": lambda: constant.load(bodies, requests, PATH),
        "check": lambda: real.load(bodies, requests),
    }
    for work in works.values():
        work()
    given: dict[str, list[Load]] = in_turn(7, works)
    for loads in given.values():
        if any(load.ok != load.requests for load in loads):
            raise RuntimeError("the service refused some requests")
    listed = given["check"][0].malicious / requests
    ours, peer = (
        statistics.median(load.per_s for load in given[name]) for name in ("check", "constant")
    )
    bar = Bar(">=", _SHARE, "ratio", f">= {_SHARE:.0%} of the constant")
    figure = f"`POST /api/v1/check`, {mix}"
    yield Row(figure, ours, "requests/s", peer, "constant verdict", bar, f"{listed:.1%} malicious")
    ours, peer = (
        statistics.median(load.server_cpu_us for load in given[name])
        for name in ("check", "constant")
    )
    bar = Bar("<=", 1 / _SHARE, "ratio", f"<= {1 / _SHARE:.2f}x (the same bar)")
    yield Row(f"{figure}: server", ours, "us CPU/request", peer, "constant verdict", bar)


def write_bodies(path: Path, listed_percent: int, count: int, bench: Bench) -> Path:
    """Write the bodies of so many requests, one a line."""
    encode = msgspec.json.Encoder().encode
    with path.open("wb") as file:
        for link in islice(mixed_links(listed_percent, bench.indicators), count):
            file.write(encode({"kind": "link", "value": link}) + b"\n")
    return path
