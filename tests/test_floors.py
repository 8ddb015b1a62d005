"""Imports go down only, and the contracts would notice if they did not."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import cityshield

ROOT = Path(cityshield.__file__).parent


def lint_imports(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / "lint-imports"
    return subprocess.run(
        [str(program), "--no-cache", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd or ROOT.parent.parent,
        check=False,
    )


def test_the_floors_hold() -> None:
    done = lint_imports()
    assert done.returncode == 0, done.stdout


def test_faces_of_packages_are_empty() -> None:
    for face in ROOT.rglob("__init__.py"):
        if face != ROOT / "__init__.py":
            assert face.read_text() == "", face


def test_every_module_says_what_it_is() -> None:
    for path in ROOT.rglob("*.py"):
        if path.name != "__init__.py":
            assert ast.get_docstring(ast.parse(path.read_text())), path


def test_no_file_needs_a_table_of_contents() -> None:
    long = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in ROOT.rglob("*.py")
    }
    assert {name: lines for name, lines in long.items() if lines > 460} == {}


def test_importing_a_module_starts_nothing() -> None:
    code = (
        "import sys, threading, cityshield.shield, cityshield.entrypoints.cli.check\n"
        "heavy = {'sqlalchemy', 'litestar', 'yara_x', 'asyncio', 'alembic', 'fluent'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "assert threading.active_count() == 1\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
