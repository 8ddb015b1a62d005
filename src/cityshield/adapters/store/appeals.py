"""Appeals kept: each act in one transaction with its audit, which holds no personal data.

What people wrote is in a table of its own, so that it can be deleted and the rest be counted. The
secret of their address is kept as a digest.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, Engine, delete, func, insert, or_, select, update

from cityshield.adapters.store.audit import record
from cityshield.adapters.store.database import writing
from cityshield.adapters.store.decisions import CLOCK, change_within, get_within
from cityshield.adapters.store.tables import appeal_voices, appeals, decisions
from cityshield.desks.decisions.appeals import MOST_OPEN, begin, join, lapse, proof_of
from cityshield.vocabulary.appeal import (
    CLAIMS,
    NEED_MORE,
    OPEN,
    OUTCOMES,
    SPEAKERS,
    STATES,
    Appeal,
    Message,
    Voice,
)
from cityshield.vocabulary.decision import IN_FORCE, Decision
from cityshield.vocabulary.decision import STATES as DECISION_STATES
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.identity import READER, Identity

PUBLIC = Identity("public", READER, how="page")
"""Whoever appeals: the audit knows no more of them."""

_SECRET_BYTES, _PROOF_BYTES = 24, 16
_WAITING = (STATES.index(OPEN), STATES.index(NEED_MORE))
_encode = msgspec.json.encode
_read_messages = msgspec.json.Decoder(tuple[Message, ...]).decode
_read_evidence = msgspec.json.Decoder(dict[str, str]).decode


def new_proof() -> str:
    """A text that nobody can guess, to show control of a name by."""
    return proof_of(secrets.token_hex(_PROOF_BYTES))


def add(
    engine: Engine, number: int, speaker: str, voice: Voice, now: int, hours: int
) -> tuple[Appeal, str]:
    """Keep what somebody says against a decision; the appeal, and the secret of their address.

    Who speaks against the same decision as others of their kind joins their appeal. InputError
    when nothing can be appealed against, or too many wait.
    """
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    with writing(engine) as connection:
        decision = get_within(connection, number)
        fresh = begin(speaker, decision, voice, now, hours)
        row = connection.execute(_waiting_on(number, speaker)).first()
        if row is None:
            _require_room(connection)
            kept = connection.execute(insert(appeals).values(_row(fresh)))
            appeal = replace(fresh, id=int(kept.inserted_primary_key[0]))  # type: ignore[index]
        else:
            appeal = join(read_appeal(row), voice)
            _update(connection, appeal)
        values = {"appeal_id": appeal.id, "digest": _digest(secret), **_voice_row(voice)}
        connection.execute(insert(appeal_voices).values(values))
        _record(connection, PUBLIC, "appeals.join" if row else "appeals.open", now, appeal)
    return appeal, secret


def read(engine: Engine, number: int, by: Identity, now: int) -> Appeal:
    """One appeal with all that was written, and who read it recorded; InputError for none."""
    with writing(engine) as connection:
        appeal = _get(connection, number)
        record(connection, by, "appeals.read", now, {"appeal": number})
    return appeal


def by_secret(engine: Engine, secret: str) -> Appeal | None:
    """The appeal that a secret opens, with the voice that it is the secret of and no other."""
    if not secret.isascii() or len(secret) > 100:
        return None
    with engine.connect() as connection:
        return _by_secret(connection, secret)


def find(engine: Engine, *, states: Sequence[str] = (), most: int = 1000) -> list[Appeal]:
    """Appeals without their voices: what waits for us first, the most urgent before the others."""
    query = select(appeals).order_by(appeals.c.state, appeals.c.due, appeals.c.id).limit(most)
    if states:
        query = query.where(appeals.c.state.in_([STATES.index(state) for state in states]))
    with engine.connect() as connection:
        return [read_appeal(row) for row in connection.execute(query)]


def waiting_on(engine: Engine, number: int) -> list[Appeal]:
    """The undecided appeals against a decision, without their voices."""
    with engine.connect() as connection:
        return [read_appeal(row) for row in connection.execute(_waiting_on(number))]


def reply(
    engine: Engine, secret: str, now: int, step: Callable[[Appeal, int], Appeal]
) -> Appeal | None:
    """Take an appeal further as its voice says; None for a secret that opens nothing."""
    with writing(engine) as connection:
        appeal = _by_secret(connection, secret)
        if appeal is None:
            return None
        after = step(appeal, appeal.voices[0].id)
        _update(connection, after)
        for voice in after.voices:
            changed = update(appeal_voices).where(appeal_voices.c.id == voice.id)
            connection.execute(changed.values(_voice_row(voice)))
        _record(connection, PUBLIC, "appeals.reply", now, after)
    return after


def change(
    engine: Engine,
    number: int,
    act: str,
    by: Identity,
    now: int,
    step: Callable[[Appeal, Decision], Appeal],
) -> Appeal:
    """Take an appeal one step further, as the desk's pure function says, and record the act."""
    with writing(engine) as connection:
        appeal = _get(connection, number)
        after = step(appeal, get_within(connection, appeal.decision))
        _update(connection, after)
        _record(connection, by, act, now, after)
    return after


def grant(
    engine: Engine,
    number: int,
    by: Identity,
    now: int,
    step: Callable[[Appeal, Decision], Appeal],
    ending: Callable[[Decision], Decision],
) -> Appeal:
    """Grant an appeal, end its decision, and grant all others against it, in one transaction."""
    with writing(engine) as connection:
        appeal = _get(connection, number)
        decision = get_within(connection, appeal.decision)
        granted = step(appeal, decision)
        others = connection.execute(_waiting_on(appeal.decision)).all()
        also = [step(read_appeal(row), decision) for row in others if row.id != number]
        for each in (granted, *also):
            _update(connection, each)
            _record(connection, by, "appeals.grant", now, each)
        change_within(connection, appeal.decision, "decisions.end", by, now, ending)
    return granted


def lapse_due(engine: Engine, now: int) -> int:
    """Close what has nothing left to decide; how many that were."""
    in_force = decisions.c.state == DECISION_STATES.index(IN_FORCE)
    over = or_(~in_force, decisions.c.expires <= now)
    unanswered = (appeals.c.state == STATES.index(NEED_MORE)) & (appeals.c.due <= now)
    query = (
        select(appeals)
        .join(decisions, decisions.c.id == appeals.c.decision_id)
        .where(appeals.c.state.in_(_WAITING), or_(over, unanswered))
    )
    with engine.connect() as connection:
        if connection.execute(query.limit(1)).first() is None:
            return 0
    with writing(engine) as connection:
        rows = connection.execute(query).all()
        for row in rows:
            after = lapse(read_appeal(row), now)
            _update(connection, after)
            _record(connection, CLOCK, "appeals.lapse", now, after)
    return len(rows)


def forget_decided_before(engine: Engine, moment: int) -> int:
    """Delete what people and operators wrote in appeals decided before a moment; how many."""
    old = select(appeals.c.id).where(appeals.c.decided_at < moment)
    with writing(engine) as connection:
        connection.exec_driver_sql("PRAGMA secure_delete=ON")  # overwritten, not only unlinked
        mine = appeal_voices.c.appeal_id.in_(old)
        count = connection.scalar(
            select(func.count(func.distinct(appeal_voices.c.appeal_id))).where(mine)
        )
        if count:
            connection.execute(delete(appeal_voices).where(mine))
            connection.execute(update(appeals).where(appeals.c.id.in_(old)).values(asked="[]"))
    return count or 0


def _waiting_on(number: int, speaker: str = "") -> Any:
    query = select(appeals).where(appeals.c.decision_id == number, appeals.c.state.in_(_WAITING))
    return query.where(appeals.c.speaker == SPEAKERS.index(speaker)) if speaker else query


def _require_room(connection: Connection) -> None:
    waiting = select(func.count()).where(appeals.c.state.in_(_WAITING))
    if (connection.scalar(waiting) or 0) >= MOST_OPEN:
        raise InputError("error-appeals-many")


def _get(connection: Connection, number: int) -> Appeal:
    row = connection.execute(select(appeals).where(appeals.c.id == number)).first()
    if row is None:
        raise InputError("error-appeal-none", id=number)
    mine = appeal_voices.c.appeal_id == number
    rows = connection.execute(select(appeal_voices).where(mine).order_by(appeal_voices.c.id))
    return replace(read_appeal(row), voices=tuple(read_voice(each) for each in rows))


def _by_secret(connection: Connection, secret: str) -> Appeal | None:
    mine = select(appeal_voices).where(appeal_voices.c.digest == _digest(secret))
    voice = connection.execute(mine).first()
    if voice is None:
        return None
    row = connection.execute(select(appeals).where(appeals.c.id == voice.appeal_id)).one()
    return replace(read_appeal(row), voices=(read_voice(voice),))


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _record(connection: Connection, by: Identity, act: str, now: int, appeal: Appeal) -> None:
    detail: dict[str, str | int | None] = {
        "appeal": appeal.id,
        "decision": appeal.decision,
        "speaker": appeal.speaker,
        "state": appeal.state,
        "outcome": appeal.outcome,
    }
    record(connection, by, act, now, detail)


def _update(connection: Connection, appeal: Appeal) -> None:
    connection.execute(update(appeals).where(appeals.c.id == appeal.id).values(_row(appeal)))


def _row(appeal: Appeal) -> dict[str, Any]:
    return {
        "decision_id": appeal.decision,
        "speaker": SPEAKERS.index(appeal.speaker),
        "state": STATES.index(appeal.state),
        "opened_at": appeal.opened_at,
        "due": appeal.due,
        "people": appeal.people,
        "answered_at": appeal.answered_at,
        "decided_at": appeal.decided_at,
        "decided_by": appeal.decided_by,
        "reason": appeal.reason,
        "outcome": OUTCOMES.index(appeal.outcome) if appeal.outcome else None,
        "asked": _encode(appeal.asked).decode(),
    }


def read_appeal(row: Any) -> Appeal:
    """An appeal from its row, without its voices."""
    return Appeal(
        row.id,
        row.decision_id,
        SPEAKERS[row.speaker],
        STATES[row.state],
        row.opened_at,
        row.due,
        row.people,
        row.answered_at,
        row.decided_at,
        row.decided_by,
        row.reason,
        OUTCOMES[row.outcome] if row.outcome is not None else "",
        _read_messages(row.asked),
    )


def _voice_row(voice: Voice) -> dict[str, Any]:
    return {
        "claim": CLAIMS.index(voice.claim),
        "evidence": _encode(voice.evidence).decode(),
        "contact": voice.contact,
        "proof": voice.proof,
        "messages": _encode(voice.messages).decode(),
    }


def read_voice(row: Any) -> Voice:
    """A voice from its row."""
    return Voice(
        row.id,
        CLAIMS[row.claim],
        _read_evidence(row.evidence),
        row.contact,
        row.proof,
        _read_messages(row.messages),
    )
