"""`cityshield sites versions`: who may, what is said, what is in the audit."""

from __future__ import annotations

import json
from pathlib import Path

from tests.adapters.knowledge.test_lists import RECORD
from tests.conftest import run_cli


def test_lists_are_imported_and_told(home: Path, tmp_path: Path) -> None:
    good, bad = tmp_path / "CVE-2026-1000.json", tmp_path / "half.json"
    good.write_text(json.dumps(RECORD))
    bad.write_text("{")
    done = run_cli("sites", "versions", "import", str(good), str(bad), home=home)
    assert done.returncode == 0, done.stderr.decode()
    assert b"Entries taken from CVE records: 1; of software we recognise: 1." in done.stdout
    assert b"half.json" in done.stderr
    assert b"publisher" in done.stderr  # the remedy
    listed = run_cli("sites", "versions", "list", home=home)
    assert b"nginx: weaknesses 1, known to be exploited 1" in listed.stdout
    assert b"No list of this kind was imported: ends of support" in listed.stderr
    told = json.loads(run_cli("sites", "versions", "list", "--json", home=home).stdout)
    assert told["products"] == {"nginx": {"weaknesses": 1, "exploited": 1, "branches": 0}}
    assert b"sites.versions" in run_cli("audit", "list", home=home).stdout


def test_only_bad_is_an_error_that_says_why(home: Path, tmp_path: Path) -> None:
    bad = tmp_path / "page.json"
    bad.write_text("<html>")
    done = run_cli("sites", "versions", "import", str(bad), "--lang", "zh", home=home)
    assert done.returncode == 2
    text = done.stderr.decode()
    assert "page.json" in text
    assert "不是认识的名单" in text
    assert run_cli("sites", "versions", "import", str(tmp_path / "no"), home=home).returncode == 2
    assert run_cli("sites", "versions", "list", home=home).stdout.startswith(b"No list")


def test_only_an_operator_imports(home: Path, tmp_path: Path) -> None:
    good = tmp_path / "a.json"
    good.write_text(json.dumps(RECORD))
    made = run_cli("tokens", "create", "Ana", "--role", "analyst", home=home)
    env = {"CITYSHIELD_TOKEN": made.stdout.decode().split()[-1]}
    done = run_cli("sites", "versions", "import", str(good), home=home, env=env)
    assert done.returncode == 2
    assert not (home / "knowledge").exists()
