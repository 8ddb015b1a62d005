"""API tokens: shown once, kept as digests, narrowed to scopes, expiring, revocable."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from cityshield.adapters.store.audit import record
from cityshield.adapters.store.database import writing
from cityshield.adapters.store.tables import settings, tokens
from cityshield.vocabulary.errors import Forbidden, InputError
from cityshield.vocabulary.identity import ROLES, SCOPES, Identity

_PREFIX = "cs"
_ID_BYTES, _SECRET_BYTES = 6, 32
_DAY_S = 86_400
_NO_DIGEST = "0" * 64
"""Compared with where there is no such token, so that both take the same time."""

_FIRST = "tokens.first"
"""The setting that says when the first token was made; it outlives all tokens."""


class Token(msgspec.Struct, frozen=True):
    """A token as it is listed; its secret is not kept anywhere."""

    id: str
    name: str
    role: str
    scopes: list[str]
    created_at: int
    expires: int | None
    revoked_at: int | None


def create_token(
    engine: Engine,
    by: Identity,
    now: int,
    name: str,
    role: str,
    scopes: Sequence[str] = (),
    expires_days: int | None = None,
) -> str:
    """A new token for `name`; the text returned is the only copy.

    The text is `cs_ID_SECRET`, the secret 256 random bits, so that one SHA-256 of it keeps it.
    Raises Forbidden when it would allow what its maker may not do.
    """
    _require(name, role, scopes)
    if not by.covers(role, scopes):
        raise Forbidden("error-widen", name=by.name)
    with writing(engine) as connection:
        return _insert(connection, by, now, name, role, scopes, expires_days)


def create_first_token(engine: Engine, by: Identity, now: int, name: str, role: str) -> str | None:
    """A first token; None when there ever was one, also if it was deleted since."""
    with writing(engine) as connection:
        kept = select(settings.c.value).where(settings.c.name == _FIRST)
        held = select(func.count()).select_from(tokens)
        if connection.scalar(kept) is not None or connection.scalar(held):
            return None
        return _insert(connection, by, now, name, role, (), None)


def _insert(
    connection: Connection,
    by: Identity,
    now: int,
    name: str,
    role: str,
    scopes: Sequence[str],
    expires_days: int | None,
) -> str:
    token_id, secret = secrets.token_hex(_ID_BYTES), secrets.token_hex(_SECRET_BYTES)
    expires = None if expires_days is None else now + expires_days * _DAY_S
    connection.execute(
        insert(tokens).values(
            id=token_id,
            name=name,
            role=role,
            scopes=" ".join(scopes),
            digest=sha256(secret.encode()).hexdigest(),
            created_at=now,
            expires=expires,
            created_by="\n".join((*by.makers, by.name)),
        )
    )
    first = insert(settings).values(name=_FIRST, value=str(now))
    connection.execute(first.on_conflict_do_nothing())
    detail = {"token": token_id, "name": name, "role": role, "scopes": " ".join(scopes)}
    record(connection, by, "tokens.create", now, detail)
    return f"{_PREFIX}_{token_id}_{secret}"


def authenticate(engine: Engine, text: str, now: int) -> Identity | None:
    """Whose token this is; None when it is unknown, expired or revoked."""
    prefix, _, rest = text.partition("_")
    token_id, _, secret = rest.partition("_")
    if prefix != _PREFIX or len(token_id) != 2 * _ID_BYTES or not secret:
        return None
    query = select(tokens).where(tokens.c.id == token_id, is_valid(now))
    with engine.connect() as connection:
        row = connection.execute(query).first()
    kept = _NO_DIGEST if row is None else row.digest
    if not hmac.compare_digest(kept, sha256(secret.encode()).hexdigest()) or row is None:
        return None
    return identity_of(row)


def is_valid(now: int) -> ColumnElement[bool]:
    """Whether a token counts: neither revoked nor expired."""
    ends = tokens.c.expires
    return tokens.c.revoked_at.is_(None) & or_(ends.is_(None), ends > now)


def identity_of(row: Any) -> Identity:
    """Who holds the token in a row."""
    scopes = tuple(row.scopes.split())
    return Identity(
        row.name, row.role, scopes, id=row.id, makers=tuple(row.created_by.splitlines())
    )


def revoke_token(engine: Engine, by: Identity, now: int, token_id: str) -> None:
    """End a token; InputError when there is none to end."""
    with writing(engine) as connection:
        ended = connection.execute(
            update(tokens)
            .where(tokens.c.id == token_id, tokens.c.revoked_at.is_(None))
            .values(revoked_at=now)
        ).rowcount
        if not ended:
            raise InputError("error-token", id=token_id)
        record(connection, by, "tokens.revoke", now, {"token": token_id})


def list_tokens(engine: Engine) -> list[Token]:
    """Every token, the oldest first."""
    with engine.connect() as connection:
        rows = connection.execute(
            select(tokens).order_by(tokens.c.created_at, tokens.c.name, tokens.c.id)
        )
        return [_token(row) for row in rows]


def forget_ended_before(engine: Engine, moment: int) -> int:
    """Delete tokens that were revoked or expired before a moment; their number."""
    with writing(engine) as connection:
        return connection.execute(
            delete(tokens).where(or_(tokens.c.revoked_at < moment, tokens.c.expires < moment))
        ).rowcount


def _require(name: str, role: str, scopes: Sequence[str]) -> None:
    if not name.isprintable() or not 1 <= len(name.strip()) <= 200:
        raise InputError("error-source-name", name=name)
    if role not in ROLES:
        raise InputError("error-role", role=role, roles=", ".join(ROLES))
    allowed = [scope for scope, least in SCOPES.items() if ROLES.index(least) <= ROLES.index(role)]
    for scope in scopes:
        if scope not in allowed:
            raise InputError("error-scope", scope=scope, role=role, scopes=", ".join(allowed))


def _token(row: Row[tuple[object, ...]]) -> Token:
    return Token(
        row.id, row.name, row.role, row.scopes.split(), row.created_at, row.expires, row.revoked_at
    )
