"""The gate in front of every route: who asks, how much, how long; and headers on every answer.

Plain ASGI (asgi.readthedocs.io), so that an answer that is refused costs next to nothing.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import suppress
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram

from cityshield.config import Server
from cityshield.entrypoints.web.addresses import Proxies
from cityshield.vocabulary.errors import InputError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Refuse = Callable[[Scope, int, str, dict[str, str]], tuple[str, bytes]]
"""Makes the body of a refusal: scope, status, sentence id, arguments -> media type, body."""

UNIT_BYTES = 16 * 1024
_MOST_CLIENTS = 50_000
_DRAIN_S = 2.0
_BULK = "/api/v1/check/bulk"
"""Has bounds of its own."""

_IMPORTS = "/api/v1/feeds/"
"""What comes by a token and is not undone when the one who sent it is told that it took long."""

SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        b"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
]

log = structlog.get_logger("cityshield.web")


class TooMuch(InputError):
    """A body went over its limit while it came in."""


class Meter:
    """A token bucket for each client: so many units a minute, so many at once."""

    def __init__(self, per_minute: int, burst: int) -> None:
        self._per_s = per_minute / 60
        self._burst = float(burst)
        self._clients: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, client: str, units: float, now: float) -> float:
        """Take units for a client: 0 when it may go on, else the seconds until it may."""
        left, at = self._clients.pop(client, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._per_s)
        wait = 0.0
        if left >= min(units, self._burst):
            left -= units
        else:
            wait = (min(units, self._burst) - left) / self._per_s
        self._clients[client] = (left, now)
        if len(self._clients) > _MOST_CLIENTS:
            self._clients.popitem(last=False)
        return wait

    async def slow_down(self, client: str, units: float) -> None:
        """Take units for a client, waiting until it has them."""
        while wait := self.wait_s(client, units, time.monotonic()):  # noqa: ASYNC110
            await asyncio.sleep(min(wait, 5.0))


class _Body:
    """A request's body while it comes in: bounded, and charged if its length was not told."""

    def __init__(
        self, receive: Receive, most_bytes: int, meter: Meter | None, client: str, idle_s: float
    ) -> None:
        self._receive = receive
        self._most_bytes = most_bytes
        self._meter = meter
        self._client = client
        self._idle_s = idle_s
        self._taken = 0

    async def receive(self) -> Message:
        """The next message; InputError when it is too much or nothing comes for so long."""
        try:
            async with asyncio.timeout(self._idle_s):
                message = await self._receive()
        except TimeoutError:
            raise InputError("error-time") from None
        size = len(message.get("body", b""))
        self._taken += size
        if self._taken > self._most_bytes:
            raise TooMuch("error-body-long", mib=self._most_bytes >> 20)
        if self._meter is not None and size:
            await self._meter.slow_down(self._client, size / UNIT_BYTES)
        return message


class Gate:
    """Meters, bounds and times every request, and puts the security headers on every answer."""

    def __init__(
        self, app: App, server: Server, registry: CollectorRegistry, refuse: Refuse
    ) -> None:
        self._app = app
        self._server = server
        self._refuse = refuse
        self._meter = Meter(server.rate_per_minute, server.rate_burst)
        self._proxies = Proxies(server.trusted_proxies)
        self._answers = Counter(
            "cityshield_http_answers", "HTTP answers.", ("method", "status"), registry=registry
        )
        self._seconds = Histogram(
            "cityshield_http_seconds", "Time to the end of an answer.", registry=registry
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection's request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.monotonic()
        state = {"status": 0}
        only_headers = scope["method"] == "HEAD"
        if only_headers:  # RFC 9110, 9.3.2: what GET would answer, without the body
            scope = {**scope, "method": "GET"}

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                state["status"] = message["status"]
                message["headers"] = _with_security(message["headers"])
            elif only_headers:
                message["body"] = b""
            await send(message)

        try:
            await self._pass(scope, receive, send_on, state, started)
        finally:
            status = state["status"]
            self._answers.labels(_method(scope), str(status)).inc()
            self._seconds.observe(time.monotonic() - started)
            if status >= 500 or status == 0:
                log.warning("answer", method=_method(scope), status=status)

    async def _pass(
        self, scope: Scope, receive: Receive, send: Send, state: dict[str, int], started: float
    ) -> None:
        headers = dict(scope["headers"])
        client = self._note_client(scope, headers)
        length = int(headers.get(b"content-length", b"0") or b"0")
        limit = self._server.max_body_bytes
        bulk = scope["path"] == _BULK
        if length > limit and not bulk:
            await _drain(scope, receive, limit)
            await self._stop(scope, send, 413, "error-body-long", mib=str(limit >> 20))
            return
        units = 1.0 if bulk else 1 + length / UNIT_BYTES
        if wait := self._meter.wait_s(client, units, started):
            seconds = str(math.ceil(wait))
            await _drain(scope, receive, limit)
            await self._stop(scope, send, 429, "error-rate", seconds=seconds)
            return
        if bulk:
            await self._app(scope, receive, send)
            return
        meter = None if b"content-length" in headers else self._meter
        body = _Body(receive, limit, meter, client, self._server.time_s)
        await self._pass_bounded(scope, body, send, state)

    def _note_client(self, scope: Scope, headers: dict[bytes, bytes]) -> str:
        """Who the client is, and whether by TLS, written down for the routes too."""
        peer = scope["client"][0] if scope.get("client") else ""
        client = self._proxies.client(peer, headers.get(b"x-forwarded-for", b"").decode("latin-1"))
        secure = scope.get("scheme") == "https" or (
            headers.get(b"x-forwarded-proto") == b"https" and self._proxies.trusts(peer)
        )
        scope.setdefault("state", {}).update(
            client=client, secure=secure, meter=self._meter, headers=headers
        )
        return client

    async def _pass_bounded(
        self, scope: Scope, body: _Body, send: Send, state: dict[str, int]
    ) -> None:
        time_s = None if scope["path"].startswith(_IMPORTS) else self._server.time_s + 5
        try:
            async with asyncio.timeout(time_s):
                await self._app(scope, body.receive, send)
        except TooMuch:
            if not state["status"]:
                mib = str(self._server.max_body_bytes >> 20)
                await self._stop(scope, send, 413, "error-body-long", mib=mib)
        except TimeoutError:
            if not state["status"]:
                await self._stop(scope, send, 503, "error-time")

    async def _stop(
        self, scope: Scope, send: Send, status: int, sentence: str, **args: str
    ) -> None:
        media_type, body = self._refuse(scope, status, sentence, args)
        headers = [
            (b"content-type", media_type.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),
        ]
        if "seconds" in args:
            headers.append((b"retry-after", args["seconds"].encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _drain(scope: Scope, receive: Receive, most_bytes: int) -> None:
    """Take in what a refused client is sending, within bounds, so that it reads the answer.

    Many clients, and proxies, see a broken connection instead when nobody reads their body. One
    that waits to be asked for it (RFC 9110, 10.1.1) is not asked.
    """
    if dict(scope["headers"]).get(b"expect"):
        return
    taken = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_S):
            while taken <= most_bytes:
                message = await receive()
                taken += len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body"):
                    return


def _with_security(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    given = list(headers)
    names = {name.lower() for name, _ in given}
    return given + [header for header in SECURITY_HEADERS if header[0] not in names]


def _method(scope: Scope) -> str:
    method: str = scope["method"]
    known = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    return method if method in known else "OTHER"
