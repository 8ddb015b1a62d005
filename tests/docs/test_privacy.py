"""What SECURITY.md and docs/privacy.md promise: nothing that was typed is found afterwards."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

from tests.conftest import Live, run_cli

SECRET = "zebra-umbrella-4711"
MESSAGE = f"Pay a release fee of $50 first, {SECRET}, then we transfer your prize"
LINK = f"https://{SECRET}.example/pay?for={SECRET}"


def holds(folder: Path, text: str) -> list[Path]:
    return [
        path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()
    ]


def ask(service: Live, value: str) -> bytes:
    body = json.dumps({"value": value}).encode()
    with urllib.request.urlopen(f"{service.url}/api/v1/check", body, timeout=20) as answer:
        return answer.read()


def upload(service: Live, name: str, content: bytes) -> bytes:
    lines = (
        b"--border",
        f'Content-Disposition: form-data; name="file"; filename="{name}"'.encode(),
        b"",
        content,
        b"--border--",
        b"",
    )
    request = urllib.request.Request(
        f"{service.url}/api/v1/check",
        b"\r\n".join(lines),
        {"Content-Type": "multipart/form-data; boundary=border"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read()


def test_a_service_keeps_nothing_that_was_asked(tmp_path: Path) -> None:
    home = tmp_path / "home"
    service = Live(home)
    try:
        for value in (MESSAGE, LINK):
            assert SECRET.encode() in ask(service, value)
        assert b"level" in upload(service, f"{SECRET}.txt", f"Dear {SECRET}".encode())
        with urllib.request.urlopen(f"{service.url}/metrics", timeout=20) as answer:
            metrics = answer.read()
    finally:
        said = service.stop()
    assert (home / "cityshield.sqlite3").exists()
    assert holds(home, SECRET) == []
    assert SECRET.encode() not in metrics
    assert b"127.0.0.1" not in metrics
    assert SECRET not in said


def test_a_command_keeps_nothing_that_was_asked(home: Path, tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text("parcel-desk.example\n")
    run_cli("feeds", "import", str(listed), "--source", "partner", home=home)
    file = tmp_path / f"{SECRET}.txt"
    file.write_text(f"Dear {SECRET}")
    done = run_cli("check", MESSAGE, LINK, str(file), home=home)
    assert SECRET in done.stdout.decode()
    assert holds(home, SECRET) == []
