"""What can be said of all decisions and appeals together, with nothing of any one of them."""

from __future__ import annotations

from typing import Final

import msgspec

BY_EXPIRY: Final = "expired"
BY_PERSON: Final = "person"
BY_APPEAL: Final = "appeal"
BY_GUARD: Final = "guarded"
BY_SOURCES: Final = "too-few-sources"
"""How a block ends: its time is over, too few sources list it, a person ends it, an appeal is
granted, the name is guarded by now."""


class InForce(msgspec.Struct, frozen=True, order=True):
    """How many decisions of a kind are enforced now."""

    action: str
    origin: str
    scope: str
    count: int


class Week(msgspec.Struct, frozen=True):
    """How many blocks came into force and how many ended in a week; `monday` is its first day."""

    monday: str
    made: int
    ended: int


class Medians(msgspec.Struct, frozen=True):
    """The middle value of each span, in seconds; None where there are too few to tell."""

    proposal_to_force_s: int | None
    block_length_s: int | None
    appeal_to_answer_s: int | None
    appeal_to_decision_s: int | None


class Statistics(msgspec.Struct, frozen=True):
    """Blocks, appeals and mistakes in numbers, at a time (seconds since 1970, UTC).

    `ever` is how many blocks were ever in force, `ends` how those that are over ended, `appeals`
    how many there are in each state (granted ones by outcome), `wrong` how many blocks were found
    wrong by an appeal, and `wrong_per_10000` their share of `ever`, None while there was none.
    Dry runs are not counted.
    """

    at: int
    in_force: tuple[InForce, ...]
    ever: int
    ends: dict[str, int]
    weeks: tuple[Week, ...]
    appeals: dict[str, int]
    wrong: int
    wrong_per_10000: float | None
    medians: Medians
