"""The collateral guard: what a block would take down besides what it is meant for.

A name is guarded by every entry that has the same registrable domain (public suffix list, private
section included): blocking `docs.shop.example` hurts whoever guards `shop.example`, and blocking
`shop.example` hurts whoever guards `docs.shop.example`; but a tenant of a platform is not guarded
by the platform's own name. An entry `*.name` guards every name below it.
"""

from __future__ import annotations

from collections.abc import Sequence

from cityshield.desks.decisions.projection import parents
from cityshield.guards.links.suffixes import Suffixes
from cityshield.ports.guarded import GuardLists
from cityshield.vocabulary.decision import BLOCK, URL, Guarded, Target

POPULAR, PLATFORM, SHORTENER, BANK = "popular", "platform", "shortener", "bank"
GOVERNMENT, EMERGENCY, OWN = "government", "emergency", "own"
CLASSES = (POPULAR, PLATFORM, SHORTENER, BANK, GOVERNMENT, EMERGENCY, OWN)
"""Why a name is guarded, in the words of `cityshield feeds import --guard`."""

SUFFIX_LIST = "publicsuffix.org"

APPROVALS = 2
APPROVALS_GUARDED = 3
"""How many different people a block needs, and one on a guarded name."""


def domain_of(entry: str, suffixes: Suffixes) -> str:
    """Under which domain an entry of a guard list is found: see this module's first lines."""
    return entry if entry.startswith("*.") else suffixes.registrable(entry)


def domains_asked(host: str, suffixes: Suffixes) -> tuple[str, ...]:
    """The domains whose entries guard a host."""
    return suffixes.registrable(host), *(f"*.{above}" for above in parents(host))


def guards_of(target: Target, lists: GuardLists, suffixes: Suffixes) -> list[Guarded]:
    """Every entry that guards a target; a public suffix is guarded by the list that names it."""
    host = target.host
    found = sorted(set(lists.find(domains_asked(host, suffixes))))
    if suffixes.suffix(host) == host and "." in host:
        found.append(Guarded(host, PLATFORM, SUFFIX_LIST))
    return found


def is_refused(action: str, target: Target, guards: Sequence[Guarded]) -> bool:
    """Whether a block would hurt others: never a guarded name in DNS, at most the one link."""
    return action == BLOCK and target.scope != URL and bool(guards)


def approvals_needed(action: str, target: Target, guards: Sequence[Guarded]) -> int:
    """How many different people must agree."""
    guarded = action == BLOCK and target.scope == URL and guards
    return APPROVALS_GUARDED if guarded else APPROVALS
