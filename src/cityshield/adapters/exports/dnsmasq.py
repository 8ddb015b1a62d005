"""A configuration file for dnsmasq, which reads it whole at a restart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cityshield.adapters.exports.export import About, allowed_names, blocked_names, heading
from cityshield.vocabulary.decision import Decision


def write(listed: Sequence[Decision], about: About) -> Iterator[str]:
    """A domain does not exist; a single host, which `local=` cannot name, leads nowhere."""
    names = blocked_names(listed)
    yield from heading([decision for *_, decision in names], about)
    for name, below, _ in names:
        yield f"local=/{name}/\n" if below else f"host-record={name},0.0.0.0,::\n"
    for name in allowed_names(listed):
        yield f"server=/{name}/#\n"
