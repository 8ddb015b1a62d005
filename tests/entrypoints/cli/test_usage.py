"""Wrong use, said in the terminal's language; and what the command line adds to the audit."""

from __future__ import annotations

import json
import os
import pwd
from pathlib import Path

import pytest

from tests.conftest import run_cli

WRONG = [
    (["check", "--nonsense"], "no option --nonsense", "没有 --nonsense 这个选项"),
    (["nonsense"], "no command nonsense", "没有 nonsense 这个命令"),
    (["feeds", "nonsense"], "no command nonsense", "没有 nonsense 这个命令"),
    (["feeds", "import", "-"], "--source is missing", "缺少 --source"),
    (["tokens", "revoke"], "ID is missing", "缺少 ID"),
    (["check", "x", "--kind", "car"], "one of: link, message, file", "之一：link, message, file"),
    (["check", "x", "--jobs", "0"], "from 1 to 64", "1 到 64 之间"),
    (["check", "x", "--jobs", "many"], "from 1 to 64", "1 到 64 之间"),
    (["check", "x", "--checks", "/no/such"], "--checks names no folder", "--checks 指的不是"),
    (["check", "x", "--kind"], "--kind needs a value", "--kind 后面要跟一个值"),
    (["check", "x", "--json=yes"], "--json takes no value", "--json 后面不能跟值"),
    (["export", "more"], "too much: more", "多了这些内容：more"),
]


@pytest.mark.parametrize(("arguments", "en", "zh"), WRONG, ids=lambda value: str(value)[:30])
def test_wrong_use_is_said_in_the_terminals_language(
    arguments: list[str], en: str, zh: str, home: Path
) -> None:
    for language, words in (("C.UTF-8", en), ("zh_CN.UTF-8", zh)):
        done = run_cli(*arguments, home=home, env={"LANG": language})
        said = done.stderr.decode()
        assert done.returncode == 2
        assert words in said
        assert "cityshield" in said.splitlines()[-1]
        assert "--help" in said.splitlines()[-1]
        assert "Usage:" not in said
        assert done.stdout == b""


def test_lang_reaches_errors_and_takes_two_languages(home: Path) -> None:
    for arguments in (["--kind", "file", "/no/such"], ["--nonsense"]):
        zh = run_cli("check", "--lang", "zh", *arguments, home=home).stderr.decode()
        en = run_cli("check", "--lang=en", *arguments, home=home, env={"LANG": "zh_CN.UTF-8"})
        assert any("一" <= letter <= "鿿" for letter in zh)
        assert en.stderr.decode().isascii()
    refused = run_cli("check", "x", "--lang", "fr", home=home)
    assert refused.returncode == 2
    assert b"--lang must be one of: zh, en" in refused.stderr


@pytest.mark.parametrize("name", ["nofile.pdf", "mail/Invoice.DOCX", "./photo.jpg"])
def test_a_file_that_is_not_there_is_said_to_be_missing(home: Path, name: str) -> None:
    done = run_cli("check", name, "--json", home=home)
    assert name in done.stderr.decode()
    assert "no file" in done.stderr.decode()
    assert json.loads(done.stdout)["subject"]["kind"] in ("link", "message")


@pytest.mark.parametrize(
    "text", ["unlisted.example", "https://unlisted.example/a.pdf", "open the file a.pdf"]
)
def test_what_names_no_file_is_not_said_to_be_one(home: Path, text: str) -> None:
    assert run_cli("check", text, home=home).stderr == b""


def test_the_audit_names_the_real_user_and_prints_harmless_text(home: Path) -> None:
    env = {"LOGNAME": "mallory", "USER": "mallory", "LNAME": "mallory", "USERNAME": "mallory"}
    run_cli("tokens", "create", "x", home=home, env=env)
    (entry,) = run_cli("audit", "list", "--json", home=home).stdout.splitlines()
    assert json.loads(entry)["actor"] == f"local:{pwd.getpwuid(os.getuid()).pw_name}"
    source = "a\u202eb"  # turns the direction of what follows
    run_cli("feeds", "import", "-", "--source", source, home=home, stdin=b"a.example\n")
    assert "\u202e" not in run_cli("audit", "list", home=home).stdout.decode()


def test_export_backup_and_retention_are_recorded(home: Path, tmp_path: Path) -> None:
    run_cli("tokens", "create", "x", home=home)
    copy = tmp_path / "copy.sqlite3"
    assert run_cli("backup", "create", str(copy), home=home).returncode == 0
    assert run_cli("backup", "create", str(copy), home=home).returncode == 2
    assert run_cli("export", home=home).returncode == 0
    assert run_cli("retention", home=home).returncode == 0
    entries = map(json.loads, run_cli("audit", "list", "--json", home=home).stdout.splitlines())
    assert [entry["action"] for entry in entries] == ["tokens.create", "backup.create", "export"]


@pytest.mark.parametrize(
    "arguments",
    [["audit", "list"], ["audit", "verify"], ["export"], ["retention"], ["backup", "create"],
     ["feeds", "list"], ["feeds", "remove", "x"]],
)  # fmt: skip
def test_what_only_reads_makes_no_store(home: Path, arguments: list[str]) -> None:
    done = run_cli(*arguments, home=home)
    assert done.returncode == 2
    assert b"There is no store" in done.stderr
    assert not (home / "cityshield.sqlite3").exists()


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ("[thresholds.link]\nsuspicious = 0.9\nmalicious = 0.5\n", "thresholds.link"),
        ("[thresholds.file]\nsuspicious = 0.5\nmalicious = 0.5\n", "thresholds.file"),
        ("[thresholds.car]\nsuspicious = 0.5\n", "car"),
        ('[files]\nrules = "/no/such/folder"\n', "files.rules"),
    ],
)
def test_settings_without_sense_are_refused(home: Path, settings: str, place: str) -> None:
    (home / "cityshield.toml").write_text(settings)
    done = run_cli("check", "x.example", home=home)
    assert done.returncode == 2
    assert place in done.stderr.decode()
    assert "cityshield.toml" in done.stderr.decode()
