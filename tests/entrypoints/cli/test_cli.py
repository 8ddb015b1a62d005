"""The command line, run as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cityshield.guards.files.checks.eicar import _TEXT as EICAR
from tests.conftest import run_cli

FRAUD = "请先交保证金500元，到账后马上放款"
KEYS = ["subject", "level", "score", "coverage", "evidence", "findings", "failed", "parts"]


def verdicts(stdout: bytes) -> list[dict]:  # type: ignore[type-arg]
    return [json.loads(line) for line in stdout.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "status", "level"),
    [
        (["晚上一起吃饭吧，我在老地方等你"], 0, "benign"),
        (["https://unlisted.example/"], 3, "unknown"),
        (["https://paypal-login.example.test/"], 1, "suspicious"),
        (["https://paypal-login.example.test/", "--fail-on", "malicious"], 0, "suspicious"),
        (["https://unlisted.example/", "--fail-on", "unknown"], 1, "unknown"),
        (["https://unlisted.example/", "--fail-on", "malicious"], 3, "unknown"),
        (["--kind", "link", "this is no link"], 3, "unknown"),
        (["--kind", "message", "https://unlisted.example/"], 3, "unknown"),
    ],
)
def test_exit_statuses(home: Path, arguments: list[str], status: int, level: str) -> None:
    done = run_cli("check", *arguments, "--json", home=home)
    assert done.returncode == status, done.stderr.decode()
    (verdict,) = verdicts(done.stdout)
    assert verdict["level"] == level
    assert list(verdict) == KEYS


def test_the_first_of_2_1_3_0_applies(home: Path) -> None:
    both = run_cli("check", "https://unlisted.example/", "http://192.0.2.1/", home=home)
    assert both.returncode == 1
    missing = run_cli("check", "--kind", "file", "http://192.0.2.1/", home=home)
    assert missing.returncode == 2
    assert b"http://192.0.2.1/" in missing.stderr


def test_the_kind_shows_by_itself(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "plain.example"
    file.write_bytes(EICAR)
    done = run_cli("check", str(file), "plain.example", "plain words", "--json", home=home)
    kinds = [verdict["subject"]["kind"] for verdict in verdicts(done.stdout)]
    assert kinds == ["file", "link", "message"]


def test_evidence_has_its_words_and_spans(home: Path) -> None:
    done = run_cli("check", FRAUD, "--json", "--lang", "zh", home=home)
    (verdict,) = verdicts(done.stdout)
    for item in verdict["evidence"]:
        assert list(item) == ["check", "weight", "message", "spans"]
        assert item["message"]
        for start, end in item["spans"]:
            assert FRAUD[start:end]


def test_lines_are_judged_one_by_one_in_order(home: Path, tmp_path: Path) -> None:
    (tmp_path / "existing").write_text("x")
    lines = [f"h{n}.example" if n % 2 else f"message number {n}" for n in range(1500)]
    lines += ["", "existing", "http://192.0.2.1/"]
    done = run_cli("check", "--lines", "-", "--json", home=home, stdin="\n".join(lines).encode())
    found = verdicts(done.stdout)
    assert [verdict["subject"]["value"] for verdict in found] == lines
    assert {verdict["subject"]["kind"] for verdict in found} == {"link", "message"}
    assert done.returncode == 1


def test_several_processes_give_the_same_answers(home: Path) -> None:
    lines = "\n".join(f"http://192.0.2.{n % 250}/{n}" for n in range(3000)).encode()
    one = run_cli("check", "--lines", "-", "--json", home=home, stdin=lines)
    two = run_cli("check", "--lines", "-", "--json", "--jobs", "2", home=home, stdin=lines)
    assert one.stdout == two.stdout
    assert one.returncode == two.returncode == 1


def test_lines_of_files_are_opened_only_when_asked(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "eicar.com"
    file.write_bytes(EICAR)
    line = str(file).encode()
    as_text = run_cli("check", "--lines", "-", "--json", home=home, stdin=line)
    as_file = run_cli("check", "--lines", "-", "--kind", "file", "--json", home=home, stdin=line)
    assert verdicts(as_text.stdout)[0]["subject"]["kind"] == "message"
    assert verdicts(as_file.stdout)[0]["level"] == "malicious"


def test_a_file_on_the_disk_is_read_and_an_archive_opened(home: Path) -> None:
    done = run_cli("check", __file__, "--json", home=home)
    assert verdicts(done.stdout)[0]["level"] == "unknown"


def test_words_for_people_in_both_languages(home: Path) -> None:
    en = run_cli("check", FRAUD, home=home).stdout.decode()
    zh = run_cli("check", FRAUD, home=home, env={"LANG": "zh_CN.UTF-8"}).stdout.decode()
    assert "Suspicious" in en
    assert "可疑" in zh
    assert "→" in en
    assert "\x1b" not in en


def test_escape_sequences_do_not_reach_the_terminal(home: Path) -> None:
    done = run_cli("check", "--kind", "message", "\x1b[31mred\x1b]0;title\x07 text", home=home)
    assert b"\x1b" not in done.stdout
    assert b"\x07" not in done.stdout


def test_errors_speak_the_language_of_the_terminal(home: Path) -> None:
    en = run_cli("check", "--kind", "file", "/no/such", home=home)
    zh = run_cli("check", "--kind", "file", "/no/such", home=home, env={"LANG": "zh_CN.UTF-8"})
    assert (en.returncode, zh.returncode) == (2, 2)
    assert b"can't be read" in en.stderr
    assert "读不了" in zh.stderr.decode()


def test_import_check_and_audit(home: Path, tmp_path: Path) -> None:
    feed = tmp_path / "hosts.txt"
    feed.write_text("0.0.0.0 bad.example\n0.0.0.0 worse.example\nnonsense here\n")
    done = run_cli("feeds", "import", str(feed), "--source", "partner", "--json", home=home)
    report = json.loads(done.stdout)
    assert (report["taken"], report["new"], report["bad_lines"]) == (2, 2, 1)
    assert report["bad"] == [{"number": 3, "start": "nonsense here"}]
    done = run_cli("check", "http://www.bad.example/x", "--json", home=home)
    (verdict,) = verdicts(done.stdout)
    assert verdict["level"] == "malicious"
    assert "partner" in verdict["evidence"][0]["message"]
    sound = run_cli("audit", "verify", home=home)
    assert sound.returncode == 0
    digest = sound.stdout.decode().split()[-1].rstrip(".")
    assert run_cli("audit", "verify", "--expect", digest, home=home).returncode == 0
    assert run_cli("audit", "verify", "--expect", "0" * 64, home=home).returncode == 1
    entries = verdicts(run_cli("audit", "list", "--json", home=home).stdout)
    assert [entry["action"] for entry in entries] == ["feeds.import.start", "feeds.import"]
    assert all(entry["actor"].startswith("local:") for entry in entries)


def test_tokens_are_made_listed_and_revoked(home: Path) -> None:
    token = run_cli("tokens", "create", "feeder", "--role", "operator", home=home).stdout.decode()
    assert token.startswith("cs_")
    (listed,) = verdicts(run_cli("tokens", "list", "--json", home=home).stdout)
    assert listed["name"] == "feeder"
    assert (
        token.strip().rpartition("_")[2].encode() not in run_cli("tokens", "list", home=home).stdout
    )
    assert run_cli("tokens", "revoke", listed["id"], home=home).returncode == 0
    assert run_cli("tokens", "revoke", listed["id"], home=home).returncode == 2


def test_backup_restore_export_and_retention(home: Path, tmp_path: Path) -> None:
    feed = tmp_path / "list.txt"
    feed.write_text("bad.example\n")
    run_cli("feeds", "import", str(feed), "--source", "partner", home=home)
    copy = tmp_path / "copy.sqlite3"
    assert run_cli("backup", "create", str(copy), home=home).returncode == 0
    other = tmp_path / "other"
    assert run_cli("backup", "restore", str(copy), home=other).returncode == 0
    done = run_cli("check", "bad.example", "--json", home=other)
    assert verdicts(done.stdout)[0]["level"] == "malicious"
    rows = verdicts(run_cli("export", home=other).stdout)
    assert {"sources", "indicators", "audit", "settings"} <= {row["table"] for row in rows}
    assert run_cli("retention", home=other).returncode == 0


def test_the_doctor_says_what_is_missing_and_how_to_mend_it(home: Path) -> None:
    done = run_cli("doctor", home=home)
    assert done.returncode == 0
    assert b"cityshield feeds import" in done.stdout
    broken = home / "rules"
    broken.mkdir()
    (broken / "bad.yar").write_text("rule {{{")
    done = run_cli("doctor", "--json", home=home)
    assert done.returncode == 1
    (rules,) = [item for item in verdicts(done.stdout) if item["name"] == "rules"]
    assert rules["state"] == "broken"
    assert "bad.yar" in rules["seen"]


def test_every_command_has_help_and_the_first_page_lists_them_all() -> None:
    from cityshield.entrypoints.cli.main import COMMANDS

    first = run_cli("--help").stdout.decode()
    for name, (_, about) in COMMANDS.items():
        assert name in first
        assert about in first
        assert run_cli(name, "--help").returncode == 0
    assert run_cli("nonsense").returncode == 2
    assert run_cli("check").returncode == 2


def test_sources_are_listed_and_removed_and_others_stay(home: Path) -> None:
    for source, text in (("one", b"a.example\nb.example\n"), ("two", b"b.example\nbad words\n")):
        options = ("--source", source, "--format", "plain")
        run_cli("feeds", "import", "-", *options, home=home, stdin=text)
    listed = verdicts(run_cli("feeds", "list", "--json", home=home).stdout)
    assert [(item["name"], item["entries"], item["bad_lines"]) for item in listed] == [
        ("one", 2, 0),
        ("two", 1, 1),
    ]
    assert run_cli("feeds", "remove", "one", home=home).returncode == 0
    found = verdicts(run_cli("check", "a.example", "b.example", "--json", home=home).stdout)
    assert [verdict["level"] for verdict in found] == ["unknown", "malicious"]
    assert run_cli("feeds", "remove", "one", home=home).returncode == 2
    entries = verdicts(run_cli("audit", "list", "--json", home=home).stdout)
    assert [entry["action"] for entry in entries][-1] == "feeds.remove"


TELL = """weight = 0.6
patterns = ["free kitten"]
[[hits]]
subject = "Claim your free kitten today"
spans = ["free kitten"]
[[misses]]
subject = "The kitten is free to roam"
[en]
what = "It offers a kitten."
why = "Nobody gives away this one."
now = "Ask the shelter."
[zh]
what = "它要送你一只小猫。"
why = "这只猫没人会白送。"
now = "问问收容所。"
"""


def test_an_operator_adds_a_tell_as_one_file(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "messages" / "tells"
    folder.mkdir(parents=True)
    (folder / "free_kitten.toml").write_text(TELL)
    option = ("--checks", str(tmp_path))
    done = run_cli("check", "Claim your free kitten today", "--json", *option, home=home)
    assert [item["check"] for item in verdicts(done.stdout)[0]["evidence"]] == [
        "messages.tells/free_kitten"
    ]
    assert run_cli("checks", "--test", *option, home=home).returncode == 0


def test_lists_that_disagree_are_said_to(home: Path) -> None:
    for source, type_ in (("one", "malicious-activity"), ("two", "benign")):
        options = ("--source", source, "--type", type_)
        run_cli("feeds", "import", "-", *options, home=home, stdin=b"a.example\n")
    done = run_cli("check", "a.example", home=home)
    assert done.returncode == 3
    assert b"disagree" in done.stdout
    assert b"none of our lists" not in done.stdout


def test_the_doctor_names_weights_of_nothing(home: Path) -> None:
    (home / "cityshield.toml").write_text('[weights]\n"links.raw_adress" = 0.1\n')
    done = run_cli("doctor", home=home)
    assert done.returncode == 1
    assert b"links.raw_adress" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["city-library.example"], b"contact"), (["no host"], "“no host”".encode()),
     (["--lines", "-"], b"sites import")],
)  # fmt: skip
def test_a_site_is_refused_with_what_to_do(home: Path, arguments: list[str], said: bytes) -> None:
    done = run_cli("check", "--kind", "site", *arguments, home=home, stdin=b"library.example\n")
    assert done.returncode == 2
    assert said in done.stderr
