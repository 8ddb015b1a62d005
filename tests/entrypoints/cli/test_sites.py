"""`cityshield sites`: who may, what is said, how a run is paused and gone on with."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pytest

from tests.census.standing import NOW
from tests.conftest import run_cli

ROOT = Path(__file__).parents[3]
GARBAGE = b"host,owner,district\nshop.example,The shop,East\n%%%,x,y\nb.example,B\n\xff\xfe,x\n"


def sites(
    *arguments: str, home: Path, env: dict[str, str] | None = None, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """The command line with a gatherer that asks nobody."""
    return subprocess.run(
        [sys.executable, "-m", "tests.census.standing", "sites", *arguments],
        input=stdin, capture_output=True, cwd=ROOT, check=False, timeout=120, env=of(home, env),
    )  # fmt: skip


def of(home: Path, env: dict[str, str] | None = None) -> dict[str, str]:
    return {**os.environ, "CITYSHIELD_HOME": str(home), "LANG": "C.UTF-8", **(env or {})}


@pytest.fixture
def filled(home: Path) -> Path:
    names = "\n".join(f"site-{number:03}.example,Bureau {number % 3}" for number in range(120))
    done = sites(
        "import", "-", "--authorised-by", "Mayor", home=home, stdin=f"host,owner\n{names}".encode()
    )
    assert done.returncode == 0, done.stderr.decode()
    return home


def test_garbage_is_told_by_its_lines_and_the_rest_is_taken(home: Path) -> None:
    done = sites("import", "-", "--authorised-by", "Mayor", home=home, stdin=GARBAGE)
    assert done.returncode == 0
    assert b"Taken: 2 sites, of them new: 2" in done.stdout
    assert b"could not be read: 2" in done.stderr
    assert b"line 3: %%%,x,y" in done.stderr
    again = sites("import", "-", "--authorised-by", "M", "--json", home=home, stdin=GARBAGE)
    told = json.loads(again.stdout)
    assert (told["taken"], told["new"], told["bad_lines"]) == (2, 0, 2)
    assert [line["number"] for line in told["bad"]] == [3, 5]
    listed = sites("list", "--json", home=home).stdout.splitlines()
    assert [json.loads(line)["host"] for line in listed] == ["b.example", "shop.example"]
    only_bad = sites("import", "-", "--authorised-by", "M", home=home, stdin=b"%%%\n")
    assert only_bad.returncode == 2
    assert sites("import", "-", "--authorised-by", " ", home=home, stdin=GARBAGE).returncode == 2
    assert sites("import", "-", home=home, stdin=GARBAGE).returncode == 2


def test_only_an_operator_changes_the_scope_or_starts_a_run(filled: Path) -> None:
    def token(role: str) -> dict[str, str]:
        made = run_cli("tokens", "create", role, "--role", role, home=filled)
        return {"CITYSHIELD_TOKEN": made.stdout.decode().split()[-1]}

    for role in ("reader", "analyst"):
        env = token(role)
        for arguments in (
            ("run",), ("run", "--dry-run"), ("run", "--resume"),
            ("optout", "site-001.example", "--reason", "x"),
            ("remove", "site-001.example"), ("judge", "1"), ("forget",),
            ("import", "-", "--authorised-by", "me"),
        ):  # fmt: skip
            done = sites(*arguments, home=filled, env=env, stdin=b"a.example\n")
            assert done.returncode == 2, arguments
            assert b"may not do this" in done.stderr, arguments
        assert sites("list", home=filled, env=env).returncode == 0
    done = sites("run", home=filled, env=token("operator"))
    assert done.returncode == 0, done.stderr.decode()
    audit = run_cli("audit", "list", "--json", home=filled).stdout.decode()
    assert "sites.run" in audit and "token:operator" in audit


def test_a_run_from_start_to_report(filled: Path) -> None:
    out = sites("optout", "https://site-000.example/", "--reason", "asked", home=filled)
    assert b"site-000.example is never visited again" in out.stdout
    plan = sites("run", "--dry-run", "--rate", "1", "--json", home=filled)
    assert json.loads(plan.stdout) == {
        "profile": "standard", "visits": 119, "out_of_scope": 0, "opted_out": 1, "fresh": 0,
        "requests": 119 * 66, "connections": 119 * 78, "takes_s": 119, "windows": [],
    }  # fmt: skip
    assert sites("runs", home=filled).stdout == b""
    done = sites("run", home=filled)
    assert done.returncode == 0, done.stderr.decode()
    assert b"Run 1 is done: 119 sites" in done.stdout
    page = filled / "report.html"
    told = sites("report", "1", "--html", str(page), home=filled)
    assert b"119 sites" in told.stdout and b"sites.hsts" in told.stdout
    assert "How safe are our websites?" in page.read_text()
    figures = json.loads(sites("report", "1", "--json", home=filled).stdout)
    assert figures["judged"] + sum(figures["reasons"].values()) == 119
    judged = sites("judge", "1", home=filled, env={"CENSUS_MORE": "1"})
    assert b"judgement 2" in judged.stdout
    later = {"CENSUS_AT": str(NOW + 86_400), "CENSUS_AGE": "1"}
    assert sites("run", home=filled, env=later).returncode == 0
    changed = sites("diff", "1", "2", home=filled)
    assert b"sites.libraries" in changed.stdout
    rows = sites("export", "2", "--format", "csv", home=filled).stdout.decode()
    assert len({row["host"] for row in csv.DictReader(StringIO(rows))}) == 119
    sarif = filled / "log.sarif"
    done = sites("export", "2", "--format", "sarif", "--output", str(sarif), home=filled)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(sarif.read_text())["version"] == "2.1.0"
    shown = sites("show", "site-001.example", home=filled)
    assert b"Visits allowed by: Mayor" in shown.stdout
    assert len(sites("runs", "--json", home=filled).stdout.splitlines()) == 2
    assert run_cli("audit", "verify", home=filled).returncode == 0


def test_targets_are_visited_only_in_scope(filled: Path) -> None:
    listed = b"site-001.example\nstranger.example\n%%%\nsite-002.example\n"
    done = sites("run", "--targets", "-", "--profile", "quick", home=filled, stdin=listed)
    assert done.returncode == 0, done.stderr.decode()
    assert b"line 3: %%%" in done.stderr
    rows = sites("export", "1", "--format", "json", home=filled).stdout.splitlines()
    reasons = {json.loads(row)["host"]: json.loads(row)["reason"] for row in rows}
    assert reasons["stranger.example"] == "out-of-scope"
    assert len(reasons) == 3


@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_pauses_and_resume_goes_on(filled: Path, presses: int) -> None:
    log = filled / "log"
    slow = {"CENSUS_WAIT_MS": "200", "CENSUS_LOG": str(log)}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.census.standing", "sites", "run"], cwd=ROOT,
        env=of(filled, slow), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if log.exists() and len(log.read_text().split()) > 30:
            break
        time.sleep(0.01)
    for _ in range(presses):
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)
    out, said = process.communicate(timeout=60)
    assert process.returncode == (3 if presses == 1 else 130), said.decode()
    assert b"Pausing" in said
    assert b"Traceback" not in said
    if presses == 1:
        assert b"sites run --resume" in out
    left = sites("run", "--resume", "--dry-run", home=filled)
    assert b"Run 1 would visit" in left.stdout, left.stderr.decode()
    done = sites("run", "--resume", home=filled, env={"CENSUS_LOG": str(log)})
    assert done.returncode == 0, done.stderr.decode()
    visits = log.read_text().split()
    assert len(set(visits)) == 120
    if presses == 1:
        assert len(visits) == 120
    assert sites("run", "--resume", home=filled).returncode == 2


@pytest.mark.parametrize(
    ("hours", "opens"), [('"21:30", "23:00"', b"2025-11-25 21:30 UTC"), ('"19:00", "20:00"', b"")]
)
def test_when_visits_begin_is_said(filled: Path, hours: str, opens: bytes) -> None:
    (filled / "cityshield.toml").write_text(f"[sites]\nwindows = [[{hours}]]\n")
    plan = sites("run", "--dry-run", home=filled)
    assert hours.replace('"', "").replace(", ", "-").encode() in plan.stdout, plan.stderr.decode()
    done = sites("run", home=filled)  # at 19:46
    assert done.returncode == 0, done.stderr.decode()
    assert (b"Visits begin at" in done.stderr) == bool(opens)
    assert opens in done.stderr


@pytest.mark.parametrize("more", [(), ("--dry-run",), ("--dry-run", "--json")])
def test_lines_of_targets_that_mean_nothing_are_said(filled: Path, more: tuple[str, ...]) -> None:
    done = sites("run", "--targets", "-", *more, home=filled, stdin=b"site-001.example\n!!\n%%\n")
    assert done.returncode == 0, done.stderr.decode()
    assert b"could not be read: 2" in done.stderr, done.stderr.decode()
    assert b"!!" in done.stderr and b"%%" in done.stderr


def test_what_is_missing_or_wrong_is_said(filled: Path) -> None:
    for arguments, said in (
        (("report", "7"), b"no run 7"),
        (("judge", "7"), b"no run 7"),
        (("show", "nobody.example"), b"not in the inventory"),
        (("show", "%%%"), b"no host name"),
        (("optout", "site-001.example"), b"--reason"),
        (("optout", "site-001.example", "--off"), b"opted"),
        (("run", "--resume"), b"No run is unfinished"),
        (("run", "--resume", "--older-than", "3"), b"--resume goes on"),
        (("run", "--targets", "/nonexistent"), b"can't be read"),
    ):
        done = sites(*arguments, home=filled)
        assert done.returncode == 2, arguments
        assert said in done.stderr, (arguments, done.stderr)
        assert b"Traceback" not in done.stderr


def test_names_below_one_that_opts_out_are_named_or_opt_out_too(home: Path) -> None:
    listed = home / "list.txt"
    listed.write_text("shop.example\nwww.shop.example\na_b.shop.example\nmyshop.example\n")
    sites("import", str(listed), "--authorised-by", "Mayor", home=home)
    out = sites("optout", "shop.example", "--reason", "asked", home=home)
    assert "www.shop.example" in out.stderr.decode()
    assert "myshop" not in out.stderr.decode()
    out = sites("optout", "shop.example", "--below", "--reason", "asked", home=home)
    assert "www.shop.example" in out.stdout.decode()
    left = sites("list", "--opted-out", home=home).stdout.decode()
    assert [line.split()[2] for line in left.splitlines()] == ["shop.example", "www.shop.example"]
