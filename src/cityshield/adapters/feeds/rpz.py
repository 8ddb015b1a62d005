"""Response policy zones as zone files: names that do not exist, or are not answered.

Source: draft-vixie-dnsop-dns-rpz, section 5. Names are relative to the zone, as zones are
published; triggers other than names, names that are let through, and those that lead elsewhere,
such as to the safe side of a search engine, are passed over.
"""

from __future__ import annotations

from cityshield.adapters.feeds.plain import host_expression
from cityshield.vocabulary.indicator import HOST

_ALONE = ("$", "@", ";")
_TRIGGERS = ("rpz-ip", "rpz-client-ip", "rpz-nsip", "rpz-nsdname")
_BLOCKS = (".", "*.", "rpz-drop.")
_CLASSES = ("IN", "CNAME", "A", "AAAA", "TXT", "NS", "SOA")


def read(line: str) -> list[tuple[str, str]] | None:
    """The host that a record blocks."""
    line = line.partition(";")[0].strip()
    if not line or line.startswith(_ALONE):
        return []
    words = line.split()
    types = [word.upper() for word in words[1:] if not word.isdecimal()]
    if not types or types[0] not in _CLASSES:
        return [] if words[0].isdecimal() or words[0] in "()" else None
    kind, data = _record(types, words)
    if kind in ("NS", "SOA"):
        return []
    if words[0].endswith(".") or not (expression := host_expression(words[0])):
        return [] if words[0].lower().endswith(_TRIGGERS) else None
    is_block = kind == "CNAME" and data.lower() in _BLOCKS
    return [(HOST, expression)] if is_block and not words[0].lower().endswith(_TRIGGERS) else []


def _record(types: list[str], words: list[str]) -> tuple[str, str]:
    """The type of a record and the last of its data."""
    kind = types[1] if types[0] == "IN" and len(types) > 1 else types[0]
    return kind, words[-1]
