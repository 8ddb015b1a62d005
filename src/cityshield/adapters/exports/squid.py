"""A `dstdomain` list for Squid; the dot before a name takes in all below it.

Such a list has no exceptions. A domain below which a name is allowed is therefore written without
its dot: to block a name too few is mended by the next export, what was allowed must not be blocked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cityshield.adapters.exports.export import About, allowed_names, blocked_names, heading
from cityshield.vocabulary.decision import Decision


def write(listed: Sequence[Decision], about: About) -> Iterator[str]:
    """One name a line; one that lies below a listed domain is left out, as Squid demands."""
    names = blocked_names(listed)
    yield from heading([decision for *_, decision in names], about)
    holds_allowed = {above for name in allowed_names(listed) for above in _above(name)}
    below_all = {name for name, below, _ in names if below} - holds_allowed
    for name, below, _ in names:
        if below and name not in below_all:
            yield f"# Without the names below it, for one of them is allowed: {name}\n"
    for name, _, _ in names:
        if below_all.isdisjoint(_above(name)):
            yield f".{name}\n" if name in below_all else f"{name}\n"


def _above(name: str) -> list[str]:
    """Every name that a name lies below."""
    labels = name.split(".")
    return [".".join(labels[n:]) for n in range(1, len(labels))]
