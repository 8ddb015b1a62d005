"""The audit: who did what, when; append-only, each entry bound to the one before by its digest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256

import msgspec
from sqlalchemy import Connection, Engine, insert, select

from cityshield.adapters.store.database import writing
from cityshield.adapters.store.tables import audit, decided_on
from cityshield.vocabulary.identity import Identity

ORIGIN = "0" * 64
"""What the first entry follows."""

_encode = msgspec.json.Encoder(order="sorted").encode


class Entry(msgspec.Struct, frozen=True):
    """One act. `detail` is a JSON object; `digest` is the SHA-256 of all the other fields."""

    seq: int
    at: int
    actor: str
    action: str
    detail: str
    previous: str
    digest: str


class Audited(msgspec.Struct, frozen=True):
    """What verification found: entries in order, the newest digest, and the first fault if any."""

    entries: int
    digest: str
    broken_at: int | None = None
    reason: str = ""


def record(
    connection: Connection,
    identity: Identity,
    action: str,
    at: int,
    detail: Mapping[str, str | int | None],
) -> None:
    """Append an act, in the transaction that carries it out."""
    last = connection.execute(
        select(audit.c.seq, audit.c.digest).order_by(audit.c.seq.desc()).limit(1)
    ).first()
    seq, previous = (last.seq + 1, last.digest) if last else (1, ORIGIN)
    actor = f"{identity.how}:{identity.name}" + (f"#{identity.id}" if identity.id else "")
    text = _encode(dict(detail)).decode()
    digest = _digest(seq, at, actor, action, text, previous)
    connection.execute(
        insert(audit).values(
            seq=seq, at=at, actor=actor, action=action, detail=text, previous=previous,
            digest=digest,
        )
    )  # fmt: skip


def record_alone(
    engine: Engine,
    identity: Identity,
    action: str,
    at: int,
    detail: Mapping[str, str | int | None],
) -> None:
    """Append an act in a transaction of its own."""
    with writing(engine) as connection:
        record(connection, identity, action, at, detail)


def read_audit(engine: Engine, after: int = 0, most: int | None = None) -> Iterator[Entry]:
    """Entries in order, from the one after `after`."""
    query = select(audit).where(audit.c.seq > after).order_by(audit.c.seq).limit(most)
    with engine.connect() as connection:
        for row in connection.execute(query):
            yield Entry(*row)


def read_history(engine: Engine, decision: int, most: int) -> list[Entry]:
    """What was done with one decision, in order; the first acts, so many at most."""
    query = select(audit).where(decided_on == decision).order_by(audit.c.seq).limit(most)
    with engine.connect() as connection:
        return [Entry(*row) for row in connection.execute(query)]


def verify(engine: Engine) -> Audited:
    """Follow the chain from its origin; the first entry that does not fit ends it."""
    previous, count = ORIGIN, 0
    for entry in read_audit(engine):
        reason = ""
        if entry.seq != count + 1:
            reason = "gap"
        elif entry.previous != previous:
            reason = "chain"
        elif entry.digest != _digest(
            entry.seq, entry.at, entry.actor, entry.action, entry.detail, entry.previous
        ):
            reason = "digest"
        if reason:
            return Audited(count, previous, entry.seq, reason)
        previous, count = entry.digest, count + 1
    return Audited(count, previous)


def _digest(seq: int, at: int, actor: str, action: str, detail: str, previous: str) -> str:
    return sha256(_encode([seq, at, actor, action, detail, previous])).hexdigest()
