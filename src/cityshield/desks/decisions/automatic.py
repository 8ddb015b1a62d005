"""The automatic tier: what several trusted feeds agree on, and nothing guards, is blocked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from cityshield.desks.decisions.collateral import guards_of
from cityshield.desks.decisions.projection import parents
from cityshield.desks.decisions.review import DAY_S
from cityshield.desks.decisions.target import is_name
from cityshield.guards.links.suffixes import Suffixes
from cityshield.ports.guarded import GuardLists
from cityshield.vocabulary.decision import (
    AUTOMATIC,
    BLOCK,
    DOMAIN,
    HOST,
    IN_FORCE,
    Decision,
    Target,
)


class Listing(NamedTuple):
    """One host, the trusted sources that list it or a link on it, and when it was last seen."""

    host: str
    sources: Sequence[str]
    last_seen: int


def agreed(
    listings: Iterable[Listing],
    lists: GuardLists,
    suffixes: Suffixes,
    now: int,
    *,
    agree: int,
    days: int,
    allowed: Collection[tuple[str, str]] = (),
) -> Iterator[Decision]:
    """Blocks of the hosts that at least `agree` sources list, in force for `days`.

    Their reason is the names of those sources. A guarded host, a public suffix, an address, which
    DNS is not asked for, and what people allow (`allowed`: scope and value) are left out.
    """
    for host, sources, _ in listings:
        names = sorted(set(sources))
        target = Target(HOST, host)
        if len(names) < agree or not is_name(host) or guards_of(target, lists, suffixes):
            continue
        if (HOST, host) in allowed or any((DOMAIN, n) in allowed for n in (host, *parents(host))):
            continue
        yield Decision(
            id=0,
            action=BLOCK,
            target=target,
            reason=", ".join(names),
            origin=AUTOMATIC,
            evidence=tuple(names),
            state=IN_FORCE,
            needed=0,
            approvals=(),
            proposed_at=now,
            days=days,
            since=now,
            expires=now + days * DAY_S,
        )
