"""Lists of files by SHA-256, one a line, as `sha256sum` prints them or alone."""

from __future__ import annotations

import re

from cityshield.vocabulary.indicator import SHA256

_LINE = re.compile(r"([0-9a-fA-F]{64})(?:[\s,;].{0,4096})?")


def read(line: str) -> list[tuple[str, str]] | None:
    """The digest that a line starts with."""
    if not line or line[0] in "#;":
        return []
    found = _LINE.fullmatch(line)
    return [(SHA256, found[1].lower())] if found else None
