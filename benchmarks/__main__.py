"""The figures we publish, each beside its peer: `python -m benchmarks [NAME...]`."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.data import data_folder
from benchmarks.measure import ROOT, Bench, Row, say

FIGURES = (
    "startup",
    "api",
    "indicators",
    "bulk",
    "canonical",
    "pages",
    "files",
    "templates",
    "messages",
    "decisions",
    "sites",
    "census",
)
"""Every figure is the module of this name; its first line says what it measures."""

_FILE = ROOT / "docs" / "figures.md"
_HEADS = ("figure", "ours", "peer", "ratio", "bar", "met", "note")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="figures to measure [all]")
    parser.add_argument("--list", action="store_true", help="list the figures")
    parser.add_argument("--quick", action="store_true", help="smaller sizes, to see that it works")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--write", action="store_true", help="also write docs/figures.md")
    given = parser.parse_args()
    if given.list:
        for name in FIGURES:
            print(f"{name:<12}{_about(name)}")
        return 0
    if unknown := set(given.names) - set(FIGURES):
        parser.error(f"no such figure: {', '.join(sorted(unknown))}; see --list")
    names = [name for name in FIGURES if name in given.names or not given.names]
    load = [os.getloadavg()[0]]
    found: dict[str, list[Row]] = {}
    with Bench(quick=given.quick) as bench:
        for name in names:
            say(name)
            found[name] = _measure(name, bench)
            load.append(os.getloadavg()[0])
            if not given.json:
                print(f"\n{_about(name)}")
                print(_aligned(found[name]), flush=True)
    about = {**_machine(), "load": " ".join(f"{one:.2f}" for one in load)}
    if given.json:
        rows = {name: [_plain(row) for row in rows] for name, rows in found.items()}
        print(msgspec.json.encode({"about": about, "figures": rows}).decode())
    else:
        print(f"\n{about['machine']}; load average, before and after each figure: {about['load']}")
    if given.write:
        _FILE.write_text(_page(found, about), encoding="utf-8")
    missed = [row for rows in found.values() for row in rows if row.met is False]
    return 1 if missed else 0


def _measure(name: str, bench: Bench) -> list[Row]:
    """The rows of a figure; what stops it becomes its last row, and the others are measured."""
    rows: list[Row] = []
    try:
        rows.extend(import_module(f"benchmarks.{name}").measure(bench))
    except Exception as error:
        rows.append(Row(name, note=f"not measured: {type(error).__name__}: {error}"))
    return rows


def _about(name: str) -> str:
    return (import_module(f"benchmarks.{name}").__doc__ or "").splitlines()[0]


def _machine() -> dict[str, str]:
    """The machine in words that name nobody's."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if "model name" in line), "?")
    cores = len(os.sched_getaffinity(0))
    python = platform.python_version()
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "command": " ".join(("python -m benchmarks", *sys.argv[1:])),
        "machine": f"{cores} cores of {model}, {platform.system()}, Python {python}",
        "data": "shared data sets" if data_folder() else "generated data only",
    }


def _cells(row: Row) -> tuple[str, ...]:
    ours = f"{_number(row.ours)} {row.unit}" if row.ours is not None else "-"
    peer = f"{_number(row.peer)} ({row.peer_name})" if row.peer is not None else "-"
    ratio = f"{row.ratio:.2f}" if row.ratio is not None else "-"
    met = {True: "yes", False: "no", None: "-"}[row.met]
    return row.figure, ours, peer, ratio, row.bar.words if row.bar else "-", met, row.note


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _aligned(rows: list[Row]) -> str:
    table = [_HEADS, *((row.replace("`", "") for row in _cells(row)) for row in rows)]
    lines = [tuple(line) for line in table]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _page(found: dict[str, list[Row]], about: dict[str, str]) -> str:
    head = f"""# Figures

Measured on {about["date"]} by `{about["command"]}` (`make bench`), on {about["machine"]}, with
{about["data"]}. Load average before and after each figure: {about["load"]}. Costs are medians of
CPU seconds (user and system) unless the unit says otherwise, each beside its peer in the same run.
"""
    parts = [head]
    for name, rows in found.items():
        lines = [" | ".join(line) for line in (_HEADS, ("---",) * len(_HEADS), *map(_cells, rows))]
        parts.append(f"## {_about(name)}\n\n" + "".join(f"| {line} |\n" for line in lines))
    return "\n".join(parts)


def _plain(row: Row) -> dict[str, Any]:
    return {**msgspec.to_builtins(row), "ratio": row.ratio, "met": row.met}


if __name__ == "__main__":
    sys.exit(main())
