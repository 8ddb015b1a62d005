"""YARA rules from a folder, run by yara-x.

Rules are compiled at the first scan, each file in a namespace of its own; a rule that does not
compile is left out and named by `problems`, the others stay. yara-x binds a scanner to its thread
and reports an internal fault as a BaseException; both stay inside this module.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from cityshield.ports.rules import RuleHit, Scan

if TYPE_CHECKING:
    import yara_x

_SUFFIXES = frozenset({".yar", ".yara"})
_GLOBALS = (
    "filename",
    "filepath",
    "extension",
    "filetype",
    "owner",
    "file_type",
    "file_name",
    "md5",
)
_MOST_MATCHES = 64
_DESCRIPTION_CHARACTERS = 300


class YaraRules:
    """The `Rules` port over a folder of rule files; None for no folder."""

    def __init__(self, folder: Path | None, timeout_s: int) -> None:
        self._timeout_s = timeout_s
        self._problems: list[str] = []
        self._sources = _read(folder, self._problems) if folder is not None else {}
        self._version = _digest(self._sources)
        self._compiled: yara_x.Rules | None = None
        self._apart: dict[str, yara_x.Rules] = {}
        self._local = threading.local()
        self._compiling = threading.Lock()

    @classmethod
    def from_text(cls, text: str, timeout_s: int = 10) -> YaraRules:
        """Rules from one text, as an example gives them."""
        rules = cls(None, timeout_s)
        rules._sources = {"example": text}
        rules._version = _digest(rules._sources)
        return rules

    def __len__(self) -> int:
        return len(self._sources)

    def version(self) -> str:
        """A digest of all rule files; empty when there are none."""
        return self._version

    def problems(self) -> list[str]:
        """What of the rule files could not be used, a line for each."""
        self._rules()
        return list(self._problems)

    def scan(self, content: bytes) -> Scan:
        """The rules that match this content, or why the scan did not end."""
        if not self._sources:
            return Scan()
        scan = _scan(self._scanner, content)
        if scan.failure:
            self._local.scanner = None
        if scan.failure == "out-of-time" and len(self._sources) > 1:
            return Scan(self._scan_apart(content), scan.failure)
        return scan

    def _scan_apart(self, content: bytes) -> tuple[RuleHit, ...]:
        """What each file's rules say alone, when one that does not end has silenced them all.

        Each has a second, and all together the time of one scan.
        """
        hits: list[RuleHit] = []
        deadline = time.monotonic() + self._timeout_s
        for origin, text in self._sources.items():
            if time.monotonic() >= deadline:
                break
            if origin not in self._apart:
                self._apart[origin] = self._compile({origin: text})[0]
            hits += _scan(partial(_scanner_of, self._apart[origin], 1), content).hits
        return tuple(hits)

    def _scanner(self) -> yara_x.Scanner:
        scanner: yara_x.Scanner | None = getattr(self._local, "scanner", None)
        if scanner is None:
            scanner = _scanner_of(self._rules(), self._timeout_s)
            self._local.scanner = scanner
        return scanner

    def _rules(self) -> yara_x.Rules:
        with self._compiling:
            if self._compiled is None:
                self._compiled, problems = self._compile(self._sources)
                self._problems += problems
            return self._compiled

    def _compile(self, sources: dict[str, str]) -> tuple[yara_x.Rules, list[str]]:
        import yara_x

        compiler = yara_x.Compiler(relaxed_re_syntax=True)
        compiler.ignore_invalid_rules(True)
        compiler.enable_includes(False)
        for name in _GLOBALS:
            compiler.define_global(name, "")
        for origin, text in sources.items():
            compiler.new_namespace(origin)
            with suppress(yara_x.CompileError):
                compiler.add_source(text, origin=origin)
        problems = [
            f"{origin}: {error['title']} (line {error['line']})"
            for error in compiler.errors()
            for origin in [next((label["code_origin"] for label in error["labels"]), "")]
        ]
        return compiler.build(), problems


def _scan(scanner: Callable[[], yara_x.Scanner], content: bytes) -> Scan:
    import yara_x

    try:
        return Scan(tuple([_hit(rule) for rule in scanner().scan(content).matching_rules]))
    except (KeyboardInterrupt, SystemExit):
        raise
    except yara_x.TimeoutError:
        return Scan(failure="out-of-time")
    except BaseException:
        return Scan(failure="raised")


def _scanner_of(rules: yara_x.Rules, timeout_s: int) -> yara_x.Scanner:
    import yara_x

    scanner = yara_x.Scanner(rules)
    scanner.set_timeout(timeout_s)
    scanner.max_matches_per_pattern(_MOST_MATCHES)
    return scanner


def _hit(rule: yara_x.Rule) -> RuleHit:
    description = next((str(value) for key, value in rule.metadata if key == "description"), "")
    return RuleHit(rule.identifier, rule.namespace, description[:_DESCRIPTION_CHARACTERS])


def _read(folder: Path, problems: list[str]) -> dict[str, str]:
    """The text of every rule file below a folder, by its path from there."""
    texts = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in _SUFFIXES and path.is_file():
            name = str(path.relative_to(folder)).encode("utf-8", "backslashreplace").decode()
            try:
                texts[name] = path.read_bytes().decode("utf-8", "replace")
            except OSError as error:
                problems.append(f"{name}: {error.strerror}")
    return texts


def _digest(sources: dict[str, str]) -> str:
    if not sources:
        return ""
    digest = sha256()
    for origin, text in sources.items():
        digest.update(f"{origin}\0{len(text)}\0{text}".encode())
    return digest.hexdigest()[:16]
