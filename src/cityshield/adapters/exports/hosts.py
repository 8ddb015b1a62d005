"""A hosts file (hosts(5)); it knows no wildcard, so names below a domain are not in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cityshield.adapters.exports.export import About, blocked_names, heading
from cityshield.guards.dates import iso
from cityshield.vocabulary.decision import Decision


def write(listed: Sequence[Decision], about: About) -> Iterator[str]:
    """One line a name, with the end of its block in a comment."""
    names = blocked_names(listed)
    yield from heading([decision for *_, decision in names], about)
    for name, _, decision in names:
        yield f"0.0.0.0 {name} # until {iso(decision.expires or 0)}\n"
