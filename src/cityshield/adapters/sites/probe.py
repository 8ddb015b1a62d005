"""What versions and weak suites of TLS a server takes, seen in at most twelve connections.

A server answers a hello with the newest version it has that is not newer than the one offered, so
each answer settles all versions down to it. It chooses one suite of those offered, so each answer
to a hello of weak suites tells at least one family; the next offers only suites of families that
are not yet known, until none is taken. No handshake is completed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, cast

from cityshield.adapters.sites.hello import (
    ALL_FAMILIES,
    FAMILIES,
    NAMES,
    NEWEST,
    SSL3,
    STRONG,
    SUITES,
    TLS10,
    TLS12,
    TLS13,
    WEAK,
    Heard,
    client_hello,
    read_answer,
)
from cityshield.guards.sites.facts import Tls

MOST_CONNECTIONS: Final = 12

Say = Callable[[bytes], Awaitable[Heard | None]]
"""Sends a hello over a new connection; None where none could be made."""


async def probe(host: str, say: Say) -> Tls:
    """What a server takes. `say` is asked at most twelve times."""
    return await _Probe(host, say).run()


class _Probe:
    """One probe: what is known so far."""

    def __init__(self, host: str, say: Say) -> None:
        self._host = host
        self._say = say
        self._connections = 0
        self._versions: set[int] = set()
        self._refused: set[int] = set()
        self._weak: set[str] = set()
        self._suite = -1

    async def run(self) -> Tls:
        await self._find_versions()
        await self._find_weak()
        return Tls(
            versions=tuple(NAMES[each] for each in sorted(self._versions)),
            refused=tuple(NAMES[each] for each in sorted(self._refused)),
            weak=tuple(sorted(self._weak)),
            suite=SUITES.get(self._suite, ""),
            connections=self._connections,
        )

    async def _ask(self, version: int, suites: list[int]) -> Heard | None:
        if self._connections >= MOST_CONNECTIONS:
            return None
        self._connections += 1
        return await self._say(client_hello(self._host, version, suites))

    async def _find_versions(self) -> None:
        silent = 0
        version = TLS13
        while version >= SSL3:
            heard = await self._ask(version, self._offer(version))
            if heard is None:
                silent += 1
                if silent > 1:  # nobody is there any more
                    return
            elif heard.version in NAMES and SSL3 <= heard.version <= version:
                self._refused.update(range(heard.version + 1, version + 1))
                self._versions.add(heard.version)
                if heard.suite in FAMILIES:
                    self._weak |= FAMILIES[heard.suite]
                if self._suite < 0:
                    self._suite = heard.suite
                version = heard.version
            elif heard.rules_out_older and TLS10 <= version < TLS13:
                # one more hello to the oldest, which some servers speak and no newer one
                self._refused.update(range(TLS10, version + 1))
                version = min(version, TLS10)
            else:
                self._refused.add(version)
            version -= 1

    @staticmethod
    def _offer(version: int) -> list[int]:
        if version == TLS13:
            return list(NEWEST)
        return [*STRONG, *WEAK] if version == TLS12 else list(WEAK)

    async def _find_weak(self) -> None:
        older = [version for version in self._versions if version < TLS13]
        if not older:
            return
        newest = max(older)
        while self._weak != ALL_FAMILIES:
            offered = [code for code, all_of in FAMILIES.items() if all_of - self._weak]
            heard = await self._ask(newest, offered)
            if heard is None or heard.suite not in offered:
                return
            self._weak |= FAMILIES[heard.suite]


class Hello(asyncio.Protocol):
    """A connection for one hello and what answers it."""

    def __init__(self, hello: bytes, done: asyncio.Future[Heard]) -> None:
        self._hello = hello
        self._done = done
        self._data = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say hello."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._hello)

    def data_received(self, data: bytes) -> None:
        """Listen until the answer is whole."""
        self._data += data
        self._tell(read_answer(self._data, ended=False))

    def connection_lost(self, exc: Exception | None) -> None:
        """What came is all there is."""
        self._tell(read_answer(self._data, ended=True))

    def _tell(self, heard: Heard | None) -> None:
        if heard is not None and not self._done.done():
            self._done.set_result(heard)
        if heard is not None and self._transport is not None:
            self._transport.abort()


async def say_hello(address: str, port: int, hello: bytes, time_s: float) -> Heard | None:
    """Open a connection for one hello; None where there was none, or nothing came in time."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Heard] = loop.create_future()
    transport = None
    try:
        async with asyncio.timeout(time_s):
            transport, _ = await loop.create_connection(lambda: Hello(hello, done), address, port)
            return await done
    except (OSError, TimeoutError):
        return None
    finally:
        if transport is not None:
            transport.abort()
