"""A response policy zone as a zone file, for resolvers that read one (Knot Resolver)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cityshield.adapters.exports.export import About, blocked_names, heading
from cityshield.desks.decisions.target import is_name
from cityshield.vocabulary.decision import ALLOW, DOMAIN, HOST, Decision


def write(listed: Sequence[Decision], about: About) -> Iterator[str]:
    """The zone with relative names; its serial is the time of the newest decision."""
    names = [entry for entry in blocked_names(listed) if is_name(entry[0])]
    yield from heading([decision for *_, decision in names], about, ";")
    serial = max((decision.since or 0 for decision in listed), default=0) % (1 << 32) or 1
    yield "$TTL 30\n"
    yield f"@ SOA localhost. hostmaster.localhost. {serial} 60 30 2592000 30\n@ NS localhost.\n"
    for name, below, _ in names:
        yield f"{name} CNAME .\n"
        if below:
            yield f"*.{name} CNAME .\n"
    for decision in listed:
        target = decision.target
        if decision.action == ALLOW and target.scope in (HOST, DOMAIN) and is_name(target.value):
            yield f"{target.value} CNAME rpz-passthru.\n"
            if target.scope == DOMAIN:
                yield f"*.{target.value} CNAME rpz-passthru.\n"
