"""The commands about templates, as processes over one data directory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import run_cli
from tests.guards.sites.templates.written import PARCEL


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "a.yaml").write_bytes(PARCEL)
    (folder / "b.yaml").write_bytes(PARCEL.replace(b"GET", b"POST"))
    (folder / "c.yaml").write_bytes(
        PARCEL.replace(b"Parcel Panel", b"Evil \x1b[2J").replace(b"id: p", b"id: q")
    )
    return folder


def said(*words: str, home: Path, status: int = 0) -> str:
    done = run_cli("sites", "templates", *words, home=home)
    assert done.returncode == status, done.stderr.decode()
    return (done.stdout + done.stderr).decode()


def test_templates_are_imported_listed_shown_planned_and_removed(source: Path, home: Path) -> None:
    told = said("import", str(source), home=home)
    assert "Taken: 1 templates" in told
    assert "Refused: 2" in told
    assert "another method than GET" in told
    assert "b.yaml" not in told
    assert "high      parcel-panel  Parcel Panel" in said("list", home=home)
    assert said("list", "--severity", "low", home=home) == ""
    refused = said("list", "--refused", home=home)
    assert "b.yaml:7  it needs another method than GET: POST" in refused
    assert "\x1b" not in refused
    shown = said("show", "parcel-panel", home=home)
    assert "asks for (http): /parcel/" in shown
    assert "A site where it is true has a finding." in shown
    assert "会列为一个问题" in said("show", "parcel-panel", "--lang", "zh", home=home)
    plan = said("plan", home=home)
    assert "+0  0\n" in plan
    assert "+20  1\n" in plan
    assert "No template" in said("remove", home=home)
    assert "Import some" in said("list", home=home, status=2)
    audit = run_cli("audit", "list", home=home).stdout.decode()
    assert audit.count("sites.templates") == 2


def test_all_of_it_is_json_too(source: Path, home: Path) -> None:
    done = json.loads(said("import", str(source), "--json", home=home))
    assert done["taken"] == 1
    assert {(each["file"], each["reason"]) for each in done["refused"]} == {
        ("b.yaml", "method"), ("c.yaml", "yaml"),
    }  # fmt: skip
    (line,) = said("list", "--json", home=home).splitlines()
    assert json.loads(line)["asks"] == ["/parcel/"]
    first = said("list", "--refused", "--json", home=home).splitlines()[0]
    assert json.loads(first)["line"] == 7
    assert json.loads(said("show", "parcel-panel", "--json", home=home))["questions"]
    assert json.loads(said("plan", "--json", home=home))["shared"] == ["/parcel/"]


def test_an_import_that_fails_leaves_what_was_there(source: Path, home: Path) -> None:
    said("import", str(source), home=home)
    (source / "x.zip").write_bytes(b"PK\x03\x04junk")
    assert "Nothing was changed" in said("import", str(source / "x.zip"), home=home, status=2)
    assert "parcel-panel" in said("list", home=home)
    assert "absent" in said("import", str(source / "absent"), home=home, status=2)
    assert "There is no template x" in said("show", "x", home=home, status=2)


def test_who_may_only_read_imports_nothing(source: Path, home: Path) -> None:
    run_cli("tokens", "create", "--name", "eye", "--role", "reader", home=home)
    done = run_cli(
        "sites", "templates", "import", str(source), home=home, env={"CITYSHIELD_TOKEN": "wrong"}
    )
    assert done.returncode == 2
    assert b"parcel" not in done.stdout
