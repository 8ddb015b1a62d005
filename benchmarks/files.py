"""Files: how many a CPU second with large sets of YARA rules, beside yara-x alone."""

from __future__ import annotations

import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from benchmarks.data import rule_archives, system_files
from benchmarks.measure import CITYSHIELD, Bench, Cost, Row, cpu_s, in_turn, run

_RULES = (".yar", ".yara")
_MARKER = "a-marker-by-which-one-file-matches"


def measure(bench: Bench) -> Iterator[Row]:
    """A first pass, a second with the cache, and the time until the first file."""
    archives = rule_archives()
    if not archives:
        yield Row("`check --kind file --lines`", note="not measured: CITYSHIELD_DATA is not set")
        return
    rules = bench.scratch / "rules"
    for archive in archives:
        _unpack(archive, rules / archive.name.partition(".")[0])
    marker = bench.scratch / "marker"
    marker.write_text(_MARKER)
    (rules / "marker.yar").write_text(f'rule marker {{ strings: $a = "{_MARKER}" condition: $a }}')
    files = system_files(200 if bench.quick else 2_000)
    many, clean, one = (bench.scratch / f"files-{name}" for name in ("many", "clean", "one"))
    clean.write_text("".join(f"{path}\n" for path in files))
    many.write_text("".join(f"{path}\n" for path in (*files, marker)))
    one.write_text(f"{min(files, key=lambda path: path.stat().st_size)}\n")
    home = bench.home()

    def fresh(lines: Path) -> Cost:
        nonlocal home
        home = bench.home("files")
        with (home / "cityshield.toml").open("a") as settings:
            settings.write(f'[files]\nrules = "{rules}"\n')
        run((*CITYSHIELD, "audit", "list"), home)
        return again(lines, bench.scratch / "verdicts")

    def again(lines: Path, output: Path | None = None) -> Cost:
        command = (*CITYSHIELD, "check", "--kind", "file", "--lines", lines, "--json")
        return run(command, home, output=output, expect=(0, 1, 3))

    def alone(lines: Path) -> Cost:
        peer = (sys.executable, "-m", "benchmarks.peers", "scan", rules, lines)
        return run(peer, output=bench.scratch / "matched", expect=(0,))

    given = in_turn(
        3,
        {
            "one file": lambda: fresh(one),
            "yara-x, one file": lambda: alone(one),
            "first pass": lambda: fresh(many),
            "second pass": lambda: again(clean),
            "yara-x": lambda: alone(many),
        },
    )
    cost = {name: cpu_s(costs) for name, costs in given.items()}
    matched = int((bench.scratch / "matched").read_text())
    hits, failed = _read(bench.scratch / "verdicts")
    count = len(files) + 1
    note = f"{hits} files match, {matched} for yara-x alone; {failed} not fully read"
    unit, peer_name = "files/CPU s", "yara-x alone"
    peer = count / cost["yara-x"]
    figure = f"{len(files):,} files"
    yield Row(
        f"{figure}, rules compiled anew",
        count / cost["first pass"],
        unit,
        peer,
        peer_name,
        note=note,
    )
    ours = (count - 1) / (cost["first pass"] - cost["one file"])
    peer = (count - 1) / (cost["yara-x"] - cost["yara-x, one file"])
    yield Row(f"{figure}, without the compilation", ours, unit, peer, peer_name)
    yield Row(f"{figure}, second pass (cache)", len(files) / cost["second pass"], unit)
    yield Row(
        "one file, rules compiled anew",
        cost["one file"],
        "CPU s",
        cost["yara-x, one file"],
        peer_name,
    )


def _unpack(archive: Path, folder: Path) -> None:
    """Write the rule files of an archive into a folder, by flat names."""
    folder.mkdir(parents=True)
    with tarfile.open(archive) as opened:
        for number, member in enumerate(opened):
            source = opened.extractfile(member) if member.isfile() else None
            if source is not None and Path(member.name).suffix.lower() in _RULES:
                name = f"{number:05}-{Path(member.name).name}"
                (folder / name).write_bytes(source.read())


def _read(output: Path) -> tuple[int, int]:
    """Of verdicts, one a line: how many have a rule as evidence, how many lack something."""
    verdicts = [msgspec.json.decode(line) for line in output.read_bytes().splitlines()]
    hits = sum(
        any(item["check"].startswith("files.rules") for item in verdict.get("evidence", ()))
        for verdict in verdicts
    )
    return hits, sum(bool(verdict.get("failed")) for verdict in verdicts)
