"""STIX 2.1 objects, one JSON object a line, as a TAXII 2.1 collection gives them."""

from __future__ import annotations

from cityshield.adapters.feeds import stix


def read(line: str) -> list[tuple[str, str]] | None:
    """The entries of an indicator; other objects name none."""
    if not line:
        return []
    return stix.read_object(line) if line.startswith("{") else None
