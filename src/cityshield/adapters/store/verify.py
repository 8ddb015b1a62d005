"""Whether decisions, zone and audit agree with each other."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from sqlalchemy import Engine, select

from cityshield.adapters.store import audit
from cityshield.adapters.store.decisions import find
from cityshield.adapters.store.tables import zone_records, zone_waiting
from cityshield.adapters.store.zone import enforced_in_dns, wanted_records
from cityshield.desks.decisions.review import person_of
from cityshield.vocabulary.decision import AUTOMATIC, IN_FORCE, Decision

_GRACE_S = 3600
"""How long after its end a decision may wait for the server that carries it out."""


class Fault(msgspec.Struct, frozen=True):
    """Where things do not agree: the kind of fault, the decision or entry, and the name."""

    kind: str
    id: int
    value: str


def verify(
    engine: Engine, now: int, is_guarded: Callable[[Decision], bool]
) -> tuple[int, list[Fault]]:
    """How many decisions there are, and every fault, the audit's first."""
    faults = []
    chain = audit.verify(engine)
    if chain.broken_at is not None:
        faults.append(Fault("audit", chain.broken_at, chain.reason))
    count = 0
    for decision in find(engine):
        count += 1
        if decision.state == IN_FORCE:
            kinds = _faults(decision, now, is_guarded)
            faults += [Fault(kind, decision.id, decision.target.value) for kind in kinds]
    return count, faults + _zone_faults(engine)


def _faults(decision: Decision, now: int, is_guarded: Callable[[Decision], bool]) -> list[str]:
    kinds = []
    people = {person_of(approval.name) for approval in decision.approvals}
    if decision.origin != AUTOMATIC and len(people) < max(decision.needed, 2):
        kinds.append("approvals")
    if decision.expires is None or decision.expires + _GRACE_S <= now:
        kinds.append("end")
    if is_guarded(decision):
        kinds.append("guarded")
    return kinds


def _zone_faults(engine: Engine) -> list[Fault]:
    """Names whose records are not what is decided, but for those that wait to be published."""
    with engine.connect() as connection:
        waiting = set(connection.scalars(select(zone_waiting.c.value)))
        decided = connection.execute(enforced_in_dns())
        wanted = wanted_records((row[0], row[1], row[2]) for row in decided)
        held = {row.owner: row.policy for row in connection.execute(select(zone_records))}
    wrong = [owner for owner in wanted.keys() | held.keys() if wanted.get(owner) != held.get(owner)]
    return [
        Fault("zone", 0, owner)
        for owner in sorted(wrong)
        if owner.removeprefix("*.") not in waiting
    ]
