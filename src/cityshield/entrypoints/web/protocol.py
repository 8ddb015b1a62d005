"""HTTP/1.1 on one connection, bounded before a request exists that the gate could see.

uvicorn's protocol keeps whatever comes until the headers are complete, for as long as it takes,
from as many connections as a client opens. Here each of the three has an end.
"""

from __future__ import annotations

import asyncio
from collections import Counter

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from cityshield.config import Server
from cityshield.entrypoints.web.addresses import Proxies, block_of

HEADER_BYTES = 64 * 1024
"""Most bytes of a request line with its headers, or of trailers."""

_LINGER_S = 30.0
"""How long a peer may take to read what was written to it."""

_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: text/plain; charset=utf-8\r\ncontent-length: 34\r\n"
    b"x-content-type-options: nosniff\r\nconnection: close\r\n\r\n"
    b"The headers are larger than 64 KiB"
)


class Peers:
    """How many connections each client has open; trusted proxies are not counted."""

    def __init__(self, server: Server) -> None:
        self._most = server.connections_per_client
        self._proxies = Proxies(server.trusted_proxies)
        self._open: Counter[str] = Counter()

    def enter(self, address: str) -> str:
        """Count a connection in; what to give to `leave`, empty for one that isn't counted."""
        if not address or self._proxies.trusts(address):
            return ""
        peer = block_of(address)
        self._open[peer] += 1
        return peer

    def has_too_many(self, peer: str) -> bool:
        """Whether this client has more connections open than it may."""
        return bool(peer) and self._open[peer] > self._most

    def leave(self, peer: str) -> None:
        """Count a connection out."""
        if not peer:
            return
        self._open[peer] -= 1
        if self._open[peer] <= 0:
            del self._open[peer]


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with an end to the size and time of headers and to connections."""

    peers: Peers
    header_time_s: float

    _peer = ""
    _head_bytes = 0
    _silent_bytes = 0
    _moved = False
    _deadline: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection in, unless its client has too many."""
        super().connection_made(transport)
        self._peer = self.peers.enter(self.client[0] if self.client else "")
        if self.peers.has_too_many(self._peer):
            transport.abort()
        else:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of a connection."""
        self.peers.leave(self._peer)
        self._forget_deadline()
        self._unset_keepalive_if_required()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes in; those that bring no request further are counted."""
        if self.transport.is_closing():
            return
        self._moved = False
        super().data_received(data)
        self._silent_bytes = 0 if self._moved else self._silent_bytes + len(data)
        if self.transport.is_closing():
            self._linger()
        elif self._silent_bytes > HEADER_BYTES:
            self._refuse_head()
        elif self._deadline is None and not self._is_answering():
            self._await_head()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request, or one whose headers are too large."""
        if self._head_bytes > HEADER_BYTES:
            self._refuse_head()
        else:
            super().send_400_response(msg)

    def on_message_begin(self) -> None:
        """Count anew."""
        self._head_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take a piece of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or a trailer."""
        self._count(len(name) + len(value) + 4)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Start to answer; from here on the gate watches over the time."""
        self._moved = True
        self._forget_deadline()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._moved = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._moved = True
        super().on_message_complete()

    def pause_writing(self) -> None:
        """Wait for the peer to read, but not for ever."""
        super().pause_writing()
        self._stalled = self.loop.call_later(_LINGER_S, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on: the peer has read."""
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """End a connection on which no next request came."""
        self._end()

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > HEADER_BYTES:
            raise ValueError("the headers are too large")

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _await_head(self) -> None:
        self._deadline = self.loop.call_later(self.header_time_s, self._end)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse_head(self) -> None:
        if not self._is_answering():
            self.transport.write(_TOO_LARGE)
        self._end()

    def _end(self) -> None:
        self.transport.close()
        self._linger()

    def _linger(self) -> None:
        self._forget_deadline()
        self._deadline = self.loop.call_later(_LINGER_S, self.transport.abort)


def protocol_of(server: Server) -> type[BoundedProtocol]:
    """The protocol for a service with these settings."""

    class Bounded(BoundedProtocol):
        """Bound to one service's settings and connections."""

        peers = Peers(server)
        header_time_s = server.header_time_s

    return Bounded
