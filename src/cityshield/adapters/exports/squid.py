"""A `dstdomain` list for Squid; the dot before a name takes in all below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cityshield.adapters.exports.export import About, blocked_names, heading
from cityshield.vocabulary.decision import Decision


def write(listed: Sequence[Decision], about: About) -> Iterator[str]:
    """One name a line; one that lies below a listed domain is left out, as Squid demands."""
    names = blocked_names(listed)
    yield from heading([decision for *_, decision in names], about)
    below_all = {name for name, below, _ in names if below}
    for name, below, _ in names:
        parents = name.split(".")
        if not any(".".join(parents[n:]) in below_all for n in range(1, len(parents))):
            yield f".{name}\n" if below else f"{name}\n"
