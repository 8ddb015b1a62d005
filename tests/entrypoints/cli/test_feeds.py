"""`cityshield feeds` as a person runs it: subscriptions, their exit statuses, and the report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import run_cli
from tests.serving import Server, serving

SETTINGS = '[net]\nallow = ["127.0.0.0/8"]\n'


@pytest.fixture
def server(home: Path) -> Iterator[Server]:
    (home / "cityshield.toml").write_text(SETTINGS)
    with serving() as made:
        yield made


def feeds(home: Path, *arguments: str, status: int = 0, lang: str = "en") -> tuple[str, str]:
    """What a command prints and says, when it ends with this status."""
    spoken = ["--lang", lang] if arguments[0] != "list" else []
    done = run_cli("feeds", *arguments, *spoken, home=home)
    said = done.stderr.decode()
    assert done.returncode == status, said
    assert "Traceback" not in said
    return done.stdout.decode(), said


def test_statuses_tell_what_a_sync_found(home: Path, server: Server) -> None:
    hosts = "".join(f"h{number}.example\n" for number in range(20)).encode()
    server.replies["/a"] = server.replies["/b"] = hosts
    feeds(home, "add", "a", server.url("/a"))
    feeds(home, "add", "b", server.url("/b"))
    printed, _ = feeds(home, "sync", "--due")
    assert printed.count("20 entries, of them new: 20") == 2
    assert feeds(home, "sync", "--due")[0] == "Nothing is due.\n"
    server.replies["/a"] = b""
    printed, _ = feeds(home, "sync", status=1)
    assert "a: held, for the list is empty now; before, it had 20 entries" in printed
    assert "b: unchanged, 20 entries." in printed
    del server.replies["/b"]
    _, said = feeds(home, "sync", "--json", status=2)
    assert said == ""
    shown = json.loads(feeds(home, "show", "b", "--json")[0])
    assert shown["feed"]["standing"]["error"] == "error-feed-status"
    assert shown["syncs"][0]["result"] == "failed"
    listed = feeds(home, "list")[0]
    assert "a  (held: empty)" in listed and "b  (failed)" in listed
    printed, _ = feeds(home, "show", "b", lang="zh")
    assert "服务器对" in printed and "404" in printed
    doctor = run_cli("doctor", "--lang", "en", home=home).stdout.decode()
    assert "Feeds: missing  2 subscribed to; held: 1; failing: 1\n" in doctor
    assert "See why: cityshield feeds show a\n" in doctor
    feeds(home, "release", "a", "--json")
    assert "a  (taken)" in feeds(home, "list")[0]


def test_inner_addresses_are_closed_by_default(home: Path, server: Server) -> None:
    (home / "cityshield.toml").unlink()
    server.replies["/a"] = b"h.example\n"
    feeds(home, "add", "a", server.url("/a"))
    _, said = feeds(home, "sync", status=2)
    assert "127.0.0.1 leads into a network that is not public" in said
    assert server.asked == []


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["add", "a", "ftp://feeds.example/list"], 2),
        (["add", "a", "https://ana:secret@feeds.example/list"], 2),
        (["add", "\x1b[31m", "https://feeds.example/list"], 2),
        (["add", "a", "https://feeds.example/list", "--key", "nonsense"], 2),
        (["add", "a", "https://feeds.example/list", "--format", "hosts", "--column", "2"], 2),
        (["add", "a", "taxii+https://feeds.example/c/", "--sha256", "0" * 64], 2),
        (["add", "a", "https://feeds.example/list", "--guard", "popular", "--trusted"], 2),
        (["sync", "nobody"], 2),
        (["show", "nobody"], 2),
        (["release", "nobody"], 2),
    ],
)
def test_wrong_use_is_said_in_words(
    home: Path, lang: str, arguments: list[str], status: int
) -> None:
    feeds(home, "add", "other", "https://feeds.example/list")
    printed, said = feeds(home, *arguments, status=status, lang=lang)
    assert printed == ""
    assert said.startswith("cityshield: ") and "error-" not in said and "\x1b" not in said
    assert "secret" not in said


def test_a_bad_setting_is_said_in_words(home: Path) -> None:
    for line in ('allow = ["intranet"]', 'ca = "/nowhere.pem"', "time_s = 0"):
        (home / "cityshield.toml").write_text(f"[net]\n{line}\n")
        _, said = feeds(home, "add", "a", "https://feeds.example/list", status=2)
        assert said.startswith("cityshield: ") and "error-" not in said


def test_the_report_is_a_table_a_page_and_json(home: Path, tmp_path: Path) -> None:
    assert "no feed to compare" in _report_of_empty(home)
    for name, hosts in (("one", "a.example\nb.example\n"), ("two", "b.example\n")):
        run_cli("feeds", "import", "-", "--source", name, home=home, stdin=hosts.encode())
    page = tmp_path / "report.html"
    printed, _ = feeds(home, "report", "--html", str(page), lang="zh")
    assert "one" in printed and "50 %" in printed and "名单" in printed
    assert page.read_text().startswith('<!doctype html>\n<html lang="zh-Hans">')
    made = json.loads(feeds(home, "report", "--json")[0])
    assert [feed["only_here"] for feed in made["feeds"]] == [1, 0]
    assert made["shared"] == [[2, 1], [1, 1]]
    feeds(home, "report", "--html", str(tmp_path / "no" / "where.html"), status=2)


def _report_of_empty(home: Path) -> str:
    run_cli("tokens", "create", "x", home=home)
    return feeds(home, "report")[0]
