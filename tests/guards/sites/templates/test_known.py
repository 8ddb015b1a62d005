"""From an import to a finding with its sentences, through the guard itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from cityshield.adapters.knowledge.templates import compile_templates, keep
from cityshield.config import Config
from cityshield.guards.sites.given import site
from cityshield.guards.sites.templates.known import Known
from cityshield.shield import Shield, build_shield
from cityshield.vocabulary.errors import ConfigurationError
from tests.guards.sites.templates.written import written

WORDS = "matchers:\n  - type: word\n    words: [parcel]"
HOST = "city-library.example"


def shield_with(tmp_path: Path, *files: bytes) -> Shield:
    source, home = tmp_path / "source", tmp_path / "home"
    source.mkdir()
    home.mkdir()
    for number, data in enumerate(files):
        (source / f"{number}.yaml").write_bytes(data)
    keep(home, compile_templates(source))
    return build_shield(home, Config(), disk=False)


def test_a_hit_becomes_a_finding_with_all_that_makes_it_known_again(tmp_path: Path) -> None:
    data = written(WORDS).replace(
        b"name: Parcel Panel", b'name: "<b>Parcel</b> { $id }"'
    ).replace(b"  tags:", b"  reference: https://makers.example/x\n  tags:")  # fmt: skip
    shield = shield_with(tmp_path, data)
    hit = {"id": "parcel-panel", "sha256": "ab" * 32, "path": "/parcel/", "extracts": ["1.4"]}
    facts = site(
        HOST, {"templates": [hit, {**hit, "path": "/again/"}, {"id": "gone", "sha256": "0"}]}
    )
    verdict = shield.guard("sites").judge(facts)
    (finding,) = verdict.findings
    assert finding.check == "sites.template/parcel-panel"
    assert (finding.severity, finding.location) == ("high", "/parcel/")
    assert finding.args["sha256"] == "ab" * 32
    assert finding.args["reference"] == "makers.example"
    for language in ("en", "zh-Hans"):
        (told,) = shield.speak(verdict, language).findings
        assert "<b>Parcel</b> { $id }" in told.message
        assert "ab" * 32 in shield.sentence_of(finding, "why", language)
        assert "makers.example" in shield.sentence_of(finding, "now", language)


def test_records_are_judged_anew_without_a_visit(tmp_path: Path) -> None:
    facts = site(HOST, {"names": {"texts": ["verify-me=1"]}})
    data = (
        b"id: txt\ninfo: {name: TXT, severity: low}\ndns:\n  - name: '{{FQDN}}'\n    type: TXT\n"
        b"    matchers:\n      - {type: word, words: [verify-me]}\n"
    )
    shield = shield_with(tmp_path, data)
    found = [(each.check, each.location) for each in shield.guard("sites").judge(facts).findings]
    assert found == [("sites.template/txt", "DNS")]


def test_what_is_never_told_stays_among_the_facts(tmp_path: Path) -> None:
    data = written(WORDS).replace(b"id: parcel-panel", b"id: git-config")
    shield = shield_with(tmp_path, data)
    facts = site(HOST, {"templates": [{"id": "git-config", "sha256": "0"}]})
    assert shield.guard("sites").judge(facts).findings == ()


def test_a_file_that_cannot_be_read_costs_only_this_check(tmp_path: Path) -> None:
    shield = shield_with(tmp_path, written(WORDS))
    (tmp_path / "home" / "knowledge" / "site-templates.json").write_bytes(b"{")
    verdict = shield.guard("sites").judge(site(HOST, {}))
    assert [(each.check, each.reason) for each in verdict.failed] == [("sites.template", "raised")]
    with pytest.raises(ConfigurationError, match="error-templates-kept"):
        Known(b"{")
