"""YAML from a stranger as plain values: bounded, without aliases, tags or recursion.

Every scalar stays the text that was written, for the reader of a template knows what it wants to
be; each mapping knows the line it begins at and those of its keys.
"""

from __future__ import annotations

from typing import Any, Final

import yaml

from cityshield.guards.sites.templates.model import Refused

LARGEST_BYTES: Final = 2 << 20
_MOST_EVENTS = 120_000
_DEEPEST = 24
_NONE = frozenset({"", "~", "null", "Null", "NULL"})


class Table(dict[str, Any]):
    """A mapping that knows where it stands in the file."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def line_of(self, key: str) -> int:
        """The line of a key, else that of the mapping."""
        return self.lines.get(key, self.line)


def read_tree(data: bytes) -> Table:
    """The mapping that a file holds; raises Refused for anything else, and for what is too much."""
    if len(data) > LARGEST_BYTES:
        raise Refused("too-large", f"{len(data)} bytes")
    try:
        tree = _build(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Refused("yaml", "not UTF-8", data.count(b"\n", 0, error.start) + 1) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or getattr(error, "reason", None) or "no YAML"
        raise Refused("yaml", said, mark.line + 1 if mark is not None else 0) from error
    if not isinstance(tree, Table):
        raise Refused("yaml", "no mapping", 1)
    return tree


def _build(text: str) -> Any:
    """Put values together from the parser's events, with a stack of our own."""
    stack: list[tuple[Any, str | None]] = []
    documents: list[Any] = []
    for count, event in enumerate(yaml.parse(text, Loader=yaml.CSafeLoader)):
        line = event.start_mark.line + 1
        if count > _MOST_EVENTS:
            raise Refused("too-large", "too many values", line)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Refused("alias", "", line)
        if getattr(event, "tag", None) is not None:
            raise Refused("yaml", f"tag {event.tag}", line)
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            if len(stack) >= _DEEPEST:
                raise Refused("too-large", "too deep", line)
            is_table = isinstance(event, yaml.MappingStartEvent)
            stack.append((Table(line) if is_table else [], None))
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            _add(stack, documents, stack.pop()[0], line)
        elif isinstance(event, yaml.ScalarEvent):
            is_plain = not event.style
            value = None if is_plain and event.value in _NONE else event.value
            _add(stack, documents, value, line)
    return documents[0] if len(documents) == 1 else None


def _add(stack: list[tuple[Any, str | None]], documents: list[Any], value: Any, line: int) -> None:
    if not stack:
        documents.append(value)
        return
    holder, key = stack[-1]
    if not isinstance(holder, Table):
        holder.append(value)
        return
    if key is None:
        if not isinstance(value, str):
            raise Refused("yaml", "a key that is no text", line)
        if value in holder:
            raise Refused("yaml", f"{value} stands there twice", line)
        holder.lines[value] = line
        stack[-1] = holder, value
        return
    holder[key] = value
    stack[-1] = holder, None
