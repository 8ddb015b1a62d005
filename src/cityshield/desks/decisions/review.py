"""The reviewed tier: one person proposes, others approve; pure, the store carries it out."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from cityshield.desks.decisions.collateral import approvals_needed, is_refused
from cityshield.vocabulary.decision import (
    ACTIONS,
    IN_FORCE,
    PROPOSED,
    REFUSED,
    REMOVED,
    REVIEWED,
    Approval,
    Decision,
    Guarded,
    Target,
)
from cityshield.vocabulary.errors import CityShieldError, Forbidden, InputError
from cityshield.vocabulary.identity import Identity

DAY_S = 86_400
LONGEST_DAYS = 366
DEFAULT_DAYS = 90
_LONGEST_TEXT = 2000

SELF, MADE_BY, MAKER_OF = "self", "made-by", "maker-of"


class Tie(NamedTuple):
    """What ties two actors: they are one person, or one made the token of the other (`other`)."""

    how: str
    other: str


def propose(
    action: str,
    target: Target,
    reason: str,
    guards: Sequence[Guarded],
    by: Identity,
    now: int,
    *,
    evidence: Sequence[str] = (),
    days: int = DEFAULT_DAYS,
    dry_run: bool = False,
) -> Decision:
    """A decision with its proposer's approval; its id is 0 until it is kept.

    Raises InputError for a block of a guarded name, for want of a reason, and for a time that is
    too long: every decision ends.
    """
    if action not in ACTIONS:
        raise InputError("error-decision-action", action=action, actions=", ".join(ACTIONS))
    reason = reason.strip()
    if not reason or len(reason) > _LONGEST_TEXT:
        raise InputError("error-decision-reason", most=_LONGEST_TEXT)
    if not 1 <= days <= LONGEST_DAYS:
        raise InputError("error-decision-days", days=days, most=LONGEST_DAYS)
    if is_refused(action, target, guards):
        raise _guarded(target, guards)
    return Decision(
        id=0,
        action=action,
        target=target,
        reason=reason,
        origin=REVIEWED,
        evidence=tuple(text.strip()[:_LONGEST_TEXT] for text in evidence),
        state=PROPOSED,
        needed=approvals_needed(action, target, guards),
        approvals=(Approval(by.name, now, by.makers),),
        proposed_at=now,
        days=days,
        dry_run=dry_run,
    )


def approve(decision: Decision, guards: Sequence[Guarded], by: Identity, now: int) -> Decision:
    """The decision with one more approval, in force once there are enough.

    A person is a name, whatever token it came with; who makes tokens could be behind any of them.
    Raises Forbidden for one who has approved already, InputError for a decision that is not open
    or whose target is guarded by now.
    """
    if error := hindrance(decision, guards, by):
        raise error
    needed = max(decision.needed, approvals_needed(decision.action, decision.target, guards))
    approvals = (*decision.approvals, Approval(by.name, now, by.makers))
    decision = replace(decision, approvals=approvals, needed=needed)
    if len(approvals) < needed:
        return decision
    return replace(decision, state=IN_FORCE, since=now, expires=now + decision.days * DAY_S)


def hindrance(
    decision: Decision, guards: Sequence[Guarded], by: Identity
) -> CityShieldError | None:
    """Why a person may not approve a decision, None when they may: see `approve`."""
    if decision.state != PROPOSED:
        return InputError("error-decision-ended", id=decision.id, state=decision.state)
    if is_refused(decision.action, decision.target, guards):
        return _guarded(decision.target, guards)
    tie = tie_to(decision, by)
    if tie is None:
        return None
    if tie.how == SELF:
        return Forbidden("error-approved-twice", id=decision.id, name=by.name)
    sentence = "error-approved-by-own" if tie.how == MADE_BY else "error-approved-by-made"
    return Forbidden(sentence, id=decision.id, name=by.name, other=tie.other)


def tie_to(decision: Decision, by: Identity) -> Tie | None:
    """How somebody is tied to one of those who approved a decision; None when they are not."""
    ours, makers = person_of(by.name), set(map(person_of, by.makers))
    found = []
    for approval in decision.approvals:
        theirs = person_of(approval.name)
        if ours == theirs:
            return Tie(SELF, approval.name)
        if theirs in makers:
            found.append(Tie(MADE_BY, approval.name))
        elif ours in map(person_of, approval.makers):
            found.append(Tie(MAKER_OF, approval.name))
    return found[0] if found else None


def end(decision: Decision, reason: str, now: int, by: str) -> Decision:
    """The decision ended by somebody: removed when it was in force, else refused."""
    if decision.state not in (PROPOSED, IN_FORCE):
        raise InputError("error-decision-ended", id=decision.id, state=decision.state)
    reason = reason.strip()
    if not reason or len(reason) > _LONGEST_TEXT:
        raise InputError("error-decision-reason", most=_LONGEST_TEXT)
    state = REMOVED if decision.state == IN_FORCE else REFUSED
    return replace(decision, state=state, ended_at=now, end_reason=reason, ended_by=by)


def person_of(name: str) -> str:
    """One spelling for the name of one person."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _guarded(target: Target, guards: Sequence[Guarded]) -> InputError:
    first = guards[0]
    return InputError(
        "error-guarded", name=target.value, kind=first.kind, entry=first.name, by=first.source
    )
