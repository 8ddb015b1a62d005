"""What people see of a decision before they act on it: its evidence, and whether they may."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from cityshield.desks.decisions.collateral import approvals_needed
from cityshield.desks.decisions.review import SELF, hindrance, person_of, tie_to
from cityshield.entrypoints.console.visits import WRITE, Visit
from cityshield.guards.links.canonical import canonicalize, expressions
from cityshield.service import Service
from cityshield.vocabulary.decision import IN_FORCE, PROPOSED, REVIEWED, Decision, Guarded, Target
from cityshield.vocabulary.errors import CityShieldError
from cityshield.vocabulary.indicator import Indicator


class Row(msgspec.Struct, frozen=True):
    """One decision with its evidence, as one person sees it.

    `needed` approvals make it hold, for a proposal with guards counted as they are now. `why_not`
    is the sentence that says why this person may not approve it, with `who` it speaks of; empty
    where they may, or where there is nothing to approve.
    """

    decision: Decision
    guards: list[Guarded]
    listed: tuple[Indicator, ...]
    needed: int
    why_not: str
    who: str
    may_end: bool

    @property
    def waits(self) -> bool:
        """Whether it waits for approval."""
        return self.decision.state == PROPOSED

    @property
    def may_approve(self) -> bool:
        """Whether this person may approve it."""
        return self.waits and not self.why_not

    @property
    def proposer(self) -> str:
        """Who proposed it, empty where nobody did."""
        decision = self.decision
        return decision.approvals[0].name if decision.origin == REVIEWED else ""


async def rows_of(service: Service, decisions: Sequence[Decision], visit: Visit) -> list[Row]:
    """A row for each decision."""
    targets = [decision.target for decision in decisions]
    guarded = await asyncio.to_thread(lambda: [service.desk.guards_of(each) for each in targets])
    listed = listed_on(service, targets) if visit.may("indicators:read") else [()] * len(targets)
    return [_row(*each, visit) for each in zip(decisions, guarded, listed, strict=True)]


def listed_on(service: Service, targets: Sequence[Target]) -> list[tuple[Indicator, ...]]:
    """For each target, what sources say of it or of a name above it."""
    rooms = service.shield.rooms
    asked = []
    for target in targets:
        link = canonicalize(f"http://{target.value}".encode())
        registrable = rooms.suffixes.registrable
        asked.append([] if link is None else expressions(link, registrable(link.host)))
    return rooms.indicators.find_many(asked)


def _row(
    decision: Decision, guards: list[Guarded], listed: tuple[Indicator, ...], visit: Visit
) -> Row:
    needed = decision.needed
    if decision.state == PROPOSED:  # what is in force, or came about by itself, needs no more
        needed = max(needed, approvals_needed(decision.action, decision.target, guards))
    may_write = visit.may(WRITE)
    why_not = who = ""
    if decision.state == PROPOSED:
        error = hindrance(decision, guards, visit.identity)
        if not may_write:
            why_not = "why-not-role"
        elif error is not None:
            why_not, who = _told(decision, error, visit)
    may_end = may_write and decision.state in (PROPOSED, IN_FORCE)
    return Row(decision, guards, listed, needed, why_not, who, may_end)


def _told(decision: Decision, error: CityShieldError, visit: Visit) -> tuple[str, str]:
    """The console's short sentence for why somebody may not approve, and who it speaks of."""
    if error.sentence == "error-guarded":
        return "why-not-guarded", ""
    tie = tie_to(decision, visit.identity)
    if tie is not None and tie.how != SELF:
        return f"why-not-{tie.how}", tie.other
    first = decision.approvals[0].name
    proposed = person_of(first) == person_of(visit.identity.name)
    return ("why-not-proposed" if proposed else "why-not-approved"), ""
