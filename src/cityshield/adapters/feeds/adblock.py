"""Filter lists in the adblock syntax, of which the rules that name a host are taken: `||host^`."""

from __future__ import annotations

from cityshield.adapters.feeds.plain import host_expression
from cityshield.vocabulary.indicator import HOST

_WHOLE_HOST_OPTIONS = frozenset({"", "all", "document", "doc", "important", "popup", "third-party"})


def read(line: str) -> list[tuple[str, str]] | None:
    """The host that a rule blocks as a whole; a comment or a cosmetic rule names none."""
    if not line or line[0] in "!#" or line.startswith(("[", "@@")) or "##" in line:
        return []
    if not line.startswith("||"):
        return None
    host, caret, options = line[2:].partition("^")
    if not caret or (options and not options.startswith("$")):
        return None
    if not set(options[1:].split(",")) <= _WHOLE_HOST_OPTIONS:
        return []
    expression = host_expression(host)
    return [(HOST, expression)] if expression else None
