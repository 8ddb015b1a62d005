"""Reading of templates: each is proven harmless from what it says, or refused with the reason.

What is not known is refused: a key, a type, a function. So a template that was taken asks for
nothing but pages, records and certificates, changes nothing, and guesses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, Final

from cityshield.guards.sites.templates.conditions import condition_of, pattern
from cityshield.guards.sites.templates.expression import names_in, read_expression
from cityshield.guards.sites.templates.model import (
    BINARY,
    DNS,
    DSL,
    HTTP,
    JSON,
    KVAL,
    REGEX,
    SIZE,
    STATUS,
    TLS,
    WORD,
    Extractor,
    Matcher,
    Question,
    Refused,
    Template,
)
from cityshield.guards.sites.templates.paths import check_field, path_of, path_of_raw
from cityshield.guards.sites.templates.tree import Table, read_tree
from cityshield.vocabulary.finding import NONE, SEVERITIES

MOST_MATCHERS: Final = 10_000
_MOST_VALUES = 20_000
_MOST_PATHS = 60
_LONGEST_VALUE = 4_000
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}")
_CWE = re.compile(r"CWE-([0-9]{1,5})", re.IGNORECASE)
_HOST = re.compile(r"https?://([A-Za-z0-9.-]{1,100})(?:[/:?#]|$)")
_INDEXED = re.compile(r".+_[0-9]{1,3}")
_CODES = re.compile(r"[0-9]{1,9}")
_FORBIDDEN_TAGS: Final = frozenset(
    re.findall(
        r"[a-z-]+",
        "intrusive dos fuzz fuzzing dast bruteforce brute-force default-login default-logins "
        "token-spray creds-stuffing",
    )
)
_HOLES: Final = frozenset(
    {"cmdi", "crlf", "deserialization", "injection", "lfi", "lfr", "rce", "redirect", "rfi", "sqli",
     "ssrf", "ssti", "traversal", "xss", "xxe"}
)  # fmt: skip
"""Tags of holes: where the path asks a question too, the template tries the hole."""
_PROTOCOLS: Final = {"http": HTTP, "requests": HTTP, "dns": DNS, "ssl": TLS, "tls": TLS}
_TOP: Final = frozenset({"id", "info", "stop-at-first-match", *_PROTOCOLS})
_REASONS: Final = {
    "body": "body", "payloads": "payloads", "attack": "payloads", "fuzzing": "fuzzing",
    "unsafe": "unsafe", "race": "unsafe", "race_count": "unsafe", "pipeline": "unsafe",
    "self-contained": "path", "flow": "flow", "variables": "variables", "constants": "variables",
    "req-condition": "several-answers", "global-matchers": "protocol",
}  # fmt: skip
"""Reasons by the key that gives them; any other key that is not known is `key`."""
_HTTP_KEYS: Final = frozenset(
    {"method", "path", "raw", "headers", "matchers", "matchers-condition", "extractors",
     "redirects", "host-redirects", "max-redirects", "stop-at-first-match", "max-size", "name",
     "id", "cookie-reuse", "disable-cookie", "skip-variables-check", "disable-path-automerge"}
)  # fmt: skip
_DNS_KEYS: Final = frozenset(
    {"name", "type", "class", "recursion", "retries", "id", "matchers", "matchers-condition",
     "extractors"}
)  # fmt: skip
_TLS_KEYS: Final = frozenset(
    {"address", "min_version", "max_version", "id", "matchers", "matchers-condition", "extractors"}
)  # fmt: skip
_RECORDS: Final = frozenset({"A", "AAAA", "CNAME", "NS", "MX", "TXT", "CAA"})
_VERSIONS: Final = {
    "ssl30": "SSL 3.0", "tls10": "TLS 1.0", "tls11": "TLS 1.1", "tls12": "TLS 1.2",
    "tls13": "TLS 1.3",
}  # fmt: skip
_MATCHER_KEYS: Final = frozenset(
    {"type", "part", "words", "regex", "binary", "status", "size", "dsl", "condition", "negative",
     "name", "case-insensitive"}
)  # fmt: skip
_EXTRACTOR_KEYS: Final = frozenset(
    {"type", "part", "name", "group", "regex", "kval", "dsl", "json", "xpath", "attribute",
     "case-insensitive"}
)  # fmt: skip
_VALUES: Final = {
    WORD: "words", REGEX: "regex", BINARY: "binary", DSL: "dsl", STATUS: "status", SIZE: "size"
}  # fmt: skip


def read_template(data: bytes, file: str = "") -> Template:
    """The template that a file holds; raises Refused with the reason."""
    tree = read_tree(data)
    lowered = data.lower()
    if b"interactsh" in lowered or b"{{oast" in lowered:
        raise Refused("out-of-band")
    name = _text(tree, "id")
    if not _ID.fullmatch(name):
        raise Refused("id", name, tree.line_of("id"))
    info = tree.get("info")
    if not isinstance(info, Table):
        raise Refused("key", "info", tree.line)
    tags = _listed(info.get("tags"))
    if bad := _FORBIDDEN_TAGS.intersection(tags):
        raise Refused("tags", sorted(bad)[0], info.line_of("tags"))
    for key in tree:
        if key not in _TOP:
            reason = _REASONS.get(key, "protocol")
            raise Refused(reason, key, tree.line_of(key))
    protocols = [key for key in tree if key in _PROTOCOLS]
    if len(protocols) != 1:
        raise Refused("protocol", ", ".join(protocols), tree.line)
    protocol = _PROTOCOLS[protocols[0]]
    questions = tuple(_questions(tree, protocols[0], protocol))
    if not questions:
        raise Refused("conditions", "", tree.line_of(protocols[0]))
    asked = next((path for each in questions for path in each.asks if "?" in path), "")
    if asked and not _HOLES.isdisjoint(tags):
        raise Refused("attack", asked)
    if sum(len(each.matchers) for each in questions) > MOST_MATCHERS:
        raise Refused("too-large", "matchers", tree.line)
    severity = _text(info, "severity").lower()
    return Template(
        id=name,
        name=_shown(_text(info, "name") or name),
        severity=severity if severity in SEVERITIES else NONE,
        protocol=protocol,
        questions=questions,
        sha256=sha256(data).hexdigest(),
        file=file,
        tags=tuple(tags[:40]),
        products=tuple(_products(info)),
        reference=_reference(info),
        cwe=_cwe(info),
    )


def _questions(tree: Table, key: str, protocol: str) -> Iterator[Question]:
    readers = {HTTP: (_HTTP_KEYS, _pages), DNS: (_DNS_KEYS, _records), TLS: (_TLS_KEYS, _versions)}
    known, asks = readers[protocol]
    blocks = tree[key]
    if not isinstance(blocks, list) or len(blocks) > 20:
        raise Refused("key", key, tree.line_of(key))
    for block in blocks:
        if not isinstance(block, Table):
            raise Refused("key", key, tree.line_of(key))
        for name in block:
            if name not in known:
                raise Refused(_REASONS.get(name, "key"), name, block.line_of(name))
        asked = tuple(dict.fromkeys(asks(block)))
        if len(asked) > _MOST_PATHS:
            raise Refused("too-large", "path", block.line)
        matchers = tuple(_matchers(block, protocol))
        extractors = tuple(_extractors(block, protocol))
        if not matchers and not extractors:
            continue
        far = _is_true(block, "redirects") and not _is_true(block, "host-redirects")
        near = _is_true(block, "host-redirects")
        yield Question(
            asked, matchers, extractors, _every(block, "matchers-condition"),
            "any" if far else "host" if near else "",
        )  # fmt: skip


def _pages(block: Table) -> Iterator[str]:
    """The paths of a block of pages."""
    method = (_text(block, "method") or "GET").upper()
    if method != "GET":
        raise Refused("method", method, block.line_of("method"))
    fields = block.get("headers") or Table(block.line)
    if not isinstance(fields, Table):
        raise Refused("headers", "", block.line_of("headers"))
    for name, value in fields.items():
        check_field(name, str(value), fields.line_of(name))
    for url in _strings(block, "path"):
        yield path_of(url.strip(), block.line_of("path"))
    for raw in _strings(block, "raw"):
        yield path_of_raw(raw, block.line_of("raw"))
    if not block.get("path") and not block.get("raw"):
        raise Refused("path", "", block.line)


def _records(block: Table) -> Iterator[str]:
    """The type of record of a block of DNS."""
    kind = (_text(block, "type") or "A").upper()
    if _text(block, "name").strip() != "{{FQDN}}" or kind not in _RECORDS:
        raise Refused("record", f"{kind} {_text(block, 'name')}", block.line)
    yield kind


def _versions(block: Table) -> Iterator[str]:
    """The version of TLS of a block, empty for any."""
    low, high = _text(block, "min_version"), _text(block, "max_version")
    if "{{Host" not in _text(block, "address"):
        raise Refused("path", _text(block, "address"), block.line)
    if low != high or (low and low not in _VERSIONS):
        raise Refused("version", f"{low} {high}", block.line)
    yield _VERSIONS.get(low, "")


def _matchers(block: Table, protocol: str) -> Iterator[Matcher]:
    for each in _tables(block, "matchers"):
        for key in each:
            if key not in _MATCHER_KEYS:
                raise Refused("matcher", key, each.line_of(key))
        kind = _text(each, "type")
        if kind not in _VALUES:
            raise Refused("matcher", kind, each.line)
        values = [str(value) for value in _list(each, _VALUES[kind])]
        if not values or len(values) > _MOST_VALUES:
            raise Refused("matcher", _VALUES[kind], each.line)
        is_number = kind in (STATUS, SIZE)
        with _at(each.line):
            _check_values(kind, values, each.line)
        caseless = _is_true(each, "case-insensitive")
        if caseless and kind != WORD:
            raise Refused("matcher", "case-insensitive", each.line)
        matcher = Matcher(
            type=kind,
            values=() if is_number else tuple(values),
            numbers=tuple(map(int, values)) if is_number else (),
            part=_part(each, protocol),
            name=_shown(_text(each, "name"))[:60],
            every=_every(each, "condition"),
            negative=_is_true(each, "negative"),
            caseless=caseless,
        )
        with _at(each.line):
            condition_of(matcher)
        yield matcher


def _check_values(kind: str, values: Sequence[str], line: int) -> None:
    """Raise Refused for values that this language has not."""
    for value in values:
        if kind in (STATUS, SIZE) and not _CODES.fullmatch(value):
            raise Refused("matcher", value, line)
        if len(value) > (_LONGEST_VALUE if kind != DSL else 5 * _LONGEST_VALUE):
            raise Refused("too-large", value[:60], line)
        if kind != REGEX and "{{" in value and "}}" in value.partition("{{")[2]:
            raise Refused("variables", value, line)
        if not value:
            raise Refused("matcher", kind, line)
        if kind == REGEX:
            pattern(value.encode())
        if kind == DSL:
            _check_expression(value, line)


def _check_expression(source: str, line: int) -> None:
    node = read_expression(source)
    if several := next(filter(_INDEXED.fullmatch, sorted(names_in(node))), ""):
        raise Refused("several-answers", several, line)
    for each in _patterns_in(node):
        pattern(each)


def _patterns_in(node: Any) -> Iterator[bytes]:
    if isinstance(node, tuple):
        if node and node[0] == "regex":
            yield node[1]
        for each in node:
            yield from _patterns_in(each)


def _extractors(block: Table, protocol: str) -> Iterator[Extractor]:
    """What is shown of an answer; what this language has not is left out, for it only shows."""
    for each in _tables(block, "extractors"):
        if _is_true(each, "internal"):
            raise Refused("extractor", "internal", each.line)
        for key in each:
            if key not in _EXTRACTOR_KEYS | {"internal"}:
                raise Refused("extractor", key, each.line_of(key))
        kind = _text(each, "type")
        values = [value for value in _strings(each, kind) if value]
        if kind == JSON and protocol == TLS:
            kind, values = KVAL, [value.strip().lstrip(".") for value in values]
        if kind not in (REGEX, KVAL, DSL) or len(values) > _MOST_VALUES:
            continue
        for value in values:
            _check_extract(kind, value, each.line)
        group = _text(each, "group") or "0"
        if not group.isdigit() or int(group) > 20:
            raise Refused("extractor", "group", each.line)
        if kind == REGEX and any(int(group) > pattern(value.encode()).groups for value in values):
            raise Refused("extractor", "group", each.line)
        yield Extractor(kind, tuple(values), _part(each, protocol), int(group))


def _check_extract(kind: str, value: str, line: int) -> None:
    with _at(line):
        if len(value) > _LONGEST_VALUE:
            raise Refused("too-large", value[:60])
        if kind == REGEX:
            pattern(value.encode())
        elif kind == DSL:
            _check_expression(value, line)


@contextmanager
def _at(line: int) -> Iterator[None]:
    """Say where in the file it was, of what is refused within."""
    try:
        yield
    except Refused as refused:
        raise Refused(refused.reason, refused.detail, refused.line or line) from refused


def _part(table: Table, protocol: str) -> str:
    part = _text(table, "part")
    if _INDEXED.fullmatch(part) and protocol == HTTP:
        raise Refused("several-answers", part, table.line_of("part"))
    if protocol == DNS:
        return "raw" if part in ("", "body", "all") else part
    if protocol == TLS:
        return part or "response"
    return part or "body"


def _every(table: Table, key: str) -> bool:
    word = _text(table, key) or "or"
    if word not in ("and", "or"):
        raise Refused("matcher", word, table.line_of(key))
    return word == "and"


def _is_true(table: Table, key: str) -> bool:
    return _text(table, key).lower() == "true"


def _text(table: Table, key: str) -> str:
    value = table.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refused("key", key, table.line_of(key))
    return value


def _list(table: Table, key: str) -> list[Any]:
    value = table.get(key)
    values = value if isinstance(value, list) else [] if value is None else [value]
    if any(isinstance(each, (list, dict)) for each in values):
        raise Refused("key", key, table.line_of(key))
    return [each for each in values if each is not None]


def _strings(table: Table, key: str) -> list[str]:
    return [str(each) for each in _list(table, key)]


def _tables(block: Table, key: str) -> list[Table]:
    value = block.get(key) or []
    if not isinstance(value, list) or not all(isinstance(each, Table) for each in value):
        raise Refused("key", key, block.line_of(key))
    if len(value) > MOST_MATCHERS:
        raise Refused("too-large", key, block.line_of(key))
    return value


def _listed(value: Any) -> list[str]:
    """Words that stand in a list, or in one text with commas."""
    words = value if isinstance(value, list) else str(value or "").split(",")
    return [str(word).strip().lower()[:40] for word in words if str(word or "").strip()]


def _products(info: Table) -> Iterator[str]:
    known = info.get("metadata")
    for key in ("product", "vendor"):
        if isinstance(known, Table) and isinstance(known.get(key), str):
            yield known[key].lower().replace("_", "-")[:40]


def _reference(info: Table) -> str:
    """The host of the first reference."""
    for value in _listed(info.get("reference")):
        if found := re.search(_HOST, value + "/"):
            return found[1].lower()
    return ""


def _cwe(info: Table) -> int:
    about = info.get("classification")
    found = _CWE.search(str(about.get("cwe-id", ""))) if isinstance(about, Table) else None
    return int(found[1]) if found else 0


def _shown(text: str) -> str:
    return "".join(filter(str.isprintable, text)).strip()[:120]
