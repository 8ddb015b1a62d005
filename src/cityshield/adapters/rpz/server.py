"""A small authoritative server of the block zone: SOA and transfers, and nothing else.

It is a hidden primary (RFC 5936, 1995, 1996, 9103): resolvers take the zone from it and are told
of changes; nobody else has a reason to ask.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from ipaddress import ip_address, ip_network
from itertools import islice
from typing import cast

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import structlog

from cityshield.adapters.rpz.notify import Notifier
from cityshield.adapters.rpz.settings import ZoneSettings
from cityshield.adapters.rpz.sign import read_keys, sign
from cityshield.adapters.rpz.wire import Timing, Writer
from cityshield.ports.zone import Zone
from cityshield.vocabulary.errors import CityShieldError, ConfigurationError

log = structlog.get_logger("cityshield.zone")

_IDLE_S = 30.0
_HANDSHAKE_S = 5.0
_CLOSE_S = 2.0
_LOOK_EVERY_S = 0.2
_AFTER_FAULT_S = 1.0
_MESSAGES_AT_ONCE = 32
_QUERY_BYTES = 4096


class ZoneServer:
    """Serves one zone, publishes what was decided, and tells the resolvers."""

    def __init__(self, zone: Zone, settings: ZoneSettings) -> None:
        self._zone = zone
        self._settings = settings
        self._keys = read_keys(settings.keys)
        timing = Timing(refresh_s=settings.refresh_s, ttl_s=settings.ttl_s)
        self._writer = Writer(settings.name, settings.blocked_to, timing)
        self._origin = dns.name.from_text(settings.name)
        try:
            self._allowed = [ip_network(text, strict=False) for text in settings.allow]
        except ValueError as error:
            raise ConfigurationError("error-zone-setting", reason=str(error)) from error
        self._notifier = Notifier(settings.notify)
        self._serial = 0
        self._held: dict[str, int] = {}
        self.addresses: list[tuple[str, int]] = []
        """Where it listens, once it does: the plain sockets first."""

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen on UDP and TCP, and over TLS where there is a certificate."""
        settings = self._settings
        loop = asyncio.get_running_loop()
        self._serial = await asyncio.to_thread(self._zone.serial)
        async with AsyncExitStack() as stack:
            try:
                server = await asyncio.start_server(self._serve, settings.host, settings.port)
                stack.callback(server.close)
                port = server.sockets[0].getsockname()[1]
                transport, _ = await loop.create_datagram_endpoint(
                    lambda: _Datagrams(self), (settings.host, port)
                )
                stack.callback(transport.close)
                self.addresses = [(settings.host, port)]
                if settings.certificate:
                    context = _tls(settings)
                    listener = stack.enter_context(await _listen(settings))
                    accepting = loop.create_task(self._accept(listener, context))
                    stack.callback(accepting.cancel)
                    self.addresses.append((settings.host, listener.getsockname()[1]))
            except OSError as error:
                raise ConfigurationError(
                    "error-zone-port", host=settings.host, port=settings.port,
                    reason=error.strerror or str(error),
                ) from error  # fmt: skip
            yield

    async def run(self) -> None:
        """Publish changes and tell of them, until cancelled; a fault is logged and tried again."""
        async with asyncio.TaskGroup() as tasks:
            rest_s, is_first = 0.0, True
            while True:
                await asyncio.sleep(rest_s)
                rest_s = _LOOK_EVERY_S
                try:
                    if not is_first and not await asyncio.to_thread(self._zone.is_waiting):
                        continue
                    published = await asyncio.to_thread(self._zone.publish)
                    self._serial = await asyncio.to_thread(self._zone.serial)
                except CityShieldError as error:
                    log.error("publish", error=error.sentence, **error.args_for_sentence)
                    rest_s = _AFTER_FAULT_S
                    continue
                except Exception as error:  # the last good state goes on being served
                    log.error("publish", error=type(error).__name__)
                    rest_s = _AFTER_FAULT_S
                    continue
                is_first = False
                if published is not None:
                    log.info("published", serial=published)
                    tasks.create_task(self._notifier.tell(self._writer, published))
                    rest_s = float(self._settings.coalesce_s)

    async def _accept(self, listener: socket.socket, context: ssl.SSLContext) -> None:
        """Take connections over TLS; asyncio's servers would shake hands before we may count."""
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as tasks:
            while True:
                try:
                    connection, address = await loop.sock_accept(listener)
                except OSError as error:
                    log.error("accept", error=error.strerror)
                    await asyncio.sleep(_AFTER_FAULT_S)
                    continue
                tasks.create_task(self._serve_secure(connection, address[0], context))

    async def _serve_secure(
        self, connection: socket.socket, peer: str, context: ssl.SSLContext
    ) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        with connection, self._counted(peer) as may_be_served:
            if not may_be_served:
                return
            try:
                transport, _ = await loop.connect_accepted_socket(
                    lambda: protocol, connection, ssl=context, ssl_handshake_timeout=_HANDSHAKE_S
                )
            except (OSError, EOFError):
                return  # no handshake, or not in time
            await self._talk(reader, asyncio.StreamWriter(transport, protocol, reader, loop), peer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername")[0]
        with self._counted(peer) as may_be_served:
            if may_be_served:
                await self._talk(reader, writer, peer)
            else:
                writer.transport.abort()

    @contextmanager
    def _counted(self, peer: str) -> Iterator[bool]:
        """Count a connection while it lasts; whether it may be served at all."""
        held, most = self._held.get(peer, 0), self._settings.connections
        is_known = bool(self._keys) or self._is_allowed(peer)
        if not is_known or sum(self._held.values()) >= most or held >= max(1, most // 4):
            yield False
            return
        self._held[peer] = held + 1
        try:
            yield True
        finally:
            self._held[peer] -= 1
            if not self._held[peer]:
                del self._held[peer]

    async def _talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: str
    ) -> None:
        """Answer what a connection asks, and close it."""
        try:
            await self._answer_queries(reader, writer, peer)
        except (OSError, EOFError, TimeoutError, ssl.SSLError):
            pass  # gone, idle or too slow: the next transfer starts anew
        except CityShieldError as error:
            log.error("transfer", peer=peer, error=error.sentence, **error.args_for_sentence)
        except Exception as error:  # one transfer that fails is not the end of the others
            log.error("transfer", peer=peer, error=type(error).__name__)
        finally:
            await _close(writer)

    async def _answer_queries(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: str
    ) -> None:
        is_served = True
        while is_served:
            async with asyncio.timeout(_IDLE_S):
                (size,) = struct.unpack("!H", await reader.readexactly(2))
                wire = await reader.readexactly(size)
            async with asyncio.timeout(self._settings.transfer_s):
                is_served = await self._answer_stream(wire, peer, writer)

    async def _answer_stream(self, wire: bytes, peer: str, writer: asyncio.StreamWriter) -> bool:
        """Answer one query; whether it was one that is answered, and not refused."""
        is_served = False
        answers = await asyncio.to_thread(self._answers, wire, peer, stream=True)
        while some := await asyncio.to_thread(lambda: list(islice(answers, _MESSAGES_AT_ONCE))):
            writer.writelines([part for m in some for part in (struct.pack("!H", len(m)), m)])
            await writer.drain()
            is_served = is_served or not some[0][3] & 0x0F
        return is_served

    def answer(self, wire: bytes, peer: str) -> bytes | None:
        """The answer to a datagram; None for what deserves none."""
        return next(self._answers(wire, peer, stream=False), None)

    def _answers(self, wire: bytes, peer: str, *, stream: bool) -> Iterator[bytes]:
        if len(wire) < 12 or len(wire) > _QUERY_BYTES or wire[2] & 0x80:
            return iter(())
        try:
            query = dns.message.from_wire(wire, keyring=self._keys, ignore_trailing=True)
        except dns.message.UnknownTSIGKey:
            return _refusal(wire, dns.rcode.NOTAUTH)
        except dns.exception.DNSException as error:
            tampered = isinstance(error, dns.tsig.BadSignature | dns.tsig.BadTime)
            return _refusal(wire, dns.rcode.NOTAUTH if tampered else dns.rcode.FORMERR)
        except Exception as error:  # a parser of hostile bytes must not end the server
            log.warning("query", error=type(error).__name__)
            return _refusal(wire, dns.rcode.FORMERR)
        return self._reply(query, wire, peer, stream=stream)

    def _reply(
        self, query: dns.message.Message, wire: bytes, peer: str, *, stream: bool
    ) -> Iterator[bytes]:
        if query.opcode() != dns.opcode.QUERY:
            return _refusal(wire, dns.rcode.NOTIMP)
        if len(query.question) != 1:
            return _refusal(wire, dns.rcode.FORMERR)
        question = query.question[0]
        type_ = question.rdtype
        if question.name != self._origin or question.rdclass != dns.rdataclass.IN:
            return _refusal(wire, dns.rcode.REFUSED)
        if not (query.had_tsig or self._is_allowed(peer)):
            return _refusal(wire, dns.rcode.REFUSED)
        serial = self._serial
        if not serial:
            return _refusal(wire, dns.rcode.SERVFAIL)
        records: Iterator[bytes]
        if type_ == dns.rdatatype.AXFR and stream:
            log.info("transfer", peer=peer, kind="full")
            records = self._writer.whole(*self._zone.records())
        elif type_ == dns.rdatatype.IXFR:
            records = self._increment(query, peer, serial, stream=stream)
        elif type_ == dns.rdatatype.NS:
            records = iter((self._writer.ns(),))
        elif type_ == dns.rdatatype.SOA:
            records = iter((self._writer.soa(serial),))
        else:
            return _refusal(wire, dns.rcode.REFUSED)
        return sign(self._writer.messages(query.id, type_, records), query)

    def _increment(
        self, query: dns.message.Message, peer: str, serial: int, *, stream: bool
    ) -> Iterator[bytes]:
        """What changed since the serial that the query names, or all when that is not known."""
        held = [rrset[0].serial for rrset in query.authority if rrset.rdtype == dns.rdatatype.SOA]
        if not stream or (held and held[0] == serial):
            return iter((self._writer.soa(serial),))  # up to date, or: ask again over TCP
        changes = self._zone.changes(held[0]) if held else None
        if changes is None:
            log.info("transfer", peer=peer, kind="full", held=held[0] if held else None)
            return self._writer.whole(*self._zone.records())
        newest, steps = changes
        log.info("transfer", peer=peer, kind="incremental", held=held[0], serial=newest)
        return self._writer.steps(held[0], newest, steps)

    def _is_allowed(self, peer: str) -> bool:
        address = ip_address(peer.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None)
        return any((mapped or address) in network for network in self._allowed)


class _Datagrams(asyncio.DatagramProtocol):
    """Answers over UDP: every answer there is small."""

    def __init__(self, server: ZoneServer) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        try:
            answer = self._server.answer(data, addr[0])
        except Exception as error:  # one query that fails is not the end of the others
            log.error("query", error=type(error).__name__)
            return
        if answer is not None:
            self._transport.sendto(answer, addr)


async def _listen(settings: ZoneSettings) -> socket.socket:
    """A listening socket for TLS."""
    found = await asyncio.get_running_loop().getaddrinfo(
        settings.host or None, settings.tls_port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    family, _, _, _, address = found[0]
    listener = socket.create_server(address[:2], family=family)
    listener.setblocking(False)
    return listener


async def _close(writer: asyncio.StreamWriter) -> None:
    """Send what is left and say goodbye, but wait for no peer that does not hear it."""
    with suppress(OSError, TimeoutError, ssl.SSLError):
        writer.close()
        async with asyncio.timeout(_CLOSE_S):
            await writer.wait_closed()
    writer.transport.abort()


def _refusal(wire: bytes, code: dns.rcode.Rcode) -> Iterator[bytes]:
    """A bare answer with the query's id and opcode; no question, for it may be unreadable."""
    flags = 0x8000 | (wire[2] & 0x79) << 8 | int(code)
    return iter((wire[:2] + struct.pack("!HHHHH", flags, 0, 0, 0, 0),))


def _tls(settings: ZoneSettings) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["dot"])
    try:
        context.load_cert_chain(settings.certificate, settings.key or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError("error-zone-setting", reason=str(error)) from error
    return context
