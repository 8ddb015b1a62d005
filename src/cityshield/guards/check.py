"""What a check is, and how a folder of them is found.

A check is two files: `name.py` with one decorated pure function, and `name.toml` with examples
and sentences. The id is the path: `links.lookalike`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import msgspec

from cityshield.vocabulary.errors import ConfigurationError
from cityshield.vocabulary.finding import SEVERITIES
from cityshield.vocabulary.verdict import Span

Function = TypeVar("Function", bound=Callable[..., Any])


class Hit(msgspec.Struct, frozen=True, gc=False):
    """What a check answers when it has something to say.

    `spans` are code-point ranges of the subject's value, `args` fill the check's sentences,
    `rule` names the member of a family, and `weight` or `severity` replaces the declared one.
    `location` and `cwe` are those of the finding (see `Finding`), `cwe` instead of the declared.
    """

    spans: tuple[Span, ...] = ()
    args: dict[str, str] = {}
    rule: str = ""
    weight: float | None = None
    severity: str = ""
    location: str = ""
    cwe: int = 0


class NotJudged(Exception):
    """A check cannot tell: `reason` is a word that has a sentence, `failure-REASON`.

    It lowers the coverage, as a check that breaks down does.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


Answer = Hit | Iterable[Hit] | None
Judge = Callable[..., Answer]


def no_file(name: str) -> bytes | None:
    """No file: for guards without knowledge of the operator's."""
    return None


class Material(msgspec.Struct, frozen=True):
    """What a check compiles its knowledge from: its own `[data]` and its family's rules.

    `read` gives a file that the operator supplied, by name, None where there is none.
    """

    data: dict[str, Any]
    rules: dict[str, dict[str, Any]]
    read: Callable[[str], bytes | None] = no_file


class Declaration(msgspec.Struct, frozen=True):
    """What the decorator recorded of a check: its weight, or its severity (see `check`)."""

    weight: float
    knowledge: Callable[[Material], Any] | None
    rules: str
    family: bool
    severity: str = ""
    cwe: int = 0


def check(
    *,
    weight: float | None = None,
    severity: str = "",
    cwe: int = 0,
    knowledge: Callable[[Material], Any] | None = None,
    rules: str = "",
    family: bool = False,
) -> Callable[[Function], Function]:
    """Declare a judge function to be a check.

    A check of malice has a `weight`: what a hit adds to the score, -1..1. A check of posture has
    a `severity` instead, and a hit becomes a finding; `cwe` is the number of the kind of weakness.
    With `knowledge`, the function takes a second argument: what `knowledge` made, once per worker,
    of the check's `[data]` table and of the TOML files in the guard's folder `rules`. A check with
    rules is a family, and so is one that says so: its hits name a rule.
    """
    if (weight is None) == (not severity) or (severity and severity not in SEVERITIES):
        raise ConfigurationError("error-check-measure", severities=", ".join(SEVERITIES))

    def declare(function: Function) -> Function:
        declaration = Declaration(
            weight or 0.0, knowledge, rules, family or bool(rules), severity, cwe
        )
        function.__check__ = declaration  # type: ignore[attr-defined]
        return function

    return declare


class Check:
    """One check of a guard: its id, its declaration, and where its sentences and rules lie."""

    __slots__ = ("_rule_folders", "declaration", "folder", "function", "guard", "id", "name")

    def __init__(
        self, guard: str, name: str, folder: Path, function: Judge, more: Sequence[Path] = ()
    ) -> None:
        self.guard = guard
        self.name = name
        self.id = f"{guard}.{name}"
        self.folder = folder
        self.function = function
        self.declaration: Declaration = function.__check__  # type: ignore[attr-defined]
        rules = self.declaration.rules
        self._rule_folders = [parent / rules for parent in (folder.parent, *more)] if rules else []

    def compile(self, read: Callable[[str], bytes | None] = no_file) -> Judge:
        """The judge with its knowledge built in, ready to be called with facts alone."""
        function, declaration = self.function, self.declaration
        if declaration.knowledge is None:
            return function
        knowledge = declaration.knowledge(Material(self.card().get("data", {}), self.rules(), read))

        def judge(facts: Any) -> Answer:
            return function(facts, knowledge)

        return judge

    def card(self, rule: str = "") -> dict[str, Any]:
        """The TOML beside the check, or that of one rule of its family where there is one.

        What follows a colon in a rule names what it speaks of, and has no file of its own.
        """
        for folder in self._rule_folders if rule else ():
            if (path := folder / f"{rule.partition(':')[0]}.toml").is_file():
                return read_toml(path)
        return read_toml(self.folder / f"{self.name}.toml")

    def rules(self) -> dict[str, dict[str, Any]]:
        """The rules of a family that are files, by name; empty for any other check."""
        return {**self.added_rules(), **_rules_in(self._rule_folders[:1])}

    def added_rules(self) -> dict[str, dict[str, Any]]:
        """Those of the rules that lie in folders beside the guard's own."""
        return _rules_in(self._rule_folders[1:])


def _rules_in(folders: Iterable[Path]) -> dict[str, dict[str, Any]]:
    paths = [path for folder in folders for path in sorted(folder.glob("*.toml"))]
    return {path.stem: read_toml(path) for path in reversed(paths)}


def read_toml(path: Path) -> dict[str, Any]:
    """The table in a TOML file; raises ConfigurationError that names the file and the line."""
    import tomllib

    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError("error-toml", path=str(path), reason=str(error)) from error


def discover(guard: str, folder: Path, package: str = "", more: Sequence[Path] = ()) -> list[Check]:
    """The checks in a folder: every `x.py` that has an `x.toml`, in order of name.

    With `package` the modules are imported as its members, else by their path. `more` are folders
    that may hold further rules of families.
    """
    checks = []
    for card in sorted(folder.glob("*.toml")):
        path = card.with_suffix(".py")
        if not path.is_file():
            raise ConfigurationError("error-check-without-code", path=str(card))
        module = import_module(f"{package}.{path.stem}") if package else _load(guard, path)
        checks.append(Check(guard, path.stem, folder, _judge_of(module, path), more))
    return checks


def _load(guard: str, path: Path) -> ModuleType:
    name = f"cityshield_checks.{guard}.{path.stem}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigurationError("error-check-code", path=str(path), reason="no loader")
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ConfigurationError(
            "error-check-code", path=str(path), reason=f"{type(error).__name__}: {error}"
        ) from error
    return module


def _judge_of(module: ModuleType, path: Path) -> Judge:
    judges = [
        value
        for value in vars(module).values()
        if hasattr(value, "__check__") and value.__module__ == module.__name__
    ]
    if len(judges) != 1:
        raise ConfigurationError(
            "error-check-code", path=str(path), reason=f"{len(judges)} functions with @check"
        )
    judge: Judge = judges[0]
    return judge
