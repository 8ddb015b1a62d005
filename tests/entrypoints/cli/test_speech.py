"""What the command line says in Chinese: no English sentence is left, and columns stay in line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cityshield.adapters.sentences.sentences import LANGUAGES, Sentences
from cityshield.desks.decisions.collateral import CLASSES
from cityshield.entrypoints.cli.speech import pad, width
from cityshield.vocabulary import appeal, decision, indicator, subscription
from cityshield.vocabulary.identity import ROLES
from tests.conftest import run_cli

WORDS = (
    *decision.ACTIONS, *decision.SCOPES, *decision.STATES, *appeal.STATES, *appeal.SPEAKERS,
    *appeal.CLAIMS, *appeal.EVIDENCE, *appeal.OUTCOMES, *CLASSES, *ROLES,
    indicator.MALICIOUS_ACTIVITY, indicator.BENIGN_ACTIVITY,
    subscription.TAKEN, subscription.UNCHANGED, subscription.HELD, subscription.FAILED,
    subscription.EMPTY, subscription.GROWN, subscription.SHRUNK,
)  # fmt: skip


def run(home: Path, *arguments: str) -> str:
    done = run_cli(*arguments, home=home)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_value_has_a_word(language: str) -> None:
    said = [Sentences().say(f"word-{word}", language) for word in WORDS]
    assert not [word for word in said if word.startswith("word-")]
    if language == "en":
        assert said == list(WORDS)  # as the options of the command line take them


def test_wide_letters_take_two_columns() -> None:
    assert width("生效") == width(pad("on", 4)) == 4
    assert pad("in-force", 3) == "in-force"


def test_decisions_are_shown_in_chinese(home: Path) -> None:
    add = ("decisions", "add", "parcel-desk.example", "--reason", "骗取卡号")
    added = run(home, *add, "--dry-run", "--lang", "zh")
    assert "等待批准  拦截  主机 parcel-desk.example （试运行）  1/2 人批准  骗取卡号" in added
    assert run(home, "decisions", "list", "--lang", "zh") == added.splitlines(True)[0]
    plain = run(home, "decisions", "list", "--lang", "en")
    assert "proposed  block host parcel-desk.example (dry run)  1 of 2 approvals" in plain
    both = [run(home, "decisions", "list", "--json", "--lang", lang) for lang in ("zh", "en")]
    assert both[0] == both[1] and json.loads(both[0])["state"] == "proposed"


def test_feeds_are_shown_in_chinese(home: Path, tmp_path: Path) -> None:
    (tmp_path / "list").write_text("parcel-desk.example\n<nothing>\n")
    run(home, "feeds", "import", str(tmp_path / "list"), "--source", "partner", "--trusted")
    (tmp_path / "banks").write_text("metro.example\n")
    run(home, "feeds", "import", str(tmp_path / "banks"), "--source", "b", "--guard", "bank")
    run(home, "feeds", "add", "top", "https://feeds.example/top", "--guard", "bank", "--every", "1")
    listed = run(home, "feeds", "list", "--lang", "zh")
    assert re.search(r"^\d{4}-\d\d-\d\d +1  partner  \[可信\]  1 行读不出来$", listed, re.M)
    assert re.search(r"^从未 {7} +0  top  \(还没获取过\)$", listed, re.M)
    assert "  b  [保护：银行]\n" in listed
    assert "[trusted]  1 bad line\n" in run(home, "feeds", "list", "--lang", "en")
    shown = run(home, "feeds", "show", "top", "--lang", "zh")
    assert "网址         https://feeds.example/top\n" in shown
    assert "间隔         1 小时\n" in shown and "用途         保护：银行\n" in shown
    assert "every        1 hour\n" in run(home, "feeds", "show", "top", "--lang", "en")


def test_tokens_are_shown_in_chinese(home: Path) -> None:
    run(home, "tokens", "create", "ana", "--role", "analyst", "--lang", "zh")
    listed = run(home, "tokens", "list", "--lang", "zh")
    assert "分析员    ana  [这个角色的全部权限]  不会到期\n" in listed
