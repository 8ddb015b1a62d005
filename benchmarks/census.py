"""A census of websites from list to judgement, killed at half and gone on with."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from resource import struct_rusage
from typing import Any

import msgspec

from benchmarks.farm import Farm, rows_inside, why_not
from benchmarks.measure import CITYSHIELD, ROOT, Bar, Bench, Row, environment, run, say

_SITES, _FEW = 100_000, 2_000
_MILLION_IN_4_H = 1_000_000 / (4 * 3600)
_INTERNET_NL_PER_H = 233
_BAR = Bar(">=", _MILLION_IN_4_H, words="1,000,000 in 4 h")
_AT_ONCE = 64
"""Visits under way: enough for two cores, and what a kill may have to repeat."""


def measure(bench: Bench) -> Iterator[Row]:
    """All rows, measured inside a network that ends with them."""
    if reason := why_not():
        yield Row("all of it", note=f"not measured: {reason}")
        return
    count = _FEW if bench.quick else _SITES
    inside = (sys.executable, "-m", "benchmarks.census", bench.scratch, str(count))
    yield from rows_inside(inside)


def inside(scratch: Path, count: int) -> Iterator[Row]:
    """Visit a street of so many sites in the quick profile; see `measure`."""
    say(f"a street of {count:,} sites")
    with Farm(scratch / "farm", sites=0, street=count) as farm:
        home = _home(scratch, farm)
        run_ = _Run(home)
        say("visiting, until half is done")
        run_.start("--profile", "quick")
        run_.wait(lambda: _lines(farm.street_log) >= count)
        run_.kill()
        say("killed; going on")
        run_.start("--resume")
        run_.wait(lambda: False)
        time.sleep(2)
        canary = f"{farm.street[0][0]} "  # is asked more often
        lines = farm.street_log.read_text().splitlines()
        asked = Counter(line for line in lines if not line.startswith(canary))
    repeated = sum(asked.values()) - len(asked)
    told = _report(home)
    per_s = count / run_.wall_s
    yield Row(
        "sites visited and judged, by the clock",
        per_s,
        "sites/s",
        _INTERNET_NL_PER_H / 3600,
        "internet.nl batch, published",
        _BAR,
        f"{count:,} sites, the servers on the same 2 cores, a kill -9 at half; "
        f"1,000,000 would take {1_000_000 / per_s / 3600:.1f} h",
    )
    yield Row("the same by the client's CPU", count / run_.cpu_s, "sites/CPU s")
    yield Row("memory, the most", run_.most_mb, "MB", bar=Bar("<=", 1000, words="<= 1,000"))
    yield Row(
        "sites without facts in the end", count - told["judged"], "", bar=Bar("<=", 0, words="0")
    )
    share = 100 * repeated / max(1, sum(asked.values()))
    yield Row(
        "requests repeated after the kill",
        share,
        "%",
        bar=Bar("<=", 0.1, words="<= 0.1 %"),
        note=f"{repeated} of {sum(asked.values()):,}, by the server's log",
    )
    polite = told["politeness"]
    yield Row(
        "most at once with one address, by the run's own log",
        polite["at_once"],
        "",
        bar=Bar("<=", polite["allowed_at_once"], words="<= 2"),
    )
    sizes = sum(p.stat().st_size for p in (home / "sites" / "runs").rglob("*") if p.is_file())
    yield Row("kept of one site: plan, facts, verdicts, log", sizes / count, "bytes")


class _Run:
    """The command, started as often as need be; what all of it took."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None
        self.cpu_s = self.wall_s = self.most_mb = 0.0

    def start(self, *words: str) -> None:
        command = [*CITYSHIELD, "sites", "run", *words]
        self._began = time.monotonic()
        self._process = subprocess.Popen(
            command, env=environment(self._home), cwd=ROOT, stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def wait(self, is_enough: Callable[[], bool]) -> None:
        """Until it ends or something else is so; its memory is looked at meanwhile."""
        assert self._process is not None
        while not is_enough():
            self.most_mb = max(self.most_mb, _peak_mb(self._process.pid))
            ended, status, usage = os.wait4(self._process.pid, os.WNOHANG)
            if ended:
                self._add(usage)
                self._process.returncode = os.waitstatus_to_exitcode(status)
                if self._process.returncode:
                    raise RuntimeError(f"sites run: exit status {self._process.returncode}")
                return
            time.sleep(0.5)

    def kill(self) -> None:
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGKILL)
        _, _, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = -signal.SIGKILL
        self._add(usage)

    def _add(self, usage: struct_rusage) -> None:
        self.cpu_s += usage.ru_utime + usage.ru_stime
        self.wall_s += time.monotonic() - self._began


def _home(scratch: Path, farm: Farm) -> Path:
    home = scratch / "home-census"
    home.mkdir(mode=0o700)
    wide = f"{{ in_flight = {_AT_ONCE}, per_s = 100000 }}"
    (home / "cityshield.toml").write_text(
        '[operator]\ncontact = "bench@city.example"\n[net]\nallow = ["127.0.0.0/8"]\n'
        f'[sites]\nresolvers = ["127.0.0.1:53"]\nca = "{farm.root}"\n'
        f"network = {wide}\nall = {wide}\n"
        f'[census]\ncanaries = ["{farm.street[0][0]}"]\n'
    )
    listed = scratch / "street.txt"
    listed.write_text("".join(f"{host}\n" for host, _ in farm.street))
    say("importing the list")
    run((*CITYSHIELD, "sites", "import", listed, "--authorised-by", "benchmark"), home, expect=(0,))
    return home


def _lines(log: Path) -> int:
    """How many requests a log has so far, told from its size."""
    if not log.exists() or not (size := log.stat().st_size):
        return 0
    with log.open("rb") as file:
        head = file.read(4096)
    return size * max(1, head.count(b"\n")) // len(head)


def _peak_mb(pid: int) -> float:
    """The most resident memory of a process so far, from `/proc/PID/status` (proc(5))."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def _report(home: Path) -> Any:
    out = home / "report.json"
    run((*CITYSHIELD, "sites", "report", "1", "--json"), home, output=out, expect=(0,))
    return msgspec.json.decode(out.read_bytes())


if __name__ == "__main__":
    for row in inside(Path(sys.argv[1]), int(sys.argv[2])):
        print(msgspec.json.encode(row).decode(), flush=True)
