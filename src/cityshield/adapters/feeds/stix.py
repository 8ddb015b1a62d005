"""STIX 2.1 bundles: indicators whose pattern compares a host, a link or the hash of a file.

Source: OASIS STIX 2.1, sections 4.7 and 9. Of a pattern the equalities are read; a pattern that
joins observations (AND, FOLLOWEDBY) or denies says more than one entry can, and is reported.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Literal

import msgspec

from cityshield.adapters.feeds import sha256, urls
from cityshield.adapters.feeds.plain import host_expression
from cityshield.vocabulary.indicator import HOST

_LONGEST_PATTERN = 16_384
_EQUAL = re.compile(
    r"(domain-name:value|url:value|ipv[46]-addr:value|file:hashes\.(?:'SHA-256'|\"SHA-256\"|SHA256))"
    r" ?= ?'((?:[^'\\]|\\.){1,8192}+)'"
)
_MORE = re.compile(r"\bAND\b|\bFOLLOWEDBY\b|\bNOT\b|!=")


class _Object(msgspec.Struct):
    type: str = ""
    pattern: str = ""
    pattern_type: str = "stix"
    revoked: bool = False
    indicator_types: list[str] = []
    valid_until: str = ""


class _Bundle(msgspec.Struct):
    type: Literal["bundle"]
    objects: list[_Object] = []


_decode = msgspec.json.Decoder(_Bundle).decode
_decode_object = msgspec.json.Decoder(_Object).decode


def read_document(text: bytes) -> Iterator[list[tuple[str, str]] | None] | None:
    """The entries of each object; None for a document that is no bundle."""
    try:
        bundle = _decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return map(_entries, bundle.objects)


def read_object(text: str) -> list[tuple[str, str]] | None:
    """The entries of one object; None for what is no object, or can't be read."""
    try:
        item = _decode_object(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return _entries(item) if item.type not in ("", "bundle") else None


def _entries(item: _Object) -> list[tuple[str, str]] | None:
    if item.type != "indicator" or item.revoked or "benign" in item.indicator_types:
        return []
    if item.valid_until and item.valid_until < _now():
        return []
    pattern = item.pattern
    if item.pattern_type != "stix" or len(pattern) > _LONGEST_PATTERN:
        return None
    found = _EQUAL.findall(pattern)
    if not found or _MORE.search(_EQUAL.sub("", pattern)):
        return None
    entries = [entry for path, value in found for entry in _of(path, _unquoted(value))]
    return entries or None


def _of(path: str, value: str) -> list[tuple[str, str]]:
    if path == "url:value":
        return urls.read(value) or []
    if path.startswith("file"):
        return sha256.read(value) or []
    expression = host_expression(value)
    return [(HOST, expression)] if expression else []


def _now() -> str:
    """Now as STIX writes it, so that one can be compared with the other."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())


def _unquoted(value: str) -> str:
    return value.replace("\\'", "'").replace("\\\\", "\\")
