"""Compiled templates: read once, kept whole, in use until others take their place."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

import pytest

from cityshield.adapters.knowledge.templates import (
    compile_templates,
    forget,
    keep,
    open_templates,
    read_kept,
)
from cityshield.adapters.sentences.sentences import Sentences
from cityshield.guards.sites import templates
from cityshield.guards.sites.given import site
from cityshield.guards.sites.templates.model import FILE
from cityshield.guards.sites.templates.reading import _REASONS
from cityshield.vocabulary.errors import ConfigurationError, InputError
from tests.guards.sites.templates.written import PARCEL, seen


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "a.yaml").write_bytes(PARCEL)
    (folder / "b.yaml").write_bytes(PARCEL + b"# again\n")
    (folder / "c.yaml").write_bytes(PARCEL.replace(b"GET", b"POST"))
    (folder / "d\x1b[2J.yaml").write_bytes(b"id: [\n")
    return folder


def test_each_file_is_taken_or_refused_with_a_reason(source: Path) -> None:
    counts: list[int] = []
    compiled = compile_templates(source, counts.append)
    assert [each.id for each in compiled.templates] == ["parcel-panel"]
    assert [(each.file, each.reason, each.detail, each.line) for each in compiled.refusals] == [
        ("b.yaml", "twice", "a.yaml", 0),
        ("c.yaml", "method", "POST", 7),
        ("d[2J.yaml", "yaml", compiled.refusals[2].detail, 2),
    ]
    assert counts == [1, 2, 3, 4]
    assert compiled.templates[0].sha256 == sha256((source / "a.yaml").read_bytes()).hexdigest()


def test_the_version_is_that_of_the_files(source: Path) -> None:
    first = compile_templates(source).version
    assert compile_templates(source).version == first
    (source / "a.yaml").write_bytes(PARCEL.replace(b"/parcel/", b"/box/"))
    assert compile_templates(source).version != first


def test_what_is_kept_is_in_use_until_it_is_forgotten(source: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert read_kept(home) is None
    assert open_templates(home, ()) is None
    compiled = compile_templates(source)
    keep(home, compiled)
    assert read_kept(home) == compiled
    assert [path.name for path in (home / "knowledge").iterdir()] == [FILE]
    used = open_templates(home, ())
    assert used is not None
    assert used.version == compiled.version
    assert used.more_paths(site("town.example", {})) == ("/parcel/",)
    (hit,) = used.match(seen(b"parcel", path="/parcel/")).hits
    assert hit.sha256 == compiled.templates[0].sha256
    forget(home)
    forget(home)
    assert read_kept(home) is None


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"\xff", b'{"format":9,"version":"","templates":[],"refusals":[]}']
)
def test_a_file_of_another_form_is_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "knowledge").mkdir()
    (tmp_path / "knowledge" / FILE).write_bytes(data)
    with pytest.raises(ConfigurationError, match="error-templates-kept"):
        read_kept(tmp_path)


def test_every_reason_has_its_sentence() -> None:
    folder = Path(templates.__file__).parent
    said = "".join(path.read_text() for path in folder.glob("*.py"))
    reasons = set(re.findall(r'Refused\(\s*"([a-z-]+)"', said)) | set(_REASONS.values())
    reasons |= {"twice", "protocol", "key"}
    say = Sentences().say
    for reason in reasons:
        for language in ("en", "zh-Hans"):
            assert say(f"template-{reason}", language) != f"template-{reason}", reason
    assert len(reasons) > 25


def test_a_source_without_templates_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="error-templates-none"):
        compile_templates(tmp_path)
