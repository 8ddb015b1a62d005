"""A plain list of names, one a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cityshield.adapters.exports.export import About, blocked_names, heading
from cityshield.vocabulary.decision import Decision


def write(listed: Sequence[Decision], about: About) -> Iterator[str]:
    """One name a line; the heading says when the first of them expires."""
    names = blocked_names(listed)
    yield from heading([decision for *_, decision in names], about)
    for name, _, _ in names:
        yield f"{name}\n"
