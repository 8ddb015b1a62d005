"""Look-up by hash prefix: what is asked for says nothing of the link but four bytes of a hash.

In the manner of Safe Browsing v5 (developers.google.com/safe-browsing/reference, hashes.search): a
client hashes the look-up expressions of a link (SHA-256), sends the first four bytes of each, and
compares the full hashes that come back. So the link never leaves it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from hashlib import sha256

import msgspec
from sqlalchemy import Engine, select

from cityshield.adapters.store.decisions import expression_of, in_force_between, in_force_on
from cityshield.adapters.store.index import key_of
from cityshield.adapters.store.indicators import TYPES
from cityshield.adapters.store.tables import indicators
from cityshield.desks.decisions.projection import parents
from cityshield.vocabulary.decision import ALLOW, BLOCK, DOMAIN, HOST, URL, Decision, Target
from cityshield.vocabulary.indicator import BENIGN_ACTIVITY

PREFIX_BYTES = 4
LISTED = "listed"


class FullHash(msgspec.Struct, frozen=True, order=True):
    """A full hash (SHA-256, hexadecimal) of an expression, and why it is known.

    `why` is `listed`, `block` or `warn`. `below` says that it also counts for hosts below the
    expression's own.
    """

    hash: str
    why: str
    below: bool


def find_hashes(engine: Engine, prefixes: Sequence[bytes], now: int) -> list[FullHash]:
    """The full hashes in force that start with any of these prefixes, in order.

    What the operator allows is left out, whoever lists it; so are links and hosts below that.
    """
    found: set[FullHash] = set()
    for prefix in sorted(set(prefixes)):
        found |= _with_prefix(engine, prefix, now)
    return sorted(found)


def _with_prefix(engine: Engine, prefix: bytes, now: int) -> set[FullHash]:
    lowest, highest = _keys_of(prefix)
    query = select(indicators.c.value).where(
        indicators.c.key.between(lowest, highest),
        indicators.c.type != TYPES.index(BENIGN_ACTIVITY),
        indicators.c.expires.is_(None) | (indicators.c.expires > now),
    )
    with engine.connect() as connection:
        listed = set(connection.scalars(query))
    listed -= _allowed(engine, listed, now)
    found = {value: FullHash(_digest(value), LISTED, _is_host(value)) for value in listed}
    decided = in_force_between(engine, lowest, highest, now)
    for decision in sorted(decided, key=_is_block):
        if decision.action != ALLOW:
            value = expression_of(decision.target)
            known = found.get(value)
            below = decision.target.scope == DOMAIN or (known is not None and known.below)
            found[value] = FullHash(_digest(value), decision.action, below)
    return set(found.values())


def _allowed(engine: Engine, listed: Collection[str], now: int) -> set[str]:
    """The expressions that an allow decision lets through: on it, its host, or a domain above."""
    targets = {value: tuple(_targets(value)) for value in listed}
    asked = {target for some in targets.values() for target in some}
    keys = sorted({key_of(expression_of(target)) for target in asked})
    held = {d.target for d in in_force_on(engine, keys, now) if d.action == ALLOW}
    return {value for value, some in targets.items() if not held.isdisjoint(some)}


def _targets(value: str) -> Iterator[Target]:
    """What a decision on an expression may be about."""
    host = value.partition("/")[0]
    yield from (Target(URL, value), Target(URL, value.partition("?")[0]))
    yield from (Target(HOST, host), Target(DOMAIN, host))
    yield from (Target(DOMAIN, above) for above in parents(host))


def _keys_of(prefix: bytes) -> tuple[int, int]:
    """The lowest and the highest key that start with a prefix; keys are signed."""
    rest = 8 - len(prefix)
    lowest = int.from_bytes(prefix + bytes(rest), "big", signed=True)
    highest = int.from_bytes(prefix + b"\xff" * rest, "big", signed=True)
    return lowest, highest


def _is_block(decision: Decision) -> bool:
    return decision.action == BLOCK


def _is_host(expression: str) -> bool:
    return expression.find("/") == len(expression) - 1


def _digest(value: str) -> str:
    return sha256(value.encode()).hexdigest()
