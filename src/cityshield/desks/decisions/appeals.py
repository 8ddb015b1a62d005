"""Appeals: who may appeal, what evidence helps, by when we answer, and who decides; pure rules.

A different pair of eyes: who proposed or approved a decision may grant an appeal against it as
wrong, for to own up needs nobody's leave, and one person is enough to end any block. That the
decision was right, so that it stays or ends as mended, only somebody else may say; whose token one
of them made is nobody else.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from msgspec.structs import replace

from cityshield.desks.decisions.review import DAY_S, tie_to
from cityshield.vocabulary.appeal import (
    CLAIMS,
    CLEANED,
    CLOSED,
    CONTROL,
    EVIDENCE,
    FOUND,
    GRANTED,
    LAPSED,
    MENDED,
    MISTAKE,
    NEED_MORE,
    NEW_OWNER,
    OPEN,
    OUTCOMES,
    OWNER,
    PURPOSE,
    REASON,
    RESCAN,
    SINCE,
    SPEAKERS,
    UPHELD,
    WRONG,
    Appeal,
    Message,
    Voice,
)
from cityshield.vocabulary.decision import BLOCK, IN_FORCE, URL, WARN, Decision, Target
from cityshield.vocabulary.errors import Forbidden, InputError
from cityshield.vocabulary.identity import Identity

LONGEST_TEXT = 4000
LONGEST_EVIDENCE = 1000
LONGEST_CONTACT = 200
MOST_VOICES = 200
MOST_MESSAGES = 20
"""How many people share one appeal, and how often each of them may write, at most."""

MOST_OPEN = 10_000
"""How many appeals may wait at the same time: a fuse against floods, not a goal."""

PATIENCE_DAYS = 30
"""How long an appeal that needs more waits for it."""

DNS, FILE, PAGE = "dns", "file", "page"
"""Where the proof of control may stand: a TXT record, a file of the site, the page itself."""

_HOUR_S = 3600
_PROOF = "cityshield-proof="
_PROOF_NAME = "_cityshield"
_PROOF_PATH = "/.well-known/cityshield.txt"
_ASKED = {
    CLEANED: (FOUND, CLOSED, RESCAN, CONTROL),
    NEW_OWNER: (SINCE, PURPOSE, CONTROL),
    MISTAKE: (PURPOSE, REASON, CONTROL),
}


def asked_for(speaker: str, claim: str) -> tuple[str, ...]:
    """The evidence that a claim is weighed by, in the order of the form.

    Only who says that the site is theirs is asked to show control of the name.
    """
    wanted = _ASKED.get(claim, (REASON, CONTROL))
    return wanted if speaker == OWNER else tuple(item for item in wanted if item != CONTROL)


def still_missing(speaker: str, voice: Voice) -> tuple[str, ...]:
    """The evidence that a claim is weighed by and that was not given."""
    return tuple(e for e in asked_for(speaker, voice.claim) if not voice.evidence.get(e))


def proof_of(token: str) -> str:
    """The text that shows control of a name once it stands in DNS or in a file of the site."""
    return _PROOF + token


def proof_places(target: Target) -> dict[str, str]:
    """Where the proof may stand: only who controls the target itself can write there.

    Who has one page on a host of many has neither its DNS nor its root.
    """
    if target.scope == URL:
        return {PAGE: target.value}
    return {DNS: f"{_PROOF_NAME}.{target.host}", FILE: target.host + _PROOF_PATH}


def require_appealable(decision: Decision, now: int) -> None:
    """Raise InputError when there is nothing to appeal against: only what is in force stops."""
    if decision.action not in (BLOCK, WARN):
        raise InputError("error-appeal-action", id=decision.id)
    ended = decision.expires is not None and decision.expires <= now
    if decision.state != IN_FORCE or ended:
        raise InputError("error-appeal-over", id=decision.id)


def speak(
    claim: str,
    text: str,
    contact: str,
    evidence: Mapping[str, str],
    proof: str,
    now: int,
) -> Voice:
    """What one person says, read from a form; its id is 0 until it is kept.

    Raises InputError for want of words, and for what is too long.
    """
    if claim not in CLAIMS:
        raise InputError("error-appeal-claim", claim=claim[:40], claims=", ".join(CLAIMS))
    contact = " ".join(written(contact, LONGEST_CONTACT).split())
    return Voice(0, claim, _evidence(evidence), contact, proof, (_message(text, now),))


def begin(speaker: str, decision: Decision, voice: Voice, now: int, hours: int) -> Appeal:
    """A new appeal; its id is 0 until it is kept. The clock does not stop for weekends."""
    require_appealable(decision, now)
    if speaker not in SPEAKERS:
        raise InputError("error-appeal-speaker", speaker=speaker[:40], speakers=", ".join(SPEAKERS))
    return Appeal(0, decision.id, speaker, OPEN, now, now + hours * _HOUR_S, voices=(voice,))


def join(appeal: Appeal, voice: Voice) -> Appeal:
    """The appeal with one more person who says the same; the clock runs on as it did."""
    if appeal.people >= MOST_VOICES:
        raise InputError("error-appeal-full", id=appeal.decision)
    return replace(appeal, people=appeal.people + 1, voices=(*appeal.voices, voice))


def reply(
    appeal: Appeal, voice: int, text: str, evidence: Mapping[str, str], now: int, hours: int
) -> Appeal:
    """The appeal with more from one of its voices; what was asked for sets the clock anew."""
    _require_undecided(appeal)
    more = _evidence(evidence)
    said = (_message(text, now),) if text.strip() or not more else ()
    voices = tuple(_with(each, said, more) if each.id == voice else each for each in appeal.voices)
    appeal = replace(appeal, voices=voices)
    if appeal.state == NEED_MORE:
        return replace(appeal, state=OPEN, due=now + hours * _HOUR_S)
    return appeal


def ask(appeal: Appeal, text: str, now: int) -> Appeal:
    """The appeal with a question to who appealed; until they answer, our clock rests."""
    _require_undecided(appeal)
    return replace(
        appeal,
        state=NEED_MORE,
        asked=(*appeal.asked, _message(text, now)),
        answered_at=appeal.answered_at or now,
        due=now + PATIENCE_DAYS * DAY_S,
    )


def uphold(appeal: Appeal, decision: Decision, reason: str, by: Identity, now: int) -> Appeal:
    """The appeal answered: the decision stays, for a reason. Forbidden to who had a part in it."""
    _require_other_eyes(decision, by)
    return _decided(appeal, UPHELD, reason, by.name, now)


def grant(
    appeal: Appeal, decision: Decision, reason: str, outcome: str, by: Identity, now: int
) -> Appeal:
    """The appeal answered: the decision ends, as wrong, or as right once and mended now.

    Forbidden to who had a part in the decision, unless they say that it was wrong.
    """
    if outcome not in OUTCOMES:
        raise InputError("error-appeal-outcome", outcome=outcome[:40], outcomes=", ".join(OUTCOMES))
    if outcome == MENDED:
        _require_other_eyes(decision, by)
    return replace(_decided(appeal, GRANTED, reason, by.name, now), outcome=outcome)


def lapse(appeal: Appeal, now: int) -> Appeal:
    """The appeal closed with nothing left to decide."""
    return replace(appeal, state=LAPSED, decided_at=now)


def is_overdue(appeal: Appeal, now: int) -> bool:
    """Whether the answer that was promised is late."""
    return appeal.state == OPEN and appeal.due <= now


def written(text: str, most: int) -> str:
    """A text as it is kept; InputError when it is longer than `most`."""
    kept = readable(text[: 4 * most])
    if len(text) > 4 * most or len(kept) > most:
        raise InputError("error-appeal-long", most=most)
    return kept


def readable(text: str) -> str:
    """Lines and letters, without what a terminal or a page would act on."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c if c == "\n" or c.isprintable() else " " for c in lines).strip()


def _require_other_eyes(decision: Decision, by: Identity) -> None:
    if tie_to(decision, by) is not None:
        raise Forbidden("error-appeal-own", id=decision.id, name=by.name, outcome=WRONG)


def _require_undecided(appeal: Appeal) -> None:
    if appeal.state not in (OPEN, NEED_MORE):
        raise InputError("error-appeal-decided", id=appeal.id, state=appeal.state)


def _decided(appeal: Appeal, state: str, reason: str, by: str, now: int) -> Appeal:
    _require_undecided(appeal)
    told = _message(reason, now).text
    first = appeal.answered_at or now
    return replace(
        appeal, state=state, reason=told, decided_at=now, decided_by=by, answered_at=first
    )


def _with(voice: Voice, said: tuple[Message, ...], more: Mapping[str, str]) -> Voice:
    if len(voice.messages) + len(said) > MOST_MESSAGES:
        raise InputError("error-appeal-often", most=MOST_MESSAGES)
    return replace(voice, messages=(*voice.messages, *said), evidence={**voice.evidence, **more})


def _evidence(given: Mapping[str, str]) -> dict[str, str]:
    read = {name: written(given.get(name, ""), LONGEST_EVIDENCE) for name in EVIDENCE}
    return {name: text for name, text in read.items() if text}


def _message(text: str, now: int) -> Message:
    told = written(text, LONGEST_TEXT)
    if not told:
        raise InputError("error-appeal-empty")
    return Message(now, told)
