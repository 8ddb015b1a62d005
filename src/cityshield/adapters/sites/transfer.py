"""Many HTTP requests at once, each to an address that was chosen before, each within its limits.

libcurl moves the bytes: its sockets lie in one epoll, which the event loop watches as a single
file, so that a thousand of them cost it no more than one. Nothing here follows a redirect, keeps a
cookie, or trusts a certificate: what was seen is given back, and a bad certificate is a fact.
"""

from __future__ import annotations

import asyncio
import select
import socket
from base64 import b64decode
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic
from typing import Any, Final

import msgspec
import pycurl

from cityshield.adapters.sites.settings import SitesSettings
from cityshield.adapters.sites.watchdog import ANYBODY, Watchdog
from cityshield.guards.sites.facts import BROKEN_OFF, Header

_EVENTS: Final = {
    pycurl.POLL_IN: select.EPOLLIN,
    pycurl.POLL_OUT: select.EPOLLOUT,
    pycurl.POLL_INOUT: select.EPOLLIN | select.EPOLLOUT,
}
_MOST_EVENTS = 256

_REASONS: Final = {
    pycurl.E_COULDNT_CONNECT: "refused",
    pycurl.E_SSL_CONNECT_ERROR: "tls",
    pycurl.E_SSL_CIPHER: "tls",
    pycurl.E_PEER_FAILED_VERIFICATION: "tls",
    pycurl.E_SSL_CERTPROBLEM: "tls",
    pycurl.E_RECV_ERROR: "reset",
    pycurl.E_SEND_ERROR: "reset",
    pycurl.E_GOT_NOTHING: "reset",
    pycurl.E_PARTIAL_FILE: "reset",
    pycurl.E_BAD_CONTENT_ENCODING: "encoding",
}
"""Reason codes of `facts.Visit`; what is not here is `bad-answer`."""
_ENDS: Final = frozenset({pycurl.E_RECV_ERROR, pycurl.E_PARTIAL_FILE})
"""How a body ends that broke off."""
_FRAMES: Final = frozenset({"content-length", "transfer-encoding"})
"""Headers that say where a body ends."""
_CUT = -1
"""In place of a code of libcurl: the connection was ended by us."""

_MOST_CERTIFICATES = 16
_SUITES = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
"""As browsers order them: SHA-256 takes less than half of the time of SHA-384."""
_LEGACY = "ALL:!aNULL:@SECLEVEL=0"


class Request(msgspec.Struct, frozen=True, gc=False):
    """What to ask for, and where: `address` and `port` are connected to, whatever the name.

    At most `most_bytes` of the unpacked body are read. `last` closes the connection afterwards,
    `certificates` asks for the chain that the server shows, `first_bytes` only for the beginning.
    `legacy` offers what was given up long ago too, which costs a third more of our time. `fresh`
    takes no connection that was kept.
    """

    url: str
    address: str
    port: int
    most_bytes: int
    last: bool = False
    certificates: bool = False
    first_bytes: bool = False
    legacy: bool = False
    fresh: bool = False


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What came. `failed` is a reason code; of `BROKEN_OFF`, the beginning is in `body`.

    An answer that does not say where it ends is whole however its connection ended, as in browsers.
    `chain` are certificates as DER, the leaf first. `ended` is by the log's clock. `kept` are the
    descriptor and our port of a connection that is still open, to be told from a later one. `lost`
    says that a connection that was kept died with the request, as one does that the server gave up
    at that moment: it may be asked again.
    """

    status: int
    headers: tuple[Header, ...]
    body: bytes
    failed: str
    ended: float
    chain: tuple[bytes, ...] = ()
    bytes_in: int = 0
    connections: int = 0
    kept: tuple[int, int] = (-1, 0)
    lost: bool = False

    def first(self, name: str) -> str:
        """The first field of a name, empty where there is none."""
        return next((value for field, value in self.headers if field == name), "")


class Transfers:
    """The requests under way. Has to be made where the event loop runs."""

    def __init__(self, settings: SitesSettings) -> None:
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._epoll = select.epoll()
        self._timer: asyncio.TimerHandle | None = None
        self._idle: list[_Slot] = []
        self._running: dict[Any, _Slot] = {}
        self._known: set[int] = set()
        self._watchdog = Watchdog(self._known)
        self._multi = multi = pycurl.CurlMulti()
        multi.setopt(pycurl.M_MAXCONNECTS, settings.all.in_flight)
        multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self._loop.add_reader(self._epoll.fileno(), self._move)

    async def fetch(self, request: Request) -> Answer:
        """The answer to one request; never raises for what a server does."""
        slot = self._idle.pop() if self._idle else _Slot(self._settings)
        slot.prepare(request)
        slot.done = self._loop.create_future()
        curl = slot.curl
        self._running[curl] = slot
        self._multi.add_handle(curl)
        try:
            code = await slot.done
        finally:
            if self._running.pop(curl, None) is not None:
                self._multi.remove_handle(curl)
        answer = slot.answer(request, code)
        self._idle.append(slot)
        return answer

    def close(self) -> None:
        """End all; whoever waits is told that nothing came."""
        self._loop.remove_reader(self._epoll.fileno())
        if self._timer is not None:
            self._timer.cancel()
        for curl, slot in list(self._running.items()):
            self._end(curl, slot, pycurl.E_ABORTED_BY_CALLBACK)
        for slot in self._idle:
            slot.curl.close()
        self._multi.close()
        self._watchdog.close()
        self._epoll.close()

    def _watch(self, what: int, descriptor: int, multi: Any, data: Any) -> None:
        try:
            if what == pycurl.POLL_REMOVE:
                self._known.discard(descriptor)
                self._epoll.unregister(descriptor)
            elif descriptor in self._known:
                self._epoll.modify(descriptor, _EVENTS[what])
            else:
                self._epoll.register(descriptor, _EVENTS[what])
                self._known.add(descriptor)
        except FileNotFoundError:  # another connection has that number by now
            if what != pycurl.POLL_REMOVE:
                self._epoll.register(descriptor, _EVENTS[what])
        except OSError:  # closed already, so epoll has forgotten it
            pass

    def _set_timer(self, wait_ms: int) -> None:
        """Note when libcurl wants to be called: it must not be called from here."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if wait_ms >= 0:
            self._timer = self._loop.call_later(wait_ms / 1000, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._watchdog.begin(ANYBODY)
        self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._collect(self._watchdog.end())

    def _move(self) -> None:
        action, watchdog = self._multi.socket_action, self._watchdog
        for descriptor, events in self._epoll.poll(0, _MOST_EVENTS):
            mask = 0
            if events & select.EPOLLIN:
                mask |= pycurl.CSELECT_IN
            if events & select.EPOLLOUT:
                mask |= pycurl.CSELECT_OUT
            if events & (select.EPOLLERR | select.EPOLLHUP):
                mask |= pycurl.CSELECT_ERR
            watchdog.begin(descriptor)
            action(descriptor, mask)
            self._collect(watchdog.end())

    def _collect(self, cut: bool) -> None:
        """End what is done; `cut` says that one connection was ended because it never would be."""
        left = 1
        while left:
            left, good, bad = self._multi.info_read()
            for curl in good:
                self._end(curl, self._running[curl], 0)
            for curl, code, _ in bad:
                late = code == pycurl.E_OPERATION_TIMEDOUT  # which may come at the same time
                self._end(curl, self._running[curl], _CUT if cut and not late else code)

    def _end(self, curl: Any, slot: _Slot, code: int) -> None:
        del self._running[curl]
        slot.kept = _kept(curl)  # which nobody knows once the handle is removed
        self._multi.remove_handle(curl)
        if not slot.done.done():
            slot.done.set_result(code)


class _Slot:
    """A handle of libcurl that is used again and again, and what comes over it."""

    done: asyncio.Future[int]
    kept: tuple[int, int] = (-1, 0)

    def __init__(self, settings: SitesSettings) -> None:
        self._settings = settings
        self._pieces: list[bytes] = []
        self._headers: list[Header] = []
        self._legacy = False
        self.curl = curl = pycurl.Curl()
        for option, value in {
            pycurl.FOLLOWLOCATION: 0,
            pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
            pycurl.PROXY: "",
            pycurl.NOPROXY: "*",
            pycurl.NETRC: 0,
            pycurl.NOSIGNAL: 1,
            pycurl.USERAGENT: settings.agent,
            pycurl.HTTPHEADER: ["Accept: */*"],
            pycurl.ACCEPT_ENCODING: "gzip, br",
            pycurl.SSL_VERIFYPEER: 0,
            pycurl.SSL_VERIFYHOST: 0,
            pycurl.SSL_SESSIONID_CACHE: 0,
            pycurl.SSL_ENABLE_ALPN: 0,
            pycurl.SSLVERSION: pycurl.SSLVERSION_TLSv1_0,
            pycurl.SSL_EC_CURVES: "X25519:P-256:P-384:P-521",
            pycurl.TLS13_CIPHERS: _SUITES,
            pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
            pycurl.CONNECTTIMEOUT_MS: int(settings.connect_s * 1000),
            pycurl.TIMEOUT_MS: int(settings.time_s * 1000),
            pycurl.LOW_SPEED_LIMIT: settings.slow_bytes_s,
            pycurl.LOW_SPEED_TIME: max(1, int(settings.slow_s)),
            pycurl.BUFFERSIZE: 64 << 10,
            pycurl.DNS_CACHE_TIMEOUT: 0,
            pycurl.SOCKOPTFUNCTION: self._open,
            pycurl.PREREQFUNCTION: self._send,
            pycurl.HEADERFUNCTION: self._take_header,
            pycurl.WRITEFUNCTION: self._take,
        }.items():
            curl.setopt(option, value)

    def prepare(self, request: Request) -> None:
        """Make ready for a request."""
        self._pieces.clear()
        self._headers.clear()
        self._size = self._header_bytes = self._status = 0
        self._failed = ""
        self._sent = self._lost = self._in_body = False
        self._most = request.most_bytes
        curl, shown = self.curl, request.address
        where = f"[{shown}]" if ":" in shown else shown
        curl.setopt(pycurl.URL, request.url)
        curl.setopt(pycurl.CONNECT_TO, [f"::{where}:{request.port}"])
        curl.setopt(pycurl.FORBID_REUSE, int(request.last))
        curl.setopt(pycurl.FRESH_CONNECT, int(request.fresh))
        curl.setopt(pycurl.OPT_CERTINFO, int(request.certificates))
        if request.legacy:
            curl.setopt(pycurl.SSL_CIPHER_LIST, _LEGACY)
        elif self._legacy:
            curl.unsetopt(pycurl.SSL_CIPHER_LIST)
        self._legacy = request.legacy
        if request.first_bytes:
            curl.setopt(pycurl.RANGE, f"0-{request.most_bytes - 1}")
        else:
            curl.unsetopt(pycurl.RANGE)

    def answer(self, request: Request, code: int) -> Answer:
        """What came in the end."""
        curl = self.curl
        chain: tuple[bytes, ...] = ()
        if request.certificates:
            chain = _chain(curl)
        failed = self._failed or (self._explain(code) if code else "")
        if self._lost:
            failed = "reset"
        return Answer(
            self._status if not failed or failed in BROKEN_OFF else 0,
            tuple(self._headers),
            b"".join(self._pieces),
            failed,
            monotonic(),
            chain,
            int(curl.getinfo(pycurl.SIZE_DOWNLOAD_T)) + self._header_bytes,
            int(curl.getinfo(pycurl.NUM_CONNECTS)),
            self.kept,
            self._lost,
        )

    def _explain(self, code: int) -> str:
        if code == pycurl.E_OPERATION_TIMEDOUT:
            return "too-slow" if self.curl.getinfo(pycurl.CONNECT_TIME) else "timeout"
        if code in _ENDS and self._in_body:
            return "" if _FRAMES.isdisjoint(name for name, _ in self._headers) else "cut-short"
        return str(_REASONS.get(code, "bad-answer"))

    def _open(self, descriptor: int, purpose: int) -> int:
        """Before a connection is made: none for a request that was sent already."""
        self._lost = self._lost or self._sent
        return int(pycurl.SOCKOPT_ERROR if self._lost else pycurl.SOCKOPT_OK)

    def _send(self, *ends: object) -> int:
        """Before a request is sent: never twice, as libcurl does when a kept connection dies.

        Nobody would have counted the second one.
        """
        self._lost = self._lost or self._sent
        self._sent = True
        return int(pycurl.PREREQFUNC_ABORT if self._lost else pycurl.PREREQFUNC_OK)

    def _take_header(self, line: bytes) -> int | None:
        self._header_bytes += len(line)
        headers, settings = self._headers, self._settings
        if self._header_bytes > settings.header_bytes or len(headers) >= settings.headers:
            self._failed = "bad-answer"
            return -1
        if line.startswith(b"HTTP/"):
            words = line.split(None, 2)
            self._status = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
            headers.clear()
            self._in_body = False
            return None
        self._in_body = self._in_body or not line.strip()
        name, colon, value = line.partition(b":")
        if colon and not self._pieces:  # what follows a body is a trailer
            text = value.strip().decode("utf-8", "replace")
            headers.append((name.strip().lower().decode("latin-1"), text))
        return None

    def _take(self, piece: bytes) -> int | None:
        left = self._most - self._size
        if len(piece) > left:
            self._failed = "too-large"
            self._pieces.append(piece[:left])
            self._size = self._most
            return -1
        self._size += len(piece)
        self._pieces.append(piece)
        return None


def hang_up(kept: tuple[int, int]) -> None:
    """End a connection that was kept, if it is still that one; libcurl clears it away later."""
    descriptor, port = kept
    with suppress(OSError, IndexError, TypeError):  # it may be anything else by now
        connection = socket.socket(fileno=descriptor)
        try:
            if connection.getsockname()[1] == port:
                connection.shutdown(socket.SHUT_RDWR)
        finally:
            connection.detach()


def _kept(curl: Any) -> tuple[int, int]:
    """The connection that is open still; the descriptor is -1 where there is none."""
    return int(curl.getinfo(pycurl.LASTSOCKET)), int(curl.getinfo(pycurl.LOCAL_PORT))


def _chain(curl: Any) -> tuple[bytes, ...]:
    """The certificates that the server showed, as DER."""
    found: list[bytes] = []
    certificates: Sequence[Sequence[tuple[bytes, bytes]]] = curl.getinfo_raw(pycurl.INFO_CERTINFO)
    for fields in certificates[:_MOST_CERTIFICATES]:
        for name, value in fields:
            if name == b"Cert":
                lines = value.split(b"-----")
                if len(lines) > 2:
                    try:
                        found.append(b64decode(lines[2]))
                    except ValueError:
                        continue
    return tuple(found)
