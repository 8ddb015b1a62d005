"""Whoever appeals or answers is killed at any moment: an appeal and its decision never disagree."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cityshield.adapters.store import audit
from cityshield.adapters.store import decisions as kept
from cityshield.adapters.store.appeals import find, read
from cityshield.adapters.store.database import open_database
from cityshield.vocabulary.appeal import GRANTED, OPEN
from cityshield.vocabulary.decision import IN_FORCE, REMOVED
from cityshield.vocabulary.identity import Identity

MOMENTS = 25
EYES = Identity("eyes", "admin", how="local")
WORKER = """
import sys
from pathlib import Path
from cityshield.adapters.clock import SystemClock
from cityshield.adapters.store.database import open_database
from cityshield.appeals import Appeals
from cityshield.config import Config
from cityshield.desk import Desk
from cityshield.vocabulary.identity import Identity

engine = open_database(Path(sys.argv[1]))
desk, appeals = (each(engine, SystemClock(), Config()) for each in (Desk, Appeals))
ana, bo = Identity("ana", "analyst"), Identity("bo", "analyst")
for number in range(100_000):
    made = desk.propose(f"h{number}.run{sys.argv[2]}.example", "block", "r", ana).id
    desk.approve(made, bo)
    for speaker in ("owner", "visitor", "visitor"):
        appeal, _ = appeals.open(made, speaker, "mistake", "x", evidence={})
    appeals.grant(appeal.id, "our fault", "wrong", ana)
    print(made, flush=True)
"""


@pytest.mark.slow
def test_a_block_has_ended_if_and_only_if_its_appeals_are_granted(home: Path) -> None:
    open_database(home).dispose()
    chance = random.Random(7)
    done: set[int] = set()
    for moment in range(MOMENTS):
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(home), str(moment)], stdout=subprocess.PIPE
        )
        assert worker.stdout is not None
        first = worker.stdout.readline()
        time.sleep(chance.uniform(0, 0.1))
        worker.kill()
        rest = worker.communicate()[0].decode().splitlines()
        done |= {int(line) for line in (first.decode().strip(), *rest) if line.isdigit()}
    engine = open_database(home)
    decisions = {decision.id: decision for decision in kept.find(engine)}
    assert len(done) >= MOMENTS
    assert all(decisions[number].state == REMOVED for number in done)
    for appeal in find(engine, most=100_000):
        state = decisions[appeal.decision].state
        assert (appeal.state, state) in ((GRANTED, REMOVED), (OPEN, IN_FORCE))
        assert len(read(engine, appeal.id, EYES, 0).voices) == appeal.people
    acts = [(e.action, e.detail) for e in audit.read_audit(engine) if e.action == "appeals.grant"]
    assert len(acts) == len(set(acts)) >= 2 * MOMENTS
    assert audit.verify(engine).broken_at is None
