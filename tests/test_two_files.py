"""Adding a check touches exactly two files, and every door shows it."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

from tests.conftest import Live, run_cli
from tests.guards.test_guard import CARD, CODE, add_check


def test_two_files_reach_every_door(tmp_path: Path, home: Path) -> None:
    add_check(tmp_path, "many_hyphens", CODE)
    assert (
        len([path for path in tmp_path.rglob("*") if path.is_file() and path.parent != home]) == 2
    )
    option = ("--checks", str(tmp_path))

    judged = run_cli("check", "https://a-b-c-d-e.example/", "--json", *option, home=home)
    verdict = json.loads(judged.stdout)
    assert [item["check"] for item in verdict["evidence"]] == ["links.many_hyphens"]
    assert verdict["evidence"][0]["message"] == "Many hyphens."

    listed = run_cli("checks", "--json", "--lang", "zh", *option, home=home)
    cards = {card["id"]: card for card in map(json.loads, listed.stdout.splitlines())}
    assert cards["links.many_hyphens"]["what"] == "连字符太多。"
    assert b"Stop." in run_cli("explain", "links.many_hyphens", *option, home=home).stdout
    assert run_cli("checks", "--test", *option, home=home).returncode == 0

    service = Live(home, *option)
    try:
        with urllib.request.urlopen(f"{service.url}/api/v1/checks") as answer:
            assert "links.many_hyphens" in {card["id"] for card in json.load(answer)}
    finally:
        service.stop()


def test_an_example_that_does_not_hold_is_named(tmp_path: Path, home: Path) -> None:
    wrong = CARD.replace("https://plain.example/", "https://a-b-c-d-e-f.example/")
    add_check(tmp_path, "many_hyphens", CODE, wrong)
    done = run_cli("checks", "--test", "--checks", str(tmp_path), home=home)
    assert done.returncode == 1
    assert b"links.many_hyphens" in done.stderr
    assert b"must miss" in done.stderr


def test_a_check_without_examples_or_sentences_is_named(tmp_path: Path, home: Path) -> None:
    add_check(tmp_path, "many_hyphens", CODE, "[en]\nwhat = 'x'\n")
    said = run_cli("checks", "--test", "--checks", str(tmp_path), home=home).stderr.decode()
    assert "no example in [[hits]]" in said
    assert "no sentence [zh] now" in said


def test_an_installed_package_adds_checks(tmp_path: Path, home: Path) -> None:
    package = tmp_path / "city_checks"
    package.mkdir()
    (package / "__init__.py").write_text("")
    add_check(package, "many_hyphens", CODE)
    metadata = tmp_path / "city_checks-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: city-checks\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[cityshield.checks]\ncity = city_checks\n")
    done = run_cli("checks", "--json", home=home, env={"PYTHONPATH": str(tmp_path)})
    assert b"links.many_hyphens" in done.stdout
