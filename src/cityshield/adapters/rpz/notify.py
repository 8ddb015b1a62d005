"""Resolvers told that the zone has changed (NOTIFY, RFC 1996)."""

from __future__ import annotations

import asyncio
import secrets
import struct
from collections.abc import Sequence
from ipaddress import ip_address

import structlog

from cityshield.adapters.rpz.wire import Writer
from cityshield.vocabulary.errors import ConfigurationError

log = structlog.get_logger("cityshield.zone")

_SOA, _IN, _NOTIFY_AA = 6, 1, 0x2400
_WAITS_S = (1.0, 2.0, 4.0, 8.0, 16.0)
"""How long an answer is waited for before the notice is sent again; then the refresh helps."""


class Notifier:
    """Tells every resolver at once; what was not acknowledged is told again."""

    def __init__(self, resolvers: Sequence[str]) -> None:
        self._resolvers = [_address(text) for text in resolvers]

    async def tell(self, writer: Writer, serial: int) -> None:
        """Send the notice of a serial to all, until each has answered or the patience ends."""
        await asyncio.gather(*(self._tell(each, writer, serial) for each in self._resolvers))

    async def _tell(self, resolver: tuple[str, int], writer: Writer, serial: int) -> None:
        id = secrets.randbits(16)
        question = writer.origin + struct.pack("!HH", _SOA, _IN)
        message = struct.pack("!HHHHHH", id, _NOTIFY_AA, 1, 1, 0, 0) + question + writer.soa(serial)
        loop = asyncio.get_running_loop()
        for wait_s in _WAITS_S:
            heard: asyncio.Future[None] = loop.create_future()
            try:
                transport, _ = await loop.create_datagram_endpoint(
                    lambda heard=heard: _Acknowledgement(id, heard),  # type: ignore[misc]
                    remote_addr=resolver,
                )
            except OSError as error:
                log.warning("notify", resolver=resolver[0], error=error.strerror)
                await asyncio.sleep(wait_s)
                continue
            try:
                transport.sendto(message)
                async with asyncio.timeout(wait_s):
                    await heard
                return
            except TimeoutError:
                continue
            finally:
                transport.close()
        log.warning("notify", resolver=resolver[0], port=resolver[1], error="no answer")


class _Acknowledgement(asyncio.DatagramProtocol):
    def __init__(self, id: int, heard: asyncio.Future[None]) -> None:
        self._id = id.to_bytes(2, "big")
        self._heard = heard

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if len(data) >= 12 and data[:2] == self._id and data[2] & 0x80 and not self._heard.done():
            self._heard.set_result(None)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there yet; the next try may find somebody."""


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.partition("@")
    try:
        return str(ip_address(host)), int(port or 53)
    except ValueError as error:
        raise ConfigurationError("error-zone-setting", reason=f"notify: {text}") from error
