"""Startup: what a command costs before it has done anything, beside bare Python."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Bar, Bench, Row, cpu_s, in_turn, run


def measure(bench: Bench) -> Iterator[Row]:
    """CPU of the console script for help and for one link."""
    home = bench.home()
    script = Path(sys.executable).with_name("cityshield")
    commands: dict[str, tuple[str | Path, ...]] = {
        "python -c pass": (sys.executable, "-c", "pass"),
        "--help": (script, "--help"),
        "check": (script, "check", "--kind", "link", "example.test"),
    }
    for command in commands.values():
        run(command, home, expect=(0, 3))
    works = {name: lambda command=command: run(command, home) for name, command in commands.items()}
    given = in_turn(5 if bench.quick else 21, works)
    bare = cpu_s(given["python -c pass"]) * 1000
    for name, figure, most in (
        ("--help", "`cityshield --help`", 6),
        ("check", "`cityshield check --kind link example.test`", 15),
    ):
        ours = cpu_s(given[name]) * 1000
        bar = Bar("<=", most, "ratio", f"<= {most}x")
        yield Row(figure, ours, "ms CPU", bare, "python -c pass", bar)
