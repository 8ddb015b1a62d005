"""What decisions mean for DNS: the records of a zone, by name and by name below.

A wildcard stops at the closest name that exists (RFC 4592, section 3.3.1): a record for
`a.b.evil.example` would end `*.evil.example` for every other name below `b.evil.example`. So a
block that a block above covers is left out, and beside an exception the names between are written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cityshield.ports.zone import BLOCKED, PASSED
from cityshield.vocabulary.decision import ALLOW, BLOCK, DOMAIN

POLICIES = {BLOCK: BLOCKED, ALLOW: PASSED}
"""What an action does in DNS; to warn does nothing there."""


def parents(name: str) -> Iterator[str]:
    """The names above a name, the nearest first."""
    dot = name.find(".")
    while dot >= 0:
        name = name[dot + 1 :]
        yield name
        dot = name.find(".")


def records_of(decided: Iterable[tuple[str, str, str]]) -> dict[str, int]:
    """The records that decisions on hosts and domains ask for: owner and policy.

    `decided` are value, scope and action of each; of two on the same name, to allow wins. All
    decisions on names above those given have to be among them.
    """
    exact: dict[str, int] = {}
    below: dict[str, int] = {}
    for value, scope, action in decided:
        policy = POLICIES[action]
        exact[value] = max(exact.get(value, 0), policy)
        if scope == DOMAIN:
            below[value] = max(below.get(value, 0), policy)
    wanted: dict[str, int] = {}
    for name, policy in exact.items():
        domains = [above for above in parents(name) if above in below]
        inherited = below[domains[0]] if domains else None
        own = below.get(name, inherited)
        if inherited is not None and policy == own == inherited:
            continue
        wanted[name] = policy
        if own is not None:
            wanted[f"*.{name}"] = own
        for between in parents(name) if domains else ():
            if between == domains[-1]:
                break
            nearest = next(below[each] for each in (between, *parents(between)) if each in below)
            wanted.setdefault(between, exact.get(between, nearest))
            wanted.setdefault(f"*.{between}", nearest)
    return wanted


def policy_for(name: str, records: dict[str, int]) -> int | None:
    """What a resolver does with a name: by its own record, else the wildcard that is nearest."""
    owners = (name, *(f"*.{above}" for above in parents(name)))
    return next((records[owner] for owner in owners if owner in records), None)
