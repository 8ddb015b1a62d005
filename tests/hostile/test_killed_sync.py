"""A sync that is killed at any moment loses nothing: the next one goes on, and the audit holds."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cityshield.adapters.store.database import open_database
from cityshield.adapters.store.subscriptions import list_subscribed
from tests.conftest import run_cli
from tests.hostile.test_killed import rows_in
from tests.serving import serving

FEEDS, LINES, MOMENTS = 4, 60_000, 8


@pytest.mark.slow
def test_a_sync_killed_at_any_moment_goes_on(home: Path) -> None:
    (home / "cityshield.toml").write_text('[net]\nallow = ["127.0.0.0/8"]\n')
    command = [sys.executable, "-m", "cityshield.serve", "feeds", "sync", "--due"]
    command += ["--data", str(home)]
    chance = random.Random(11)
    with serving() as server:
        for feed in range(FEEDS):
            body = b"".join(b"h%d-%d.example\n" % (feed, number) for number in range(LINES))
            server.replies[f"/{feed}"] = body
            added = run_cli("feeds", "add", f"f{feed}", server.url(f"/{feed}"), home=home)
            assert added.returncode == 0
        engine = open_database(home)
        done = set()
        for _ in range(MOMENTS):
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            time.sleep(chance.uniform(0.5, 3.5))
            process.send_signal(signal.SIGKILL)
            process.wait()
            now = {feed.name for feed in list_subscribed(engine) if feed.standing.good}
            assert done <= now
            done = now
            assert run_cli("audit", "verify", home=home).returncode == 0
        ended = run_cli("feeds", "sync", "--due", home=home)
        assert ended.returncode == 0, ended.stderr.decode()
    for feed in list_subscribed(engine):
        assert feed.standing.good is not None
        assert feed.standing.good.seen == LINES
    assert rows_in(home) == FEEDS * LINES
    assert list((home / "feeds").iterdir()) == []
    assert run_cli("audit", "verify", home=home).returncode == 0
    assert run_cli("check", "http://h3-59999.example/", home=home).returncode == 1
