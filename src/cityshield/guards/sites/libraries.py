"""JavaScript libraries by name and version, and what is known of them: data of retire.js.

The operator supplies the file, `jsrepository.json` of the retire.js project (Apache-2.0). Its
patterns are foreign and the scripts too, so nothing here goes through `re`: RE2 matches in linear
time (Cox 2010), and only near a literal that the pattern cannot do without. All literals are looked
for at once, by one automaton over the whole script.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha1
from typing import Any, NamedTuple

import msgspec
import re2

from cityshield.vocabulary.errors import ConfigurationError

FILE = "javascript-libraries.json"
"""The name that the operator's file has among the files of knowledge."""

MOST_BYTES = 4 << 20
"""So much of a script is read."""

Found = tuple[tuple[str, str], ...]

_VERSION = "[0-9][0-9.a-z_-]+"
_PLACE = "§§version§§"
_SHORTEST_LITERAL = 4
_MOST_REPEATS = 1_000
_FAR = 2_000
_MOST_PLACES = 40
_BUDGET_BYTES = 8 << 20
_MIN = re.compile(r"[.-]min$")
_REPLACEMENT = re.compile(r"/(.*[^\\])/([^/]+)/$", re.DOTALL)
_REPEAT = re.compile(r"\{(\d+)(?:,(\d*))?\}")
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


class _Pattern(NamedTuple):
    """A compiled pattern, how far around its literal it may reach, and what its groups must be.

    `template` says how the version is written from groups; `same` are pairs of groups that must be
    alike, in place of a reference back that RE2 has not.
    """

    component: str
    regex: Any
    literal: bytes
    reach: int
    template: str
    same: tuple[tuple[int, int], ...]


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
            self._content: list[_Pattern] = []
            self._replaced: list[_Pattern] = []
            self._uris: list[tuple[str, Any]] = []
            self._names: list[tuple[str, Any]] = []
            self._digests: dict[str, tuple[str, str]] = {}
            for name, each in repository.items():
                self._add(name, each.get("extractors") or {})
        except (msgspec.MsgspecError, TypeError, ValueError, AttributeError, KeyError) as error:
            raise ConfigurationError(
                "error-libraries", file=FILE, reason=f"{type(error).__name__}: {error}"[:200]
            ) from error
        patterns = (*self._content, *self._replaced)
        self._literals = {p.literal: place for place, p in enumerate(patterns) if p.literal}
        self._set = re2.Set.SearchSet(_options())
        self._order = list(self._literals)
        for literal in self._order:
            self._set.Add(_escaped(literal))
        if self._order:
            self._set.Compile()

    def find(self, url: str, text: str | bytes) -> Found:
        """Name and version of each library in a script, by its address, else by its content.

        In the order of retire.js: an address that tells settles it; then the patterns, those that
        put a version together, and digests of whole files.
        """
        if url and (found := self._by_address(url)):
            return found
        body = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        body = body[:MOST_BYTES].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if not body or not self._order:
            return ()
        present = {b"", *(self._order[place] for place in self._set.Match(body) or ())}
        for patterns in (self._content, self._replaced):
            if found := _unique(self._matches(patterns, body, present)):
                return found
        digest = self._digests.get(sha1(body, usedforsecurity=False).hexdigest())
        return (digest,) if digest else ()

    def weaknesses(self, name: str, version: str) -> tuple[Vulnerability, ...]:
        """What is known of a version of a library.

        Entries that share an identifier are one, and the first counts, as retire.js has it.
        """
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
        by_name = ((n, m[1]) for n, regex in self._names if (m := regex.fullmatch(last)))
        by_uri = ((n, m[1]) for n, regex in self._uris for m in regex.finditer(path))
        return _unique((n, version) for found in (by_name, by_uri) for n, version in found)

    def _matches(
        self, patterns: list[_Pattern], body: bytes, present: set[bytes]
    ) -> Iterator[tuple[str, str]]:
        left = _BUDGET_BYTES
        for pattern in patterns:
            if pattern.literal not in present:
                continue
            for start, end in _windows(body, pattern):
                left -= end - start
                if left < 0:
                    return
                for found in pattern.regex.finditer(body[start:end]):
                    if all(found[a] == found[b] for a, b in pattern.same):
                        yield pattern.component, _expand(pattern.template, found)

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
                except re2.error:
                    self.skipped.append(text)
        for digest, version in (extractors.get("hashes") or {}).items():
            self._digests[digest] = name, version

    def _compile(self, name: str, text: str, template: str, kept: list[_Pattern]) -> None:
        literal = longest_literal(text)
        source, same = for_re2(text)
        try:
            regex = re2.compile(source.replace(_PLACE, _VERSION).encode(), _options())
        except re2.error:
            self.skipped.append(text)
            return
        if len(literal) < _SHORTEST_LITERAL:
            literal = ""
        kept.append(_Pattern(name, regex, literal.encode(), _reach(text), template, same))


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


def longest_literal(pattern: str) -> str:
    """The longest run of characters that every match of a pattern holds; empty if none is."""
    runs, run, depth, place = [""], "", 0, 0
    pattern = pattern.replace(_PLACE, "(?:)")
    while place < len(pattern):
        character = pattern[place]
        width = 1
        plain = ""
        if character == "\\":
            width = 2
            after = pattern[place + 1 : place + 2]
            plain = "" if after.isalnum() else after
        elif character == "[":
            end = pattern.find("]", place + 2 + (pattern[place + 1 : place + 2] == "^"))
            width = (end if end > 0 else len(pattern)) - place + 1
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
        elif character == "|" and not depth:
            return ""
        elif character == "{":
            width = (
                max(1, pattern.find("}", place) - place + 1) if _REPEAT.match(pattern, place) else 1
            )
            plain = "" if width > 1 else "{"
        elif character not in ".^$?*+|":
            plain = character
        if plain and not depth:
            if pattern[place + width : place + width + 1] in ("?", "*") or _REPEAT.match(
                pattern, place + width
            ):
                plain = ""
        if plain and not depth:
            run += plain
        else:
            runs.append(run)
            run = ""
        place += width
    runs.append(run)
    return max(runs, key=len)


def for_re2(pattern: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """A pattern of JavaScript as RE2 takes it, and the groups that must be alike in a match.

    Look-behinds of the version are dropped, for the version's own pattern says as much. Repeats of
    more than 1,000 become unbounded: what is matched is bounded by the window. A reference back
    becomes a group of its own, of one character.
    """
    pattern = re.sub(r"\(\?<[=!][^()]*\)", "", pattern)
    pattern = _REPEAT.sub(_bounded, pattern)
    same: list[tuple[int, int]] = []
    pieces: list[str] = []
    groups, place = 0, 0
    while place < len(pattern):
        character = pattern[place]
        following = pattern[place + 1 : place + 2]
        if character == "\\" and following.isdigit():
            groups += 1
            same.append((int(following), groups))
            pieces.append("(.)")
            place += 2
            continue
        if character == "\\":
            pieces.append(pattern[place : place + 2])
            place += 2
            continue
        if character == "(" and following != "?":
            groups += 1
        pieces.append(character)
        place += 1
    return "".join(pieces), tuple(same)


def _bounded(found: re.Match[str]) -> str:
    least = int(found[1])
    most = found[2]
    if (most or found[1]) and int(most or least) <= _MOST_REPEATS and least <= _MOST_REPEATS:
        return found[0]
    return "*" if least == 0 else "+"


def _reach(pattern: str) -> int:
    """How many bytes before and after its literal a match may reach."""
    repeats = sum(int(most or least) for least, most in _REPEAT.findall(pattern))
    open_ended = len(re.findall(r"(?:\.|\\S\]|\))[*+]", pattern))
    return len(pattern) + 400 + repeats + _FAR * open_ended


def _windows(body: bytes, pattern: _Pattern) -> Iterator[tuple[int, int]]:
    """Stretches of a script around the literal of a pattern, those that overlap made one.

    Where there is no literal, or it stands everywhere, that is the whole script.
    """
    if not pattern.literal or body.count(pattern.literal) > _MOST_PLACES:
        yield 0, len(body)
        return
    reach, width = pattern.reach, len(pattern.literal)
    at = body.find(pattern.literal)
    start, end = max(0, at - reach), 0
    while at >= 0:
        if end and at - reach > end:
            yield start, end
            start = at - reach
        end = min(len(body), at + width + reach)
        at = body.find(pattern.literal, at + width)
    if end:
        yield start, end


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


def _escaped(literal: bytes) -> bytes:
    escaped: str = re2.escape(literal.decode())
    return escaped.encode()


def _options() -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 64 << 20
    options.encoding = re2.Options.Encoding.LATIN1
    return options
