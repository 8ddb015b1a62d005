"""A response policy zone as a zone file, for resolvers that read one (Knot Resolver)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cityshield.adapters.exports.export import About, heading
from cityshield.desks.decisions.projection import POLICIES, records_of
from cityshield.desks.decisions.target import is_name
from cityshield.ports.zone import BLOCKED
from cityshield.vocabulary.decision import DOMAIN, HOST, Decision


def write(listed: Sequence[Decision], about: About) -> Iterator[str]:
    """The zone with relative names; its serial is the time of the last change."""
    decided = [
        decision
        for decision in listed
        if decision.action in POLICIES
        and decision.target.scope in (HOST, DOMAIN)
        and is_name(decision.target.value)
    ]
    records = records_of((d.target.value, d.target.scope, d.action) for d in decided)
    yield from heading(decided, about, ";")
    newest = max((decision.since or 0 for decision in listed), default=0)
    serial = max(newest, about.changed_at) % (1 << 32) or 1
    yield "$TTL 30\n"
    yield f"@ SOA localhost. hostmaster.localhost. {serial} 60 30 2592000 30\n@ NS localhost.\n"
    for owner in sorted(records):
        yield f"{owner} CNAME {'.' if records[owner] == BLOCKED else 'rpz-passthru.'}\n"
