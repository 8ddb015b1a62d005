"""Bulk: links and messages a CPU second through `cityshield check --lines --json`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.data import many_links, mixed_links, written_messages
from benchmarks.measure import CITYSHIELD, Bar, Bench, Cost, Row, cpu_s, run, say, wall_s

if TYPE_CHECKING:
    from collections.abc import Iterator

_SLICES = 5


def measure(bench: Bench) -> Iterator[Row]:
    """Links, links of which some are listed, messages, and two processes."""
    count = bench.indicators
    links, real = many_links(count)
    size = count // _SLICES
    slices = [
        _write(bench.scratch / f"links-{number}", links[number * size : (number + 1) * size])
        for number in range(_SLICES)
    ]
    del links
    mixed = _write(
        bench.scratch / "links-mixed", list(islice(mixed_links(10, bench.indicators, 1), size))
    )
    ours: list[Cost] = []
    twice: list[Cost] = []
    peers: list[Cost] = []
    listed: list[Cost] = []
    for number, lines in enumerate(slices):
        say(f"run {number + 1} of {_SLICES}: {size:,} links")
        ours.append(_check(bench, lines))
        peers.append(run((sys.executable, "-m", "benchmarks.peers", "split", lines), expect=(0,)))
        if number < 3:
            twice.append(_check(bench, lines, "--jobs", "2"))
            listed.append(_check(bench, mixed))
    figure = f"`check --kind link --lines` of {count:,} links"
    note = f"{real / count:.0%} real links, {_SLICES} runs of {size:,}"
    bar = Bar(">=", 8_000, words=">= 8,000")
    peer = size / cpu_s(peers)
    unit, peer_name = "links/CPU s", "urlsplit and json.dumps"
    yield Row(figure, size / cpu_s(ours), unit, peer, peer_name, bar, note)
    yield Row(f"{figure[:-6]}, 10 % listed", size / cpu_s(listed), unit, peer, peer_name)
    yield Row(
        "`--jobs 2`: links a second of the clock",
        size / wall_s(twice),
        "links/s",
        size / wall_s(ours[:3]),
        "--jobs 1",
        note=f"CPU {cpu_s(twice) / cpu_s(ours[:3]):.2f}x that of --jobs 1",
    )
    yield from _messages(bench)


def _messages(bench: Bench) -> Iterator[Row]:
    messages = written_messages()
    figure = "`check --kind message --lines`, written messages"
    if not messages:
        yield Row(figure, note="not measured: CITYSHIELD_DATA is not set")
        return
    lines = _write(bench.scratch / "messages", messages * (1 if bench.quick else 3))
    count = len(messages) * (1 if bench.quick else 3)
    costs = [_check(bench, lines, kind="message") for _ in range(3)]
    yield Row(figure, count / cpu_s(costs), "messages/CPU s", note=f"{count:,} lines")


def _check(bench: Bench, lines: Path, *options: str, kind: str = "link") -> Cost:
    command = (*CITYSHIELD, "check", "--kind", kind, "--lines", lines, "--json", *options)
    return run(command, bench.listed_home, expect=(0, 1, 3))


def _write(path: Path, lines: Sequence[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="surrogateescape")
    return path
