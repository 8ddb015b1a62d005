"""Signing in with a token, and out."""

from __future__ import annotations

import math
import re
import time
from typing import Any

from litestar import Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.response import Redirect

from cityshield.entrypoints.console.forms import read_fields, text_of
from cityshield.entrypoints.console.room import HOME, Console, language_of
from cityshield.entrypoints.console.visits import (
    SIGN_IN,
    Asked,
    require_own_form,
    require_own_sign_in,
)
from cityshield.vocabulary.errors import CityShieldError, Forbidden

_OURS = re.compile(r"/console(?:/[a-z0-9-]+)*(?:\?[A-Za-z0-9%&=+._~-]*)?")
_UNITS = 100
"""What one try costs the client's address; see `server.rate_per_minute`."""


def sign_in_routes(console: Console) -> list[BaseRouteHandler]:
    """The routes to come and to leave by."""
    visits = console.visits

    @get(SIGN_IN, include_in_schema=False)
    async def ask(request: Asked) -> Response[bytes]:
        return _page(console, request, str(request.query_params.get("next", "")))

    @post(SIGN_IN, include_in_schema=False)
    async def sign_in(request: Asked) -> Response[Any]:
        state = request.scope["state"]
        wait_s = state["meter"].wait_s(state["client"], _UNITS, time.monotonic())
        if wait_s:
            error = CityShieldError("error-rate", seconds=math.ceil(wait_s))
            return _page(console, request, "", error, 429)
        form = await read_fields(request)
        wanted = text_of(form, "next")
        answer = Redirect(_ours(wanted), status_code=303, headers={"cache-control": "no-store"})
        try:
            require_own_sign_in(request, form)
            await visits.sign_in(request, text_of(form, "token").strip(), answer)
        except Forbidden as error:
            return _page(console, request, wanted, error, 403)
        return answer

    @post("/console/sign-out", include_in_schema=False)
    async def sign_out(request: Asked) -> Response[Any]:
        visit = await visits.visit(request)
        require_own_form(request, await read_fields(request), visit.key)
        headers = {"cache-control": "no-store"}
        answer = Redirect(SIGN_IN, status_code=303, headers=headers)
        await visits.sign_out(request, answer)
        return answer

    return [ask, sign_in, sign_out]


def _page(
    console: Console,
    request: Asked,
    wanted: str,
    error: CityShieldError | None = None,
    status: int = 200,
) -> Response[bytes]:
    """The page to sign in; its key needs a cookie, which the answer brings where it lacks."""
    told = console.say(error, language_of(request)) if error else ""
    cookies: Response[bytes] = Response(b"")
    key = console.visits.key_for_sign_in(request, cookies)
    answer = console.show(
        request,
        "sign-in.html.j2",
        status=status,
        wanted=_ours(wanted),
        asked=bool(wanted),
        sign_in_key=key,
        told=told,
    )
    answer.cookies.extend(cookies.cookies)
    return answer


def _ours(place: str) -> str:
    """A place of the console to go on to; any other is the start page."""
    return place if len(place) <= 2000 and _OURS.fullmatch(place) else HOME
