"""The documents mention everything there is: settings, commands, options, paths, scopes, checks."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import click
import msgspec
import pytest

from cityshield.adapters.feeds.feed import FORMATS
from cityshield.config import Config
from cityshield.entrypoints.cli.main import cli
from cityshield.examples import run_examples
from cityshield.guards.check import discover
from cityshield.guards.messages.pattern import ENTITIES
from cityshield.shield import GUARDS
from cityshield.vocabulary.identity import ROLES, SCOPES
from cityshield.vocabulary.verdict import LEVELS, Verdict
from tests.conftest import Live
from tests.docs.documents import FOLDER, ROOT, documents, fences

ROW = re.compile(r"^\| `([^`]+)` \| `([^`]+)` \|", re.MULTILINE)


def text_of(name: str) -> str:
    return (FOLDER / name).read_text()


def settings(table: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every setting of a tree and its default, as `cityshield.toml` would have it."""
    for field in msgspec.structs.fields(table):
        default = getattr(table, field.name)
        if isinstance(default, msgspec.Struct):
            yield from settings(default, f"{prefix}{field.name}.")
            continue
        values = [item for item in get_args(field.type) if isinstance(item, type)]
        inner = [item for item in values if issubclass(item, msgspec.Struct)]
        if inner:
            yield from settings(inner[0](), f"{prefix}{field.name}.KIND.")
        else:
            yield f"{prefix}{field.name}", default


def test_every_setting_is_told_with_its_default() -> None:
    told = {
        name: tomllib.loads(f"x = {value}")["x"]
        for name, value in ROW.findall(text_of("install.md").partition("## Settings")[2])
    }
    known = {
        name: list(default) if isinstance(default, tuple) else default
        for name, default in settings(Config())
    }
    assert told == known


def commands(group: click.Group, path: str = "cityshield") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


def test_every_command_and_option_is_told() -> None:
    texts = [document.read_text() for document in documents()]
    everything = "\n".join(texts)
    for path, command in commands(cli):
        short = path.removeprefix("cityshield ")
        assert path in everything or f"`{short}`" in everything, path
        near = "\n".join(text for text in texts if path in text or f"`{short}`" in text)
        for parameter in command.params:
            for option in parameter.opts:
                if isinstance(parameter, click.Option) and option.startswith("--"):
                    found = re.search(rf"{option}\b", near)
                    assert found or option in ("--data", "--lang"), (path, option)
    assert "--data" in everything
    assert "--lang" in everything


def test_every_path_and_scope_is_told(live: Live) -> None:
    with urllib.request.urlopen(f"{live.url}/api/openapi.json", timeout=20) as answer:
        paths = json.load(answer)["paths"]
    told = text_of("api.md")
    for path, operations in paths.items():
        for method in operations:
            assert f"| `{method.upper()} {path}` |" in told, (method, path)
    assert "| `GET /metrics` |" in told
    for scope, least in SCOPES.items():
        row = next(line for line in told.splitlines() if line.startswith(f"| `{least}` |"))
        assert f"`{scope}`" in row, scope
    for role in ROLES:
        assert f"| `{role}` |" in told


def test_every_word_of_a_verdict_is_told() -> None:
    told = text_of("check.md")
    for field in msgspec.structs.fields(Verdict):
        assert f"| `{field.name}` |" in told, field.name
    for kind in GUARDS.values():
        assert f"`--kind {kind}`" in told
    for level in LEVELS:
        assert f"| `{level}` |" in text_of("index.md")


def test_every_format_and_entity_is_told() -> None:
    for name in FORMATS:
        assert f"| `{name}` |" in text_of("lists.md")
    for entity in ENTITIES:
        assert f"| `<{entity}>` |" in text_of("messages.md")


def test_the_pattern_language_is_told_as_the_code_has_it() -> None:
    source = (ROOT / "src/cityshield/guards/messages/pattern.py").read_text()
    grammar = re.search(r"^    pattern = slot.*?(?=\n\n)", source, re.MULTILINE | re.DOTALL)
    assert grammar is not None
    assert grammar[0] in text_of("messages.md")


def test_every_marker_and_target_is_told() -> None:
    told = (ROOT / "CONTRIBUTING.md").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for marker in project["tool"]["pytest"]["ini_options"]["markers"]:
        assert f"| `{marker.partition(':')[0]}` |" in told
    targets = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for target in targets:
        assert f"| `make {target}` |" in told


def test_the_catalogue_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER / "generate.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_catalogue_that_differs_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.delitem(sys.modules, "generate", raising=False)
    import generate  # type: ignore[import-not-found]

    monkeypatch.setattr(generate, "TARGET", tmp_path / "checks.md")
    monkeypatch.setattr(sys, "argv", ["generate.py", "--check"])
    assert generate.main() == 1
    monkeypatch.setattr(sys, "argv", ["generate.py"])
    assert generate.main() == 0
    monkeypatch.setattr(sys, "argv", ["generate.py", "--check"])
    assert generate.main() == 0
    (tmp_path / "checks.md").write_text("old")
    assert generate.main() == 1


def shown_file(name: str) -> str:
    return next(
        fence.text for fence in fences(ROOT / "CONTRIBUTING.md") if fence.title.endswith(name)
    )


def test_the_tell_that_is_shown_holds(tmp_path: Path) -> None:
    ours = ROOT / "src/cityshield/guards/messages"
    for folder, pattern in (("checks", "tells.*"), ("tells", "*.toml")):
        (tmp_path / folder).mkdir()
        for path in (ours / folder).glob(pattern):
            (tmp_path / folder / path.name).write_text(path.read_text())
    (tmp_path / "tells/lost_pet_fee.toml").write_text(shown_file("lost_pet_fee.toml"))
    found = discover("messages", tmp_path / "checks")
    assert "lost_pet_fee" in found[0].rules()
    _, problems = run_examples(found)
    assert [item for item in problems if "lost_pet_fee" in item.check] == []


def test_the_feed_format_that_is_shown_reads() -> None:
    module = ModuleType("dnsmasq")
    exec(shown_file("dnsmasq.py"), module.__dict__)
    assert module.read("address=/parcel-desk.example/") == [("host", "parcel-desk.example/")]
    assert module.read("# a comment") == []
    assert module.read("something else") is None
