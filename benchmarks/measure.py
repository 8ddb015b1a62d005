"""What every figure is measured with: CPU seconds, runs in turn, medians, and rows of the table."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

ROOT = Path(__file__).resolve().parent.parent
CITYSHIELD = (sys.executable, "-m", "cityshield.serve")
RAISED_LIMITS = "[server]\nrate_per_minute = 600000000\nrate_burst = 100000000\n"
MANY, FEW = 1_000_000, 100_000
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Bar(msgspec.Struct, frozen=True):
    """What a figure has to reach: `value` of our number, of the ratio, or of the difference."""

    sign: str
    value: float
    of: str = "ours"
    words: str = ""

    def met(self, ours: float, peer: float | None) -> bool | None:
        """Whether a measurement reaches the bar; None when it has no peer to be held against."""
        if self.of != "ours" and peer is None:
            return None
        other = peer or 0.0
        number = {"ours": ours, "difference": ours - other}.get(self.of)
        if number is None:
            number = ours / other if other else 0.0
        return {"<=": number <= self.value, ">=": number >= self.value, "<": number < self.value}[
            self.sign
        ]


class Row(msgspec.Struct, frozen=True):
    """One line of the table: our number beside the peer's from the same run, in one unit."""

    figure: str
    ours: float | None = None
    unit: str = ""
    peer: float | None = None
    peer_name: str = ""
    bar: Bar | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours divided by the peer's."""
        return self.ours / self.peer if self.ours is not None and self.peer else None

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None without one."""
        if self.bar is None:
            return None
        return False if self.ours is None else self.bar.met(self.ours, self.peer)


class Cost(msgspec.Struct, frozen=True):
    """What one run of a command took: CPU seconds with its children's, seconds of the clock."""

    cpu_s: float
    wall_s: float
    status: int


class Bench(AbstractContextManager["Bench"]):
    """A scratch folder that is removed at the end, and what several figures share in it."""

    def __init__(self, *, quick: bool) -> None:
        self.quick = quick
        self.indicators = FEW if quick else MANY
        self._scratch = tempfile.TemporaryDirectory(prefix="cityshield-benchmark-")
        self.scratch = Path(self._scratch.name)
        self._homes = 0

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._scratch.cleanup()

    def home(self, name: str = "home") -> Path:
        """A new data directory, whose service limits nobody's rate."""
        self._homes += 1
        home = self.scratch / f"{name}-{self._homes}"
        home.mkdir(mode=0o700)
        (home / "cityshield.toml").write_text(RAISED_LIMITS)
        return home

    @cached_property
    def listed_home(self) -> Path:
        """A data directory into which all generated hosts were imported."""
        from benchmarks.data import write_hosts

        home = self.home("listed")
        hosts = self.scratch / "hosts.txt"
        write_hosts(hosts, self.indicators)
        say(f"importing {self.indicators:,} indicators")
        command = (*CITYSHIELD, "feeds", "import", hosts, "--source", "benchmark")
        run(command, home, expect=(0,))
        return home

    @cached_property
    def empty_home(self) -> Path:
        """A data directory with a store in which nothing is listed."""
        home = self.home("empty")
        run((*CITYSHIELD, "audit", "list"), home)
        return home


def environment(home: Path | None = None) -> dict[str, str]:
    """The environment of a command: nothing of the caller's language or settings."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LC_", "LANG", "CITYSHIELD", "PYTHON"))
    }
    mine = {"LANG": "C.UTF-8"}
    if home is not None:
        mine["CITYSHIELD_HOME"] = str(home)
    return {**kept, **mine}


def run(
    command: Sequence[str | Path],
    home: Path | None = None,
    *,
    output: Path | None = None,
    expect: Sequence[int] | None = None,
) -> Cost:
    """Run a command to its end; raises when its exit status is not among those expected."""
    with open(output or os.devnull, "wb") as out, tempfile.TemporaryFile() as err:
        started = time.perf_counter()
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env=environment(home),
            cwd=ROOT,
        )
        _, waited, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started
        process.returncode = status = os.waitstatus_to_exitcode(waited)
        if expect is not None and status not in expect:
            err.seek(0)
            said = err.read()[-500:].decode("utf-8", "replace")
            raise RuntimeError(f"exit status {status} of {_named(command)}: {said}")
    return Cost(usage.ru_utime + usage.ru_stime, wall_s, status)


def in_turn(runs: int, works: Mapping[str, Callable[[], Any]]) -> dict[str, list[Any]]:
    """What each work gave, all works of a run one after the other, so that noise meets all."""
    given: dict[str, list[Any]] = {name: [] for name in works}
    for number in range(runs):
        say(f"run {number + 1} of {runs}: {', '.join(works)}")
        for name, work in works.items():
            given[name].append(work())
    return given


def cpu_s(costs: Iterable[Cost]) -> float:
    """The median CPU seconds of runs."""
    return statistics.median(cost.cpu_s for cost in costs)


def wall_s(costs: Iterable[Cost]) -> float:
    """The median seconds of the clock of runs."""
    return statistics.median(cost.wall_s for cost in costs)


def process_cpu_s(pid: int) -> float:
    """The CPU seconds of a process so far, from `/proc/PID/stat` (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def memory_mb(pid: int) -> dict[str, float]:
    """The resident (Rss) and proportional (Pss) memory of a process, in megabytes (10^6)."""
    found = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name in ("Rss", "Pss"):
            found[name] = int(rest.split()[0]) * 1024 / 1e6
    return found


def cores() -> tuple[int, int]:
    """A core for the server and another for its client; the same one where there is but one."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def say(text: str) -> None:
    """Say on standard error what is going on."""
    print(f"  {text}", file=sys.stderr, flush=True)


def _named(command: Sequence[str | Path]) -> str:
    return " ".join(str(word) for word in command[1:])
