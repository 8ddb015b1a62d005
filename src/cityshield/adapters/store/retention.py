"""The retention job: what has had its time is deleted."""

from __future__ import annotations

from pathlib import Path

import msgspec
from sqlalchemy import Engine

from cityshield.adapters.store.appeals import forget_decided_before, lapse_due
from cityshield.adapters.store.audit import record_alone
from cityshield.adapters.store.cache import forget_before
from cityshield.adapters.store.decisions import revive
from cityshield.adapters.store.indicators import remove_expired
from cityshield.adapters.store.sessions import forget_ended
from cityshield.adapters.store.tokens import forget_ended_before
from cityshield.vocabulary.identity import ADMIN, Identity

_DAY_S = 86_400
SERVICE = Identity("retention", ADMIN, how="local")
"""The running service, which does this by itself."""


class Removed(msgspec.Struct, frozen=True):
    """How much was deleted of each kind."""

    indicators: int
    verdicts: int
    tokens: int
    appeals: int
    sessions: int


def run_retention(
    engine: Engine,
    home: Path,
    now: int,
    verdicts_days: int,
    tokens_days: int,
    appeals_days: int,
    by: Identity = SERVICE,
) -> Removed:
    """Delete expired indicators, old verdicts, ended tokens and sessions, words of old appeals.

    It is recorded as an act of `by` when something was deleted. Decisions that a wrong clock has
    ended come back first.
    """
    revive(engine, now)
    lapse_due(engine, now)
    removed = Removed(
        remove_expired(engine, home, now),
        forget_before(engine, now - verdicts_days * _DAY_S),
        forget_ended_before(engine, now - tokens_days * _DAY_S),
        forget_decided_before(engine, now - appeals_days * _DAY_S),
        forget_ended(engine, now),
    )
    if any(msgspec.structs.astuple(removed)):
        record_alone(engine, by, "retention", now, msgspec.structs.asdict(removed))
    return removed
