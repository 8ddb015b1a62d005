"""An appeal: somebody says that a block or a warning is wrong, or that its cause is gone."""

from __future__ import annotations

from typing import Final

import msgspec

OWNER: Final = "owner"
VISITOR: Final = "visitor"
OTHER: Final = "other"
SPEAKERS: Final = (OWNER, VISITOR, OTHER)
"""Who speaks: whose site it is, who wants to use it, anybody else."""

CLEANED: Final = "cleaned"
NEW_OWNER: Final = "new-owner"
MISTAKE: Final = "mistake"
ELSE: Final = "else"
CLAIMS: Final = (CLEANED, NEW_OWNER, MISTAKE, ELSE)
"""What is said: the harm was removed, the name has other hands, it never was so, something else."""

FOUND: Final = "found"
CLOSED: Final = "closed"
RESCAN: Final = "rescan"
SINCE: Final = "since"
PURPOSE: Final = "purpose"
REASON: Final = "reason"
CONTROL: Final = "control"
EVIDENCE: Final = (FOUND, CLOSED, RESCAN, SINCE, PURPOSE, REASON, CONTROL)
"""What may be asked for: what was found and removed, how it got in, a scan since, since when the
name is theirs, what the page is for, why the reason does not hold, and control of the name."""

OPEN: Final = "open"
NEED_MORE: Final = "need-more"
UPHELD: Final = "upheld"
GRANTED: Final = "granted"
LAPSED: Final = "lapsed"
STATES: Final = (OPEN, NEED_MORE, UPHELD, GRANTED, LAPSED)
"""Waits for us; waits for them; the decision stays; the decision ended; nothing was left to decide,
because the decision ended by itself or who was asked did not answer."""

WRONG: Final = "wrong"
MENDED: Final = "mended"
OUTCOMES: Final = (WRONG, MENDED)
"""Why an appeal is granted: the block was wrong, or it was right and its cause is gone."""


class Message(msgspec.Struct, frozen=True, gc=False):
    """What was written, and when (seconds since 1970, UTC)."""

    at: int
    text: str


class Voice(msgspec.Struct, frozen=True):
    """What one person says in an appeal. All of it is personal data: never logged, never open.

    `proof` is the token that shows control of the name (see `desks.decisions.appeals`).
    """

    id: int
    claim: str
    evidence: dict[str, str]
    contact: str
    proof: str
    messages: tuple[Message, ...]


class Appeal(msgspec.Struct, frozen=True):
    """An appeal against one decision by one kind of speaker; times are seconds since 1970, UTC.

    People who speak against the same decision as others of their kind share one appeal, each with
    a voice; `people` is how many there were, `asked` what the operator wrote to all of them. An
    answer is due at `due` while the appeal is open; while it needs more, `due` is when it lapses.
    `answered_at` is the first answer. `outcome` says why it was granted. Once what they wrote has
    had its time there are no voices any more; nor are there in a list.
    """

    id: int
    decision: int
    speaker: str
    state: str
    opened_at: int
    due: int
    people: int = 1
    answered_at: int | None = None
    decided_at: int | None = None
    decided_by: str = ""
    reason: str = ""
    outcome: str = ""
    asked: tuple[Message, ...] = ()
    voices: tuple[Voice, ...] = ()
