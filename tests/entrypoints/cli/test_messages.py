"""`cityshield messages` and `cityshield pack` as an operator types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import run_cli

LINES = (
    '{"text": "请把钱转到国家安全账户，不要告诉家人", "label": "fraud", "type": "authority"}\n'
    '{"text": "晚上一起吃饭吧，我在老地方等你", "label": "benign"}\n'
)


def said(*arguments: str, home: Path, status: int = 0) -> str:
    done = run_cli(*arguments, home=home)
    assert done.returncode == status, done.stderr.decode()
    return (done.stdout or done.stderr).decode()


def test_evaluate_prints_figures(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text(LINES)
    assert "language zh" in said("messages", "evaluate", str(file), home=home)
    found = json.loads(said("messages", "evaluate", str(file), "--json", home=home))
    assert found["groups"][0]["recall"]["count"] == 1
    missing = said("messages", "evaluate", str(tmp_path / "none.jsonl"), home=home, status=2)
    assert "none.jsonl" in missing
    file.write_text(LINES + "{}\n")
    assert "3: " in said("messages", "evaluate", str(file), home=home, status=2)


def test_talk_follows_a_chat(home: Path, tmp_path: Path) -> None:
    chat = tmp_path / "chat.txt"
    chat.write_text("晚上好\n您的账户涉嫌洗钱\n请把钱转到国家安全账户，不要告诉家人\n")
    found = json.loads(said("messages", "talk", str(chat), "--json", home=home, status=1))
    assert found["level"] in ("suspicious", "malicious")
    assert found["trend"] > 0
    assert len(found["scores"]) == 3
    chat.write_text("\n\n")
    said("messages", "talk", str(chat), home=home, status=2)


def test_a_city_builds_signs_and_takes_its_own_pack(home: Path, tmp_path: Path) -> None:
    key, one, two = tmp_path / "city.key", tmp_path / "one.pack", tmp_path / "two.pack"
    public = said("pack", "keygen", str(key), home=home).strip()
    assert said("pack", "key", str(key), home=home).strip() == public
    assert key.stat().st_mode & 0o077 == 0
    build = ("pack", "build", "--key", str(key), "--created", "2026-11-25")
    for version, path in (("900000", one), ("900001", two)):
        said(*build, "--version", version, "--out", str(path), home=home)
    said("pack", "verify", str(one), home=home, status=2)
    said("pack", "apply", str(one), home=home, status=2)
    said("pack", "trust", public, home=home)
    said("pack", "apply", str(one), home=home)
    delta = tmp_path / "step.delta"
    said("pack", "diff", str(one), str(two), "--out", str(delta), home=home)
    assert delta.stat().st_size < two.stat().st_size / 20
    said("pack", "apply", str(delta), home=home)
    assert json.loads(said("pack", "show", "--json", home=home))["version"] == 900001
    assert "900000" in said("pack", "apply", str(one), home=home, status=2)
    assert "900001" in said("doctor", "--lang", "en", home=home)


@pytest.mark.parametrize("content", ["", "ab", "g" * 64])
def test_a_wrong_key_is_said(home: Path, tmp_path: Path, content: str) -> None:
    key = tmp_path / "wrong.key"
    key.write_text(content)
    out = said("pack", "key", str(key), "--help", home=home)
    assert "FILE" in out
    assert "wrong.key" in said("pack", "key", str(key), home=home, status=2)


def test_a_damaged_pack_in_use_is_passed_over_and_doctor_says_so(home: Path) -> None:
    (home / "packs").mkdir()
    (home / "packs" / "current.pack").write_bytes(b"CSPACK\x00\x01 nothing")
    done = run_cli("check", "晚上一起吃饭吧，我在老地方等你", home=home)
    assert done.returncode == 0
    done = run_cli("doctor", "--lang", "en", home=home)
    assert done.returncode == 1
    assert b"damaged" in done.stdout
