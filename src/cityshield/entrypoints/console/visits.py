"""Who is at the console: the cookie of a session, and proof that a form is the console's own.

Cookies are HttpOnly and SameSite=Strict, and over TLS bound to this very host by the prefix
`__Host-` (RFC 6265bis, 4.1.3.2). A form proves itself twice: by a key that only pages of the same
session hold, and by what the browser says of where it comes from (Fetch Metadata, else Origin).
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec
from litestar import Request, Response

from cityshield.adapters.store.cases import count_waiting
from cityshield.adapters.store.sessions import (
    ID_BYTES,
    end_session,
    new_session_id,
    resume_session,
    start_session,
)
from cityshield.service import Service
from cityshield.vocabulary.errors import Forbidden
from cityshield.vocabulary.identity import Identity

Asked = Request[Any, Any, Any]
Fields = Mapping[str, object]

SIGN_IN = "/console/sign-in"
READ, WRITE = "decisions:read", "decisions:write"
APPEALS_READ, APPEALS_WRITE = "appeals:read", "appeals:write"
KEY_FIELD = "key"
_SESSION, _FORM = "cityshield-console", "cityshield-form"
_HEX = frozenset("0123456789abcdef")


class NotSignedIn(Forbidden):
    """Nobody is signed in, or their session ended."""


class Visit(msgspec.Struct, frozen=True):
    """Somebody at the console during one request, and the key of the forms that they are shown.

    `appeals` is how many wait for an answer, none for who may not see them.
    """

    identity: Identity
    session: str
    appeals: int = 0

    @property
    def key(self) -> str:
        """What a form of this session carries."""
        return form_key(self.session)

    def may(self, scope: str) -> bool:
        """Whether they may act within a scope."""
        return self.identity.may(scope)


class Visits:
    """Sessions over HTTP."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._idle_s = service.config.console.idle_minutes * 60
        self._longest_s = service.config.console.longest_hours * 3600

    async def visit(self, request: Asked, scope: str = READ) -> Visit:
        """Who is asking; NotSignedIn for nobody, Forbidden for one who may not act in `scope`."""
        session = _cookie(request, _SESSION)
        identity, waiting = None, 0
        if session:
            identity, waiting = await asyncio.to_thread(self._resume, session)
        if identity is None:
            raise NotSignedIn("error-not-signed-in")
        if not identity.may(scope):
            raise Forbidden("error-forbidden", name=identity.name, scope=scope)
        return Visit(identity, session, waiting)

    def _resume(self, session: str) -> tuple[Identity | None, int]:
        """Whose session this is, and how many appeals wait for them and others."""
        engine, now = self._service.engine, self._service.clock.now()
        identity = resume_session(engine, session, now, self._idle_s)
        sees = identity is not None and identity.may(APPEALS_READ)
        return identity, count_waiting(engine, now) if sees else 0

    async def sign_in(self, request: Asked, token: str, answer: Response[bytes]) -> None:
        """Begin a session with what the token allows, under a new id; an older one ends.

        Raises Forbidden for a token that proves nobody, or somebody who may see no decisions.
        """
        identity = await self._service.identify(f"Bearer {token}", READ)
        await self.sign_out(request)
        now = self._service.clock.now()
        given = (self._service.engine, identity, now, self._idle_s, self._longest_s)
        session = await asyncio.to_thread(start_session, *given)
        _set(request, answer, _SESSION, session)

    async def sign_out(self, request: Asked, answer: Response[bytes] | None = None) -> None:
        """End the session that the browser holds, if there is one."""
        try:
            visit = await self.visit(request)
        except Forbidden:
            visit = None
        if visit is not None:
            now = self._service.clock.now()
            given = (self._service.engine, visit.session, visit.identity, now)
            await asyncio.to_thread(end_session, *given)
        if answer is not None:
            _set(request, answer, _SESSION, "", max_age_s=0)

    def key_for_sign_in(self, request: Asked, answer: Response[bytes]) -> str:
        """The key of the form that signs in: of a cookie of its own, which is no session."""
        held = _cookie(request, _FORM)
        if not held:
            held = new_session_id()
            _set(request, answer, _FORM, held)
        return form_key(held)


def form_key(secret: str) -> str:
    """What a form carries to show that it was made for whoever holds the cookie `secret`."""
    return hmac.new(secret.encode(), b"form", "sha256").hexdigest()


def require_own_sign_in(request: Asked, form: Fields) -> None:
    """Forbidden unless the form that signs in is ours."""
    held = _cookie(request, _FORM)
    if not held:
        raise Forbidden("error-form-foreign")
    require_own_form(request, form, form_key(held))


def require_own_form(request: Asked, form: Fields, key: str) -> None:
    """Forbidden unless a form carries this key and the browser says that it comes from here."""
    given = form.get(KEY_FIELD)
    same = isinstance(given, str) and hmac.compare_digest(given.encode(), key.encode())
    if not same or not _is_from_here(request):
        raise Forbidden("error-form-foreign")


def _is_from_here(request: Asked) -> bool:
    """Whether the browser sent this from a page of this origin; unsaid is no."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    try:
        origin = urlsplit(request.headers.get("origin", ""))
    except ValueError:
        return False
    return bool(origin.netloc) and origin.netloc == request.headers.get("host", "")


def _is_secure(request: Asked) -> bool:
    return bool(request.scope["state"]["secure"])


def _named(request: Asked, name: str) -> tuple[str, str]:
    """A cookie's name and path."""
    return (f"__Host-{name}", "/") if _is_secure(request) else (name, "/console")


def _cookie(request: Asked, name: str) -> str:
    """The secret in a cookie, empty for what is none."""
    value = request.cookies.get(_named(request, name)[0], "")
    return value if len(value) == 2 * ID_BYTES and set(value) <= _HEX else ""


def _set(
    request: Asked, answer: Response[bytes], name: str, value: str, max_age_s: int | None = None
) -> None:
    """Give the browser a cookie; one without an age is gone with the browser."""
    named, path = _named(request, name)
    strict: Literal["strict"] = "strict"
    answer.set_cookie(
        named,
        value,
        path=path,
        max_age=max_age_s,
        httponly=True,
        secure=_is_secure(request),
        samesite=strict,
    )
