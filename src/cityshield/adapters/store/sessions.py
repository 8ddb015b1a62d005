"""Sessions of people at the console: kept as digests, ended by time, by people, and with the token.

A session is an unguessable text that only the browser holds. Whose it is, and what they may do, is
asked of the token at each use, so whoever revokes the token ends its sessions at once.
"""

from __future__ import annotations

import secrets
from hashlib import sha256

from sqlalchemy import Engine, delete, insert, or_, select, update

from cityshield.adapters.store.audit import record
from cityshield.adapters.store.database import writing
from cityshield.adapters.store.tables import sessions, tokens
from cityshield.adapters.store.tokens import identity_of, is_valid
from cityshield.vocabulary.identity import Identity

ID_BYTES = 32
MOST_OF_A_TOKEN = 20
"""How many sessions one token has at once; the one that was idle longest makes way."""

_NOTED_EVERY_S = 60
"""Being used is written down this often, not at each request."""


def new_session_id() -> str:
    """256 random bits, as hexadecimal digits."""
    return secrets.token_hex(ID_BYTES)


def start_session(engine: Engine, by: Identity, now: int, idle_s: int, longest_s: int) -> str:
    """A new session of who proved to be `by` with a token; its id, of which only a digest is kept.

    It ends after `idle_s` without use, and after `longest_s` in any case.
    """
    session_id = new_session_id()
    ours = sessions.c.token_id == by.id
    newest = select(sessions.c.digest).where(ours).order_by(sessions.c.idle_at.desc())
    with writing(engine) as connection:
        keep = connection.scalars(newest.limit(MOST_OF_A_TOKEN - 1)).all()
        connection.execute(delete(sessions).where(ours, sessions.c.digest.not_in(keep)))
        values = {"digest": _digest(session_id), "token_id": by.id, "started_at": now}
        ends = {"idle_at": now + idle_s, "expires": now + longest_s}
        connection.execute(insert(sessions).values(**values, **ends))
        record(connection, by, "console.sign-in", now, {"token": by.id})
    return session_id


def resume_session(engine: Engine, session_id: str, now: int, idle_s: int) -> Identity | None:
    """Whose session this is, which counts as a use of it; None when it ended or never was."""
    digest = _digest(session_id)
    query = (
        select(tokens, sessions.c.idle_at)
        .join(sessions, sessions.c.token_id == tokens.c.id)
        .where(
            sessions.c.digest == digest,
            sessions.c.idle_at > now,
            sessions.c.expires > now,
            is_valid(now),
        )
    )
    with engine.connect() as connection:
        row = connection.execute(query).first()
    if row is None:
        return None
    if now + idle_s - row.idle_at >= _NOTED_EVERY_S:
        with writing(engine) as connection:
            used = update(sessions).where(sessions.c.digest == digest)
            connection.execute(used.values(idle_at=now + idle_s))
    return identity_of(row)


def end_session(engine: Engine, session_id: str, by: Identity, now: int) -> None:
    """End a session; one that ended already stays so."""
    with writing(engine) as connection:
        gone = delete(sessions).where(sessions.c.digest == _digest(session_id))
        if connection.execute(gone).rowcount:
            record(connection, by, "console.sign-out", now, {"token": by.id})


def forget_ended(engine: Engine, now: int) -> int:
    """Delete the sessions that ended by time or with their token; their number."""
    valid = select(tokens.c.id).where(is_valid(now))
    ended = or_(
        sessions.c.idle_at <= now, sessions.c.expires <= now, sessions.c.token_id.not_in(valid)
    )
    with writing(engine) as connection:
        return connection.execute(delete(sessions).where(ended)).rowcount


def _digest(session_id: str) -> str:
    return sha256(session_id.encode("utf-8", "replace")).hexdigest()
