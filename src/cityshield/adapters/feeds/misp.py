"""MISP events (the core format of misp-standard.org): attributes that are meant for detection."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from cityshield.adapters.feeds import sha256, urls
from cityshield.adapters.feeds.plain import host_expression
from cityshield.vocabulary.indicator import HOST

_HOSTS = frozenset({"domain", "hostname", "domain|ip", "ip-dst", "ip-src"})


class _Attribute(msgspec.Struct):
    type: str = ""
    value: str = ""
    to_ids: bool = True
    deleted: bool = False


class _Object(msgspec.Struct):
    Attribute: list[_Attribute] = []


class _Event(msgspec.Struct):
    Attribute: list[_Attribute] = []
    Object: list[_Object] = []


class _Holder(msgspec.Struct):
    Event: _Event


class _Response(msgspec.Struct):
    response: list[_Holder]


_decode = msgspec.json.Decoder(_Holder).decode
_decode_many = msgspec.json.Decoder(_Response).decode


def read_document(text: bytes) -> Iterator[list[tuple[str, str]] | None] | None:
    """The entries of each attribute; None for a document that is no event."""
    try:
        events = [_decode(text)]
    except (msgspec.DecodeError, RecursionError):
        try:
            events = _decode_many(text).response
        except (msgspec.DecodeError, RecursionError):
            return None
    return (_entries(each) for holder in events for each in _attributes(holder.Event))


def _attributes(event: _Event) -> list[_Attribute]:
    return [*event.Attribute, *(each for item in event.Object for each in item.Attribute)]


def _entries(attribute: _Attribute) -> list[tuple[str, str]] | None:
    if not attribute.to_ids or attribute.deleted:
        return []
    kind, value = attribute.type, attribute.value.strip()
    if kind in _HOSTS:
        expression = host_expression(value.partition("|")[0])
        return [(HOST, expression)] if expression else None
    if kind == "url":
        return urls.read(value if "://" in value else f"http://{value}") or None
    if kind == "sha256" or kind.endswith("|sha256"):
        return sha256.read(value.rpartition("|")[2]) or None
    return []
