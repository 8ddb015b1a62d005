"""A full disk: what was accepted stays, what was not is said, and work goes on when there is room."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.conftest import find_program

SIZE_MB = 18
SCRIPT = """
import json, os, subprocess, sys

def run(*words, given=b""):
    command = [sys.executable, "-m", "cityshield.serve", *words, "--data", HOME]
    done = subprocess.run(command, input=given, capture_output=True)
    return [done.returncode, done.stdout.decode(), done.stderr.decode()]

HOME = sys.argv[1] + "/home"
told = {}
os.mkdir(HOME)
with open(HOME + "/reserve", "wb") as reserve:
    reserve.write(bytes(9 << 20))
small = b"a.example\\n"
for source in ("one", "two"):
    run("feeds", "import", "-", "--source", source, "--trusted", given=small)
told["automatic"] = run("decisions", "automatic")
large = b"".join(b"h%07d.example\\n" % number for number in range(200_000))
told["full"] = run("feeds", "import", "-", "--source", "three", given=large)
told["export"] = run("decisions", "export", "--format", "domains")
filler = open(HOME + "/filler", "wb", buffering=0)
try:
    while True:
        filler.write(bytes(4096))
except OSError:
    pass
told["add"] = run("decisions", "add", "b.example", "--reason", "r")
told["checked"] = run("check", "http://a.example/", "--json")
os.unlink(HOME + "/filler")
os.unlink(HOME + "/reserve")
filler.close()
told["list"] = run("decisions", "list")
told["audit"] = run("audit", "verify")
told["verify"] = run("decisions", "verify")
told["again"] = run("feeds", "import", "-", "--source", "three", given=b"c.example\\n")
told["later"] = run("check", "http://c.example/", "--json")
print(json.dumps(told))
"""


FILLED = """
import json, subprocess, sys

def run(*words):
    command = [sys.executable, "-m", "cityshield.serve", *words, "--data", HOME]
    done = subprocess.run(command, capture_output=True)
    return [done.returncode, done.stdout.decode(), done.stderr.decode()]

HOME = sys.argv[1] + "/home"
run("decisions", "add", "a.example", "--reason", "r")
filler = open(sys.argv[1] + "/filler", "wb", buffering=0)
try:
    while True:
        filler.write(bytes(4096))
except OSError:
    pass
ended = run("decisions", "remove", "1", "--reason", "r")
print(json.dumps({"list": run("decisions", "list"), "end": ended}))
"""


def run_on_small_disk(script: str, folder: Path) -> dict[str, tuple[int, str, str]]:
    inside = f"mount -t tmpfs -o size={SIZE_MB}m tmpfs {folder} && exec {sys.executable} - {folder}"
    done = subprocess.run(
        [find_program("unshare"), "--map-root-user", "--mount", "sh", "-c", inside],
        input=script.encode(),
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return msgspec.json.decode(done.stdout, type=dict[str, tuple[int, str, str]])


@pytest.mark.slow
def test_a_full_disk_loses_nothing_that_was_accepted(tmp_path: Path) -> None:
    told = run_on_small_disk(SCRIPT, tmp_path)
    assert told["automatic"][0] == 0, told["automatic"]
    status, _, said = told["full"]
    assert status == 2
    assert "full" in said, said
    assert "Traceback" not in said
    assert "a.example" in told["export"][1]
    was_added = told["add"][0] == 0  # the write-ahead log may have room of its own
    assert was_added or told["add"][0] == 2
    assert ("b.example" in told["list"][1]) == was_added
    assert "Traceback" not in told["add"][2]
    assert told["checked"][0] == 1, told["checked"]
    for sound in ("audit", "verify", "again"):
        assert told[sound][0] == 0, told[sound]
    assert msgspec.json.decode(told["later"][1])["level"] == "malicious"


def test_a_store_on_a_disk_that_is_full_to_the_last_byte_is_not_called_broken(
    tmp_path: Path,
) -> None:
    told = run_on_small_disk(FILLED, tmp_path)
    for status, _, said in told.values():
        assert (status, "is full" in said, "backup restore" in said) == (2, True, False), said
