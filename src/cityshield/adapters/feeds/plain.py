"""Plain lists: a host name or an address a line; also CSV and TSV whose first column is one."""

from __future__ import annotations

import re

from cityshield.guards.links.canonical import canonicalize
from cityshield.guards.links.written import looks_like_link
from cityshield.vocabulary.indicator import HOST

_CLEAN_HOST = re.compile(r"(?:[a-z0-9_-]{1,63}\.)+[a-z][a-z0-9-]{1,62}")
_COLUMN_END = re.compile(r"[,;\t]| +#")
_LONGEST_HOST = 253


def read(line: str) -> list[tuple[str, str]] | None:
    """The host that a line names."""
    if _CLEAN_HOST.fullmatch(line) and len(line) <= _LONGEST_HOST:
        return [(HOST, line + "/")]
    if not line or line[0] in "#;":
        return []
    expression = host_expression(_COLUMN_END.split(line, maxsplit=1)[0].strip('" '))
    return [(HOST, expression)] if expression else None


def host_expression(text: str) -> str | None:
    """The look-up expression of a host and all below it: `host/`; None for anything else."""
    if _CLEAN_HOST.fullmatch(text) and len(text) <= _LONGEST_HOST:
        return text + "/"
    text = text.removeprefix("*.").removeprefix(".").removesuffix(".")
    if not text or "/" in text or "@" in text or not looks_like_link(text):
        return None
    canonical = canonicalize(text.encode("utf-8", "surrogatepass"))
    if canonical is None or canonical.path != "/" or len(canonical.host) > _LONGEST_HOST:
        return None
    return canonical.host + "/"
