"""What the product imports is what it installs: nothing comes from the developers' packages alone."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src/cityshield"
KNOWN = {"cityshield", "compression", *sys.stdlib_module_names}
"""`compression` is in the standard library from Python 3.14 on."""

TRAINING = {f"guards/messages/{name}.py" for name in ("classes", "evasion", "train")}
"""What makes a model needs the extra `train`."""


def pinned(lock: str) -> set[str]:
    """The distributions that a lock file installs."""
    return set(re.findall(r"^([a-z0-9-]+)==", (ROOT / lock).read_text(), re.MULTILINE))


def imported(path: Path) -> Iterator[str]:
    """The packages that a module imports when it runs, those for types alone left out."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0]


def test_every_import_is_of_a_package_that_is_installed_to_run() -> None:
    runtime, owners = pinned("requirements.lock"), packages_distributions()
    assert len(runtime) > 20
    missing: dict[str, set[str]] = {}
    seen: set[str] = set()
    for path in SRC.rglob("*.py"):
        for name in set(imported(path)) - KNOWN:
            seen.add(name)
            names = {re.sub("[-_.]+", "-", owner).lower() for owner in owners.get(name, ())}
            if not names & runtime:
                missing.setdefault(name, set()).add(str(path.relative_to(SRC)))
    assert {"msgspec", "numpy"} <= seen
    assert {name: places for name, places in missing.items() if not places <= TRAINING} == {}
