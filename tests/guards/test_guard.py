"""A guard over checks that behave and checks that do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from cityshield.config import Config
from cityshield.guards.check import discover
from cityshield.shield import Shield, build_shield, complete
from cityshield.vocabulary.errors import ConfigurationError
from cityshield.vocabulary.finding import Finding
from cityshield.vocabulary.subject import Subject
from cityshield.vocabulary.verdict import BENIGN, SUSPICIOUS, UNKNOWN, Verdict

CARD = """
[[hits]]
subject = "https://a-b-c-d-e.example/"
[[misses]]
subject = "https://plain.example/"
[en]
what = "Many hyphens."
why = "Because."
now = "Stop."
[zh]
what = "连字符太多。"
why = "因为。"
now = "停下。"
"""
CODE = '''"""Many hyphens in the host."""

from cityshield.guards.check import Hit, check


@check(weight=0.2)
def many_hyphens(facts):
    """Hit on five labels glued together."""
    return Hit() if facts.canonical.host.count("-") > 3 else None
'''


def add_check(folder: Path, name: str, code: str, card: str = CARD) -> None:
    (folder / "links").mkdir(exist_ok=True)
    (folder / "links" / f"{name}.py").write_text(code)
    (folder / "links" / f"{name}.toml").write_text(card)


def test_a_check_that_cannot_tell_says_why_and_lowers_the_coverage(
    tmp_path: Path, home: Path
) -> None:
    code = CODE.replace("import Hit, check", "import Hit, NotJudged, check").replace(
        "return Hit()", "raise NotJudged('no-lists')\n    return Hit()"
    )
    add_check(tmp_path, "unsure", code)
    shield = build_shield(home, Config(), disk=False, folders=[tmp_path])
    verdict = complete(shield.check(Subject("link", "https://a-b-c-d-e.example/")))
    assert verdict.coverage < 1
    assert [(item.check, item.reason) for item in verdict.failed] == [("links.unsure", "no-lists")]
    said = shield.speak(verdict, "en").failed[0].message
    assert "no list of them was imported" in said


def test_a_check_that_raises_is_said_aloud_and_never_turns_benign(
    tmp_path: Path, home: Path
) -> None:
    add_check(tmp_path, "broken", CODE.replace("return Hit()", "return 1 / 0 or Hit()"))
    shield = build_shield(home, Config(), disk=False, folders=[tmp_path])
    verdict = complete(shield.check(Subject("link", "https://a-b-c-d-e.example/")))
    assert verdict.level == UNKNOWN
    assert verdict.coverage < 1
    assert [(item.check, item.reason, item.detail) for item in verdict.failed] == [
        ("links.broken", "raised", "ZeroDivisionError")
    ]


def test_a_check_whose_knowledge_cannot_be_built_fails_at_each_subject(
    tmp_path: Path, home: Path
) -> None:
    code = CODE.replace("weight=0.2", "weight=0.2, knowledge=lambda m: m.data['missing']")
    add_check(tmp_path, "unready", code.replace("(facts)", "(facts, known)"))
    shield = build_shield(home, Config(), disk=False, folders=[tmp_path])
    verdict = complete(shield.check(Subject("link", "https://plain.example/")))
    assert [item.detail for item in verdict.failed] == ["KeyError"]


def test_weights_and_thresholds_are_settings(tmp_path: Path, home: Path) -> None:
    add_check(tmp_path, "many_hyphens", CODE)
    link = Subject("link", "https://a-b-c-d-e.example/")

    def level(text: str) -> str:
        (home / "cityshield.toml").write_text(text)
        return complete(build_shield(home, disk=False, folders=[tmp_path]).check(link)).level

    assert level("") == UNKNOWN
    assert level('[weights]\n"links.many_hyphens" = 0.7\n') == SUSPICIOUS
    assert level("[thresholds.link]\nsuspicious = 0.1\n") == SUSPICIOUS


def test_the_weight_of_one_rule_of_a_family_is_a_setting(home: Path) -> None:
    text = "先交保证金，再放款"
    usual = complete(build_shield(home, Config(), disk=False).check(Subject("message", text)))
    (rule,) = {item.check for item in usual.evidence if item.check.startswith("messages.tells/")}
    config = Config(weights={rule: 0.01})
    quiet = complete(build_shield(home, config, disk=False).check(Subject("message", text)))
    assert quiet.score < usual.score
    assert [item.weight for item in quiet.evidence if item.check == rule] == [0.01]


def test_judging_facts_again_needs_no_gathering(shield: Shield) -> None:
    guard = shield.guard("links")
    facts = complete(guard.gather_many([Subject("link", "http://192.0.2.7/")]))[0]
    assert guard.judge(facts) == guard.judge(facts)
    assert guard.judge(facts).evidence[0].check == "links.raw_address"


def test_a_benign_verdict_needs_every_check_to_have_run(tmp_path: Path, home: Path) -> None:
    text = Subject("message", "晚上一起吃饭吧，我在老地方等你")
    assert complete(build_shield(home, Config(), disk=False).check(text)).level == BENIGN
    folder = tmp_path / "messages"
    folder.mkdir()
    (folder / "broken.py").write_text(CODE.replace("facts.canonical.host", "facts.nothing"))
    (folder / "broken.toml").write_text(CARD)
    shield = build_shield(home, Config(), disk=False, folders=[tmp_path])
    assert complete(shield.check(text)).level == UNKNOWN


@pytest.mark.parametrize(
    ("code", "card", "says"),
    [
        ("x = 1", CARD, "0 functions"),
        (CODE + "\n@check(weight=1)\ndef other(facts): ...\n", CARD, "2 functions"),
        ("import nothing_of_this_name", CARD, "ModuleNotFoundError"),
        ("def :", CARD, "SyntaxError"),
    ],
)
def test_a_check_that_cannot_be_loaded_is_named(
    tmp_path: Path, code: str, card: str, says: str
) -> None:
    add_check(tmp_path, "wrong", code, card)
    with pytest.raises(ConfigurationError) as caught:
        discover("links", tmp_path / "links")
    assert "wrong.py" in caught.value.args_for_sentence["path"]
    assert says in caught.value.args_for_sentence["reason"]


def test_half_a_check_is_named(tmp_path: Path) -> None:
    (tmp_path / "lonely.toml").write_text(CARD)
    with pytest.raises(ConfigurationError) as caught:
        discover("links", tmp_path)
    assert "lonely.toml" in caught.value.args_for_sentence["path"]


POSTURE = CODE.replace("weight=0.2", 'severity="low", cwe=16').replace(
    "return Hit()", 'return Hit(args={"name": "x"}, location="here")'
)


def findings(tmp_path: Path, home: Path, code: str, card: str = CARD) -> Verdict:
    add_check(tmp_path, "many_hyphens", code, card)
    shield = build_shield(home, Config(), disk=False, folders=[tmp_path])
    return shield.speak(
        complete(shield.check(Subject("link", "https://a-b-c-d-e.example/"))), "zh-Hans"
    )


def test_a_hit_of_a_posture_check_is_a_finding_and_no_evidence(tmp_path: Path, home: Path) -> None:
    card = CARD.replace('what = "连字符太多。"', 'what = "{ $name } 太多。"')
    verdict = findings(tmp_path, home, POSTURE, card)
    assert verdict.findings == (Finding("links.many_hyphens", "low", "x 太多。", "here", cwe=16),)
    assert (verdict.level, verdict.score, verdict.evidence) == (UNKNOWN, 0, ())


def test_a_hit_may_change_severity_rule_and_cwe(tmp_path: Path, home: Path) -> None:
    code = POSTURE.replace('location="here"', 'severity="high", rule="a/b", cwe=79')
    found = findings(tmp_path, home, code).findings
    assert [(item.check, item.severity, item.cwe) for item in found] == [
        ("links.many_hyphens/a/b", "high", 79)
    ]


def test_a_severity_that_is_no_word_of_cvss_fails(tmp_path: Path, home: Path) -> None:
    verdict = findings(tmp_path, home, POSTURE.replace('location="here"', 'severity="awful"'))
    assert (verdict.findings, verdict.failed[0].detail) == ((), "ValueError")


@pytest.mark.parametrize(
    "measure", ["", 'severity="awful"', 'weight=0.2, severity="low"', 'severity=""']
)
def test_a_check_has_a_weight_or_a_severity(tmp_path: Path, measure: str) -> None:
    add_check(tmp_path, "many_hyphens", CODE.replace("weight=0.2", measure))
    with pytest.raises(ConfigurationError) as raised:
        discover("links", tmp_path / "links")
    assert "error-check-measure" in str(raised.value.args_for_sentence)


def test_the_operators_files_are_knowledge(tmp_path: Path, home: Path) -> None:
    code = POSTURE.replace("cwe=16", 'cwe=16, knowledge=lambda m: m.read("names.txt")')
    code = code.replace("(facts)", "(facts, known)").replace("return Hit(", "return known and Hit(")
    code = code.replace('"name": "x"', '"name": known.decode()')
    assert findings(tmp_path, home, code).findings == ()
    (home / "knowledge").mkdir()
    (home / "knowledge/names.txt").write_text("abc")
    assert len(findings(tmp_path, home, code).findings) == 1
