"""Real lists, real messages and real files through every door, with the same verdicts."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import httpx
import pytest

from tests.conftest import Live, run_cli

pytestmark = pytest.mark.data

LINES = 3000


def sample(path: Path, column: int | None = None) -> list[str]:
    """Every n-th line of a compressed list."""
    with gzip.open(path, "rt", errors="replace") as file:
        lines = [line.rstrip("\n") for line in file if line.strip() and not line.startswith("#")]
    picked = lines[:: max(1, len(lines) // LINES)][:LINES]
    return [line.split("\t")[column] if column is not None else line for line in picked]


def by_command(lines: list[str], home: Path, kind: str) -> list[dict]:  # type: ignore[type-arg]
    stdin = "\n".join(lines).encode()
    done = run_cli("check", "--lines", "-", "--kind", kind, "--json", home=home, stdin=stdin)
    assert done.returncode in (0, 1, 3), done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def by_api(lines: list[str], live: Live, kind: str) -> list[dict]:  # type: ignore[type-arg]
    body = "\n".join(json.dumps({"kind": kind, "value": line}) for line in lines).encode()
    answer = httpx.post(f"{live.url}/api/v1/check/bulk", content=body, timeout=120)
    return [json.loads(line) for line in answer.text.splitlines()]


def test_every_malicious_list_passes_through_both_doors(data: Path, live: Live) -> None:
    for path in sorted((data / "links" / "malicious").iterdir()):
        lines = sample(path, -1 if ".tsv" in path.name else None)
        found = by_command(lines, live.home, "link")
        assert len(found) == len(lines), path.name
        assert found == by_api(lines, live, "link"), path.name
        assert not any(verdict["level"] == "benign" for verdict in found), path.name


def test_popular_sites_are_hardly_ever_suspected(data: Path, live: Live) -> None:
    lines = sample(data / "links" / "benign" / "cloudflare_top100k_half.txt.gz")
    found = by_command(lines, live.home, "link")
    suspected = [v["subject"]["value"] for v in found if v["level"] in ("suspicious", "malicious")]
    assert len(suspected) <= 0.005 * len(lines), suspected


def test_a_whole_list_is_taken_and_then_known(data: Path, home: Path) -> None:
    path = data / "links" / "malicious" / "phishing_army.txt.gz"
    text = gzip.decompress(path.read_bytes())
    done = run_cli("feeds", "import", "-", "--source", "army", "--json", home=home, stdin=text)
    report = json.loads(done.stdout)
    assert report["bad_lines"] == 0
    assert report["taken"] == len(text.split())
    found = by_command(sample(path)[:500], home, "link")
    assert {verdict["level"] for verdict in found} == {"malicious"}


def test_messages_pass_through_both_doors(data: Path, live: Live) -> None:
    for path in sorted((data / "messages" / "written").iterdir())[::3]:
        lines = [
            json.loads(line)["text"].replace("\n", " ") for line in path.read_text().splitlines()
        ][:150]
        found = by_command(lines, live.home, "message")
        assert found == by_api(lines, live, "message"), path.name


def test_fraud_is_hardly_ever_called_benign(data: Path, live: Live) -> None:
    rows = [
        json.loads(line)
        for path in sorted((data / "messages" / "written").iterdir())
        for line in path.read_text().splitlines()
    ]
    fraud = [row["text"].replace("\n", " ") for row in rows if row["label"] == "fraud"]
    found = by_command(fraud, live.home, "message")
    assert len(found) == len(fraud)
    assert sum(verdict["level"] == "benign" for verdict in found) <= 0.01 * len(fraud)


def test_a_folder_of_system_files_passes_through_both_doors(live: Live) -> None:
    files = [path for path in sorted(Path("/usr/share/doc").rglob("*")) if path.is_file()][:120]
    files = [path for path in files if not path.is_symlink()]
    found = by_command([str(path) for path in files], live.home, "file")
    assert len(found) == len(files)
    with httpx.Client(base_url=live.url, timeout=60) as client:
        for path, verdict in list(zip(files, found, strict=True))[:40]:
            sent = {"file": (path.name, path.read_bytes())}
            answer = client.post("/api/v1/check", files=sent).json()
            for key in ("level", "score", "coverage"):
                assert answer[key] == verdict[key], path
