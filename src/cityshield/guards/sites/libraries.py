"""JavaScript libraries by name and version, and what is known of them: data of retire.js.

The operator supplies the file, `jsrepository.json` of the retire.js project (Apache-2.0). Its
patterns are foreign, and so are the scripts: see `patterns.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from hashlib import sha1
from typing import Any, NamedTuple

import msgspec
import re2

from cityshield.guards.sites.patterns import Budget, Matcher, Pattern, compile_pattern, error
from cityshield.vocabulary.errors import ConfigurationError

FILE = "javascript-libraries.json"
"""The name that the operator's file has among the files of knowledge."""

MOST_BYTES = 4 << 20
"""So much of a script is read."""

Found = tuple[tuple[str, str], ...]

_MOST_REMEMBERED = 4_096
_SET_BYTES = 64 << 20  # a set that runs out of memory would find nothing
_VERSION = r"[0-9][0-9.a-z_\-]+"
_PLACE = "§§version§§"
_MIN = re.compile(r"[.-]min$")
_REPLACEMENT = re.compile(r"/(.*[^\\])/([^/]+)/$", re.DOTALL)
_NUMBER = re.compile(r"[0-9]+")


class Vulnerability(msgspec.Struct, frozen=True):
    """One known weakness: versions from `at_or_above` to before `below` have it, but `excludes`.

    `id` is what it is called first (CVE, advisory), `aliases` all that it is called.
    """

    id: str
    severity: str
    below: str = ""
    at_or_above: str = ""
    excludes: tuple[str, ...] = ()
    cwe: int = 0
    aliases: tuple[str, ...] = ()

    def holds(self, version: str) -> bool:
        """Whether a version has this weakness."""
        if self.below and is_at_or_above(version, self.below):
            return False
        if self.at_or_above and not is_at_or_above(version, self.at_or_above):
            return False
        return version not in self.excludes


class _Tell(NamedTuple):
    """A pattern that tells a library; `template` says how its version is written from groups."""

    component: str
    pattern: Pattern
    template: str


class Libraries:
    """Compiled data: recognises libraries in scripts, and knows their weaknesses.

    `skipped` names the patterns that could not be compiled.
    """

    def __init__(self, data: bytes) -> None:
        """Read retire.js data; raises ConfigurationError where it is none."""
        try:
            repository = msgspec.json.decode(data, type=dict[str, dict[str, Any]])
            self._known = {name: _vulnerabilities(each) for name, each in repository.items()}
            self.skipped: list[str] = []
            self._weak: dict[tuple[str, str], tuple[Vulnerability, ...]] = {}
            self._content: list[_Tell] = []
            self._replaced: list[_Tell] = []
            self._uris: list[tuple[str, Any]] = []
            self._names: list[tuple[str, Any]] = []
            self._digests: dict[str, tuple[str, str]] = {}
            for name, each in repository.items():
                self._add(name, each.get("extractors") or {})
        except (msgspec.MsgspecError, TypeError, ValueError, AttributeError, KeyError) as error:
            raise ConfigurationError(
                "error-libraries", file=FILE, reason=f"{type(error).__name__}: {error}"[:200]
            ) from error
        self._matcher = Matcher([tell.pattern for tell in (*self._content, *self._replaced)])
        options = re2.Options()
        options.max_mem = _SET_BYTES
        self._any_name = _all_of(re2.Set.FullMatchSet(options), self._names)
        self._any_uri = _all_of(re2.Set.SearchSet(options), self._uris)

    def find(self, url: str, text: str | bytes) -> Found:
        """Name and version of each library in a script, by its address, else by its content.

        In the order of retire.js: an address that tells settles it; then the patterns, those that
        put a version together, and digests of whole files.
        """
        if url and (found := self._by_address(url)):
            return found
        body = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        body = body[:MOST_BYTES].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if not body:
            return ()
        present, budget = self._matcher.present(body), Budget()
        for tells in (self._content, self._replaced):
            near = [tell for tell in tells if tell.pattern.literal in present]
            if found := _unique(_matches(near, body, budget)):
                return found
        digest = self._digests.get(sha1(body, usedforsecurity=False).hexdigest())
        return (digest,) if digest else ()

    def weaknesses(self, name: str, version: str) -> tuple[Vulnerability, ...]:
        """What is known of a version of a library.

        Entries that share an identifier are one, and the first counts, as retire.js has it.
        """
        key = name, version
        if (found := self._weak.get(key)) is None:
            if len(self._weak) >= _MOST_REMEMBERED:
                self._weak.clear()
            found = self._weak[key] = self._find_weaknesses(name, version)
        return found

    def _find_weaknesses(self, name: str, version: str) -> tuple[Vulnerability, ...]:
        told: set[str] = set()
        found = []
        for each in self._known.get(name, ()):
            if each.holds(version) and told.isdisjoint(each.aliases):
                told.update(each.aliases)
                found.append(each)
        return tuple(found)

    def _by_address(self, url: str) -> Found:
        path = url.partition("#")[0].partition("?")[0][:2_000]
        last = path.rpartition("/")[2]
        names = [self._names[at] for at in sorted(self._any_name(last) or ())]
        uris = [self._uris[at] for at in sorted(self._any_uri(path) or ())]
        by_name = ((n, m[1]) for n, regex in names if (m := regex.fullmatch(last)))
        by_uri = ((n, m[1]) for n, regex in uris for m in regex.finditer(path))
        return _unique((n, version) for found in (by_name, by_uri) for n, version in found)

    def _add(self, name: str, extractors: dict[str, Any]) -> None:
        for text in extractors.get("filecontent", ()):
            self._compile(name, text, "$1", self._content)
        for text in extractors.get("filecontentreplace", ()):
            if split := _REPLACEMENT.match(text):
                self._compile(name, split[1], split[2], self._replaced)
        for kind, kept in (("uri", self._uris), ("filename", self._names)):
            for text in extractors.get(kind, ()):
                try:
                    kept.append((name, re2.compile(text.replace(_PLACE, _VERSION))))
                except error:
                    self.skipped.append(text)
        for digest, version in (extractors.get("hashes") or {}).items():
            self._digests[digest] = name, version

    def _compile(self, name: str, text: str, template: str, kept: list[_Tell]) -> None:
        try:
            kept.append(_Tell(name, compile_pattern(text.replace(_PLACE, _VERSION)), template))
        except error:
            self.skipped.append(text)


def _all_of(every: Any, tells: Sequence[tuple[str, Any]]) -> Callable[[str], list[int] | None]:
    """Which of the patterns are in a text, in one look at it."""
    for _, regex in tells:
        every.Add(regex.pattern)
    every.Compile()
    match: Callable[[str], list[int] | None] = every.Match
    return match


@lru_cache(1)
def read_libraries(data: bytes) -> Libraries:
    """Libraries of a file, compiled once for those who recognise and for those who judge."""
    return Libraries(data)


def is_at_or_above(version: str, other: str) -> bool:
    """Whether a version is as new as another, compared piece by piece as retire.js does.

    Pieces that are digits are numbers, and a number is newer than a word.
    """
    ours, others = re.split(r"[.-]", version[:100]), re.split(r"[.-]", other[:100])
    for place in range(max(len(ours), len(others))):
        a, b = _piece(ours, place), _piece(others, place)
        if type(a) is not type(b):
            return isinstance(a, int)
        if a != b:
            return a > b  # type: ignore[operator]
    return True


def _matches(tells: list[_Tell], body: bytes, budget: Budget) -> Iterator[tuple[str, str]]:
    for component, pattern, template in tells:
        for found in budget.find(pattern, body):
            yield component, _expand(template, found)


def _expand(template: str, found: Any) -> str:
    for number in range(1, 4):
        if f"${number}" in template:
            template = template.replace(f"${number}", found[number].decode("utf-8", "replace"))
    return template


def _unique(pairs: Iterator[tuple[str, str]]) -> Found:
    return tuple(dict.fromkeys((name, _MIN.sub("", version[:60])) for name, version in pairs))


def _piece(pieces: list[str], place: int) -> int | str:
    if place >= len(pieces):
        return 0
    piece = pieces[place]
    return int(piece) if _NUMBER.fullmatch(piece) else piece


def _vulnerabilities(component: dict[str, Any]) -> tuple[Vulnerability, ...]:
    return tuple(
        Vulnerability(
            _identifier(each.get("identifiers", {})),
            each.get("severity", "medium"),
            each.get("below", ""),
            each.get("atOrAbove", ""),
            tuple(each.get("excludes", ())),
            next((int(cwe[4:]) for cwe in each.get("cwe", ()) if cwe[4:].isdigit()), 0),
            tuple(_aliases(each.get("identifiers", {}))),
        )
        for each in component.get("vulnerabilities", ())
    )


def _identifier(identifiers: dict[str, Any]) -> str:
    """The CVE numbers, else the number of the advisory, else its summary."""
    if cves := identifiers.get("CVE"):
        return ", ".join(cves)
    for key in ("githubID", "issue", "bug", "summary"):
        if value := identifiers.get(key):
            return str(value)[:80]
    return ""


def _aliases(identifiers: dict[str, Any]) -> Iterator[str]:
    yield from identifiers.get("CVE", ())
    for key in ("bug", "issue", "githubID"):
        if value := identifiers.get(key):
            yield from value if isinstance(value, list) else [str(value)]
