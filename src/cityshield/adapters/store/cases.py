"""Appeals as people work through them: filtered, and without a word of what anybody wrote."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Engine, Select, func, select

from cityshield.adapters.store.appeals import read_appeal, read_voice
from cityshield.adapters.store.queue import find_numbered, holds
from cityshield.adapters.store.tables import appeal_voices, appeals, decisions
from cityshield.desks.decisions.appeals import asked_for
from cityshield.vocabulary.appeal import EVIDENCE, OPEN, STATES, Appeal
from cityshield.vocabulary.decision import IN_FORCE, Decision
from cityshield.vocabulary.decision import STATES as DECISION_STATES
from cityshield.vocabulary.errors import InputError


class Case(msgspec.Struct, frozen=True):
    """An appeal without its words, the decision that it is against, and what is on the table.

    `claims` are those of all its voices; `given` is the evidence that any of them gave.
    """

    appeal: Appeal
    decision: Decision
    claims: tuple[str, ...]
    given: frozenset[str]

    @property
    def asked(self) -> tuple[str, ...]:
        """The evidence that the claims are weighed by, in the order of the form."""
        wanted = {item for claim in self.claims for item in asked_for(self.appeal.speaker, claim)}
        return tuple(item for item in EVIDENCE if item in wanted)


def find_cases(
    engine: Engine, states: Sequence[str], text: str, most: int, skip: int = 0
) -> list[Case]:
    """Cases of some states, the most urgent first; a text finds the name or the reason."""
    query = select(appeals).order_by(appeals.c.state, appeals.c.due, appeals.c.id)
    if states:
        query = query.where(appeals.c.state.in_([STATES.index(state) for state in states]))
    if text:
        query = query.join(decisions, decisions.c.id == appeals.c.decision_id).where(*holds(text))
    return _cases(engine, query.limit(most).offset(skip))


def get_case(engine: Engine, number: int) -> Case:
    """The case of one appeal; InputError when there is none."""
    found = _cases(engine, select(appeals).where(appeals.c.id == number))
    if not found:
        raise InputError("error-appeal-none", id=number)
    return found[0]


def count_waiting(engine: Engine, now: int) -> int:
    """How many appeals wait for our answer."""
    query = (
        select(func.count())
        .select_from(appeals)
        .join(decisions, decisions.c.id == appeals.c.decision_id)
        .where(
            appeals.c.state == STATES.index(OPEN),
            decisions.c.state == DECISION_STATES.index(IN_FORCE),
            decisions.c.expires.is_(None) | (decisions.c.expires > now),
        )
    )
    with engine.connect() as connection:
        return connection.scalar(query) or 0


def _cases(engine: Engine, query: Select[Any]) -> list[Case]:
    with engine.connect() as connection:
        found = [read_appeal(row) for row in connection.execute(query)]
        mine = appeal_voices.c.appeal_id.in_([appeal.id for appeal in found])
        claims: dict[int, dict[str, None]] = defaultdict(dict)
        given: dict[int, set[str]] = defaultdict(set)
        for row in connection.execute(
            select(appeal_voices).where(mine).order_by(appeal_voices.c.id)
        ):
            voice = read_voice(row)
            claims[row.appeal_id][voice.claim] = None
            given[row.appeal_id].update(voice.evidence)
    numbers = {appeal.decision for appeal in found}
    against = {each.id: each for each in find_numbered(engine, sorted(numbers))}
    return [
        Case(each, against[each.decision], tuple(claims[each.id]), frozenset(given[each.id]))
        for each in found
    ]
