"""A run that is killed at any moment loses nothing that was recorded and visits hardly any twice."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from cityshield.adapters.history.analytics import analytics
from cityshield.adapters.history.run import RunFolder
from tests.census.standing import AT_ONCE, CANARIES, facts_of
from tests.conftest import run_cli

SITES, MOMENTS = 4_000, 20


@pytest.mark.slow
def test_a_run_killed_at_any_moment_goes_on(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = [f"site-{number:05}.example" for number in range(SITES)]
    listed = home / "sites.txt"
    listed.write_text("\n".join([*hosts, *CANARIES]))
    taken = run_cli("sites", "import", str(listed), "--authorised-by", "Mayor", home=home)
    assert taken.returncode == 0, taken.stderr.decode()
    (home / "cityshield.toml").write_text(f"[census]\ncanaries = {list(CANARIES)}\n")
    log = home / "log"
    environment = {
        **os.environ, "CITYSHIELD_HOME": str(home), "CENSUS_LOG": str(log),
        "CENSUS_WAIT_MS": "20", "LANG": "C.UTF-8",
    }  # fmt: skip
    command = [sys.executable, "-m", "tests.census.standing", "sites", "run"]
    root = Path(__file__).parents[2]
    chance = random.Random(17)
    folder = RunFolder(home, 1)
    more: list[str] = []
    before: set[int] = set()
    moments = 0
    while moments < MOMENTS:
        process = subprocess.Popen(
            [*command, *more], env=environment, cwd=root,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        visits = len(log.read_bytes().splitlines()) if log.exists() else 0
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            if log.exists() and len(log.read_bytes().splitlines()) > visits:
                break
            time.sleep(0.01)
        time.sleep(chance.uniform(0.0, 0.25))
        process.send_signal(signal.SIGKILL)
        said = process.communicate()[1].decode()
        assert process.returncode == -signal.SIGKILL, said
        moments += 1
        settled = {n for n, done in enumerate(folder.settled()) if done}
        assert before <= settled
        before = settled
        more = ["--resume"]
        with closing(sqlite3.connect(home / "cityshield.sqlite3")) as store:
            assert store.execute("PRAGMA quick_check").fetchone() == ("ok",)
    assert before and len(before) < SITES
    done = subprocess.run(
        [*command, *more], env=environment, cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    with analytics(folder.path) as ask:
        kept = [facts for piece in folder.facts(ask) for _, facts in piece]
    assert len(kept) == len({facts.host for facts in kept}) == SITES + len(CANARIES)
    for facts in kept:
        assert facts == facts_of(facts.host)
    visits_of = Counter(log.read_text().split())
    for canary in CANARIES:
        visits_of.pop(canary, None)
    repeated = sum(visits_of.values()) - len(visits_of)
    print(f"{repeated} visits repeated after {MOMENTS} kills")
    # what is under way at a kill, and what is held back until a canary answers
    assert repeated <= MOMENTS * (AT_ONCE + 50)
    assert run_cli("audit", "verify", home=home).returncode == 0
