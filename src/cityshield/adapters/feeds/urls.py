"""Lists of URLs, one a line; a line of several columns by tabs is read for its last URL."""

from __future__ import annotations

from cityshield.guards.links.canonical import canonicalize
from cityshield.guards.links.written import refang
from cityshield.vocabulary.indicator import URL

_LONGEST = 8192


def read(line: str) -> list[tuple[str, str]] | None:
    """The URL that a line names, as a look-up expression."""
    if not line or line[0] in "#;":
        return []
    if "\t" in line:
        line = line.rpartition("\t")[2].strip()
    scheme, mark, rest = line.partition("://")
    if not mark or scheme.lower().startswith("hxxp") or "[" in rest.partition("/")[0]:
        line = refang(line)
        if "://" not in line:
            return None
    canonical = canonicalize(line.encode("utf-8", "surrogatepass"))
    if canonical is None or len(canonical.url) > _LONGEST or "." not in canonical.host:
        return None
    path, query = canonical.path, canonical.query
    return [(URL, canonical.host + (path if query is None else f"{path}?{query}"))]
