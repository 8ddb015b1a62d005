"""Certificates beside TLSA records (DANE, RFC 6698 and 7671)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cityshield.guards.sites.facts import Certificate

_ANCHORS: Final = ("0", "2")
_WHOLE, _KEY = "0", "1"
_SHA256: Final = "1"


def contradicts(records: Sequence[str], chain: Sequence[Certificate]) -> bool:
    """Whether every TLSA record names another certificate than those that were shown.

    False where one fits, and where one cannot be compared: a digest that the facts do not have, or
    an anchor that need not be sent.
    """
    return bool(records and chain) and all(_is_other(record, chain) for record in records)


def _is_other(record: str, chain: Sequence[Certificate]) -> bool:
    parts = record.split()
    if len(parts) != 4:
        return False
    usage, selector, matching, data = parts
    if matching != _SHA256 or usage not in ("0", "1", "2", "3") or selector not in (_WHOLE, _KEY):
        return False
    shown = chain if usage in _ANCHORS else chain[:1]
    digests = [each.sha256 if selector == _WHOLE else each.key_sha256 for each in shown]
    if not all(digests) or data.lower() in digests:
        return False
    return usage != "0"  # a root that everybody trusts is not sent
