"""The queue of decisions as people work through it: filtered, and page by page."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import ColumnElement, Engine, func, select

from cityshield.adapters.store.decisions import find
from cityshield.adapters.store.tables import decisions, state_listed
from cityshield.guards.links.written import refang
from cityshield.vocabulary.decision import ACTIONS, ORIGINS, PROPOSED, SCOPES, STATES, Decision


class Wanted(msgspec.Struct, frozen=True):
    """Which decisions: a word of each vocabulary, empty for all, and a text in name or reason."""

    state: str = PROPOSED
    action: str = ""
    scope: str = ""
    origin: str = ""
    text: str = ""


class QueuePage(msgspec.Struct, frozen=True):
    """Some decisions, the oldest first, and whether there are older and newer ones."""

    decisions: list[Decision]
    older: bool
    newer: bool


def read_queue(
    engine: Engine, wanted: Wanted, most: int, *, after: int = 0, before: int = 0
) -> QueuePage:
    """A page of decisions after an id, or of those just before one."""
    states = (wanted.state,) if wanted.state else ()
    which = _conditions(wanted)
    if before:
        which.append(decisions.c.id < before)
        found = list(find(engine, states=states, most=most + 1, which=which, backwards=True))
        return QueuePage(found[:most][::-1], len(found) > most, newer=True)
    found = list(find(engine, states=states, after=after, most=most + 1, which=which))
    return QueuePage(found[:most], after > 0, len(found) > most)


def find_numbered(engine: Engine, numbers: Sequence[int]) -> list[Decision]:
    """The decisions with these numbers, the oldest first; a number of none is left out."""
    return list(find(engine, which=[decisions.c.id.in_(numbers)]))


def count_states(engine: Engine) -> dict[str, int]:
    """How many decisions there are of each state."""
    query = select(state_listed, func.count()).select_from(decisions).group_by(state_listed)
    with engine.connect() as connection:
        counted = {STATES[state]: count for state, count in connection.execute(query)}
    return {state: counted.get(state, 0) for state in STATES}


def holds(text: str) -> list[ColumnElement[bool]]:
    """Decisions with a text in name or reason; a name may be written as it is shown."""
    text = refang(text.strip())
    text = (text.partition("://")[2] or text).rstrip("/")  # as values are kept
    if not text:
        return []
    return [
        decisions.c.value.icontains(text, autoescape=True)
        | decisions.c.reason.icontains(text, autoescape=True)
    ]


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    which: list[ColumnElement[bool]] = []
    for column, word, words in (
        (decisions.c.action, wanted.action, ACTIONS),
        (decisions.c.scope, wanted.scope, SCOPES),
        (decisions.c.origin, wanted.origin, ORIGINS),
    ):
        if word:
            which.append(column == words.index(word))
    return which + holds(wanted.text)
