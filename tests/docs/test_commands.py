"""Every command that the documents show is run as it stands, and prints what they show."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Live
from tests.docs.documents import Step, documents, fences, is_as_shown, session

ADDRESS = "127.0.0.1:8765"
STARTS = re.compile(r"(make|cityshield) up( |$)")
"""Commands that start the service: the `Live` fixture does, and its words are compared."""

SERVES = "cityshield decisions serve"
"""Runs until it is stopped; tests/adapters/rpz/test_resolvers.py starts it."""

ELSEWHERE = {
    "make": "needs minutes and the network; CI runs `make lint` and `make test` themselves, "
    "and test_make_knows_every_target asks make for the others",
    "scripts/install-test-packages": "installs Debian packages; CI runs it before the tests",
    "sudo": "changes the machine; the files it installs are tried by test_deployment.py",
    "git": "speaks to a remote",
}
"""Commands that are not run here, by their first word, with the reason."""

_MARK = "@@ status"


def elsewhere(step: Step) -> bool:
    is_named = step.command == SERVES or step.command.split()[0] in ELSEWHERE
    return is_named or bool(STARTS.match(step.command))


def with_session() -> list[Path]:
    return [document for document in documents() if session(document)]


@pytest.mark.parametrize("document", with_session(), ids=lambda path: path.name)
def test_a_session_goes_as_shown(document: Path, tmp_path: Path) -> None:
    steps = session(document)
    for fence in fences(document):
        if fence.title:
            path = tmp_path / fence.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(fence.text)
    if any("curl" in step.command for step in steps) and shutil.which("curl") is None:
        pytest.skip("curl is not installed: run scripts/install-test-packages")
    service = None
    if any(ADDRESS in step.command or STARTS.match(step.command) for step in steps):
        service = Live(tmp_path / ".local/state/cityshield")
    try:
        port = service.port if service else 0
        printed = run([step for step in steps if not elsewhere(step)], tmp_path, port)
    finally:
        said = service.stop() if service else ""
    for step, (output, status) in zip(
        [step for step in steps if not elsewhere(step)], printed, strict=True
    ):
        if step.shown:
            assert is_as_shown(step.shown, output), f"$ {step.command}\n{output}"
        may_find = re.search(r"(^|\| )cityshield check ", step.command)
        asked = _asks_status_next(steps, step)
        assert asked or status == 0 or (may_find and status in (1, 3)), (
            f"$ {step.command}\nstatus {status}\n{output}"
        )
    for step in steps:
        if STARTS.match(step.command) and step.shown:
            heard = said.replace(str(port), "8765")
            assert is_as_shown(step.shown, heard), f"$ {step.command}\n{heard}"


def run(steps: list[Step], folder: Path, port: int) -> list[tuple[str, int]]:
    """What each command prints, and its status; all in one shell."""
    script = ""
    for step in steps:
        command = step.command.replace(ADDRESS, f"127.0.0.1:{port}")
        script += f"(exit $__status)\n{command}\n__status=$?\nprintf '\\n{_MARK} %d\\n' $__status\n"
    unwanted = ("LC_", "LANG", "CITYSHIELD", "XDG_STATE_HOME")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(unwanted)},
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    done = subprocess.run(
        ["bash", "-c", "__status=0\n" + script],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
    )
    text = done.stdout.decode().replace(f"127.0.0.1:{port}", ADDRESS).replace(str(folder), "~")
    parts = re.split(rf"\n{_MARK} (\d+)\n", text)
    return [(parts[i], int(parts[i + 1])) for i in range(0, len(parts) - 1, 2)]


def _asks_status_next(steps: list[Step], step: Step) -> bool:
    place = next(i for i, other in enumerate(steps) if other is step)
    return place + 1 < len(steps) and steps[place + 1].command.startswith("echo $?")


def test_make_knows_every_target() -> None:
    targets = {
        step.command.split()[1]
        for document in with_session()
        for step in session(document)
        if step.command.startswith("make ")
    }
    assert {"up", "test", "lint", "docs", "bench"} <= targets
    root = Path(__file__).parents[2]
    for target in targets:
        asked = ["make", "--dry-run", "--always-make", target]
        done = subprocess.run(asked, cwd=root, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()


def test_shown_output_is_compared() -> None:
    assert is_as_shown(["a 2026-01-01 ... z"], "a 2027-12-31 b c z\n")
    assert is_as_shown(["a", "...", "z"], "a\nb\nc\nz\n")
    assert not is_as_shown(["a ... z"], "a b\n")
    assert not is_as_shown(["a"], "a\nb\n")
