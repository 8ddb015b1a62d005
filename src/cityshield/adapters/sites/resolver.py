"""Many questions to a resolver at once: UDP, again when it is silent, TCP for what did not fit.

The socket is connected, so that only the resolver is heard; number and port are random, and an
answer must repeat the question (RFC 5452).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from random import SystemRandom
from typing import cast

from cityshield.adapters.sites.wire import Malformed, Reply, ask, question, read
from cityshield.vocabulary.errors import ConfigurationError

_TRIES_S = (0.3, 1.5, 3.0, 5.0)
"""How long each try waits. Who is not answered in the first waits beside those who have their turn:
names whose own servers are silent, some of which are in every census, must hold up no others."""

_LARGEST = 65_535
_DICE = SystemRandom()
_MOST_LATE = 4_000
"""Questions that wait for their second answer or a later one."""
_SOCKETS = 4
"""Sockets to each resolver: more ports to guess, and more room for answers that come at once."""


class Resolver:
    """Asks resolvers (`address` or `address:port`; those of the system where none are named).

    At most `in_flight` questions wait for their first answer.
    """

    def __init__(self, servers: Sequence[str] = (), in_flight: int = 200) -> None:
        self._servers = [_place(text) for text in servers] or _system()
        self._turns = asyncio.Semaphore(in_flight)
        self._late = asyncio.Semaphore(_MOST_LATE)
        self._sockets: list[_Socket] = []
        self._opening = asyncio.Lock()
        self.questions = 0

    async def ask(self, name: str, kind: int, *, unchecked: bool = False) -> Reply:
        """The answer to one question; the code is `TIMEOUT` where none came.

        With `unchecked`, a resolver that checks signatures is asked not to.
        """
        try:
            asked = question(name, kind)
        except Malformed:
            return Reply("FORMERR")
        if not self._sockets:
            await self._open()
        first, *others = _TRIES_S
        async with self._turns:
            reply = await self._ask_once(asked, first, unchecked)
        if reply is not None and not reply.truncated:
            return reply
        async with self._late:
            for wait_s in others:
                if reply is None:
                    reply = await self._ask_once(asked, wait_s, unchecked)
                if reply is not None and reply.truncated:
                    reply = await self._ask_tcp(asked, unchecked)
                if reply is not None:
                    return reply
        return Reply("TIMEOUT")

    async def _ask_once(self, asked: bytes, wait_s: float, unchecked: bool) -> Reply | None:
        """The answer over UDP, None where none came that is one."""
        self.questions += 1
        data = await next(self._next).ask(asked, wait_s, unchecked)
        try:
            return read(data, asked) if data is not None else None
        except Malformed:
            return None

    async def _open(self) -> None:
        async with self._opening:
            if self._sockets:
                return
            loop = asyncio.get_running_loop()
            sockets = []
            for _ in range(_SOCKETS):
                for server in self._servers:
                    _, socket = await loop.create_datagram_endpoint(
                        lambda server=server: _Socket(server),  # type: ignore[misc]
                        remote_addr=server,
                    )
                    sockets.append(socket)
            self._next = cycle(sockets)
            self._sockets = sockets

    async def _ask_tcp(self, asked: bytes, unchecked: bool) -> Reply | None:
        """The answer over TCP, None where none came that is one."""
        try:
            async with asyncio.timeout(_TRIES_S[-1]):
                reader, writer = await asyncio.open_connection(*next(self._next).server)
                try:
                    packet = ask(asked, _draw(), unchecked=unchecked)
                    writer.write(len(packet).to_bytes(2, "big") + packet)
                    size = int.from_bytes(await reader.readexactly(2), "big")
                    return read(await reader.readexactly(size), asked)
                finally:
                    writer.close()
        except (Malformed, OSError, TimeoutError, EOFError):
            return None

    def close(self) -> None:
        """Give the sockets back."""
        for socket in self._sockets:
            socket.close()
        self._sockets = []


class _Socket(asyncio.DatagramProtocol):
    """A connected socket: what is on the way, by number."""

    def __init__(self, server: tuple[str, int]) -> None:
        self.server = server
        self._transport: asyncio.DatagramTransport | None = None
        self._waiting: dict[int, tuple[bytes, asyncio.Future[bytes | None]]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what questions are sent through."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Take an answer, if it is one to a question that waits."""
        found = self._waiting.get(int.from_bytes(data[:2], "big"))
        if found is None or len(data) < 12:
            return
        asked, future = found
        echoed = data[12 : 12 + len(asked)]
        if (echoed == asked or echoed.lower() == asked.lower()) and not future.done():
            future.set_result(data)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there: the tries that wait come to their end by their time."""

    async def ask(self, asked: bytes, wait_s: float, unchecked: bool) -> bytes | None:
        """The answer as bytes, None where none came in time."""
        assert self._transport is not None
        number = _draw()
        while number in self._waiting:
            number = _draw()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bytes | None] = loop.create_future()
        self._waiting[number] = (asked, future)
        late = loop.call_later(wait_s, _give_up, future)
        try:
            self._transport.sendto(ask(asked, number, unchecked=unchecked))
            return await future
        finally:
            late.cancel()
            del self._waiting[number]

    def close(self) -> None:
        """Give the socket back."""
        if self._transport is not None:
            self._transport.close()


def _draw() -> int:
    """A number that nobody can guess."""
    return _DICE.getrandbits(16)


def _give_up(future: asyncio.Future[bytes | None]) -> None:
    if not future.done():
        future.set_result(None)


def _place(text: str) -> tuple[str, int]:
    """A resolver's address and port: `192.0.2.1`, `192.0.2.1:53`, `[2001:db8::1]:53`."""
    host, port = text, "53"
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":") or "53"
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    if not port.isdecimal() or not 0 < int(port) <= _LARGEST:
        raise ConfigurationError("error-sites-resolver", text=text[:100])
    return host, int(port)


def _system() -> list[tuple[str, int]]:
    """The resolvers of this machine."""
    try:
        lines = Path("/etc/resolv.conf").read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    words = [line.split() for line in lines]
    found = [line[1] for line in words if len(line) > 1 and line[0] == "nameserver"]
    return [(host.partition("%")[0], 53) for host in found] or [("127.0.0.1", 53)]
