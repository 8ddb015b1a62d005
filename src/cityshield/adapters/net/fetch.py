"""A document fetched over HTTP into a file, from a server that may be hostile.

The name is resolved once and the connection pinned to the addresses found, each of which must be
public or opened by the operator; the socket is looked at once more before it connects. All of it
is done again at each redirect. Proxies and cookies are not used. RFC 9110, RFC 9111.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import file_digest
from io import FileIO
from pathlib import Path
from typing import Any

import ada_url
import msgspec
import pycurl

from cityshield.adapters.net.addresses import Border, Resolve, resolve_by_system
from cityshield.adapters.net.settings import NetSettings
from cityshield.adapters.net.unpack import GZIP, unpack
from cityshield.vocabulary.errors import ConfigurationError, InputError

OK, UNCHANGED = 200, 304
LONGEST_URL = 4096
_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_HEADER_BYTES = 64 << 10
_SCHEMES = ("http:", "https:")


class Fetched(msgspec.Struct, frozen=True):
    """What came: the status, the address it came from, and of a 200 the document in the file.

    `size_bytes` is what went over the network, `sha256` the digest of the document as published.
    `headers` have lower-case names.
    """

    status: int
    url: str
    headers: Mapping[str, str]
    size_bytes: int
    sha256: str = ""


class Fetcher:
    """Fetches documents within the limits of the settings.

    `agent` is how the shield names itself. `stop` is asked all the time whether to give up.
    """

    def __init__(
        self,
        settings: NetSettings,
        agent: str,
        resolve: Resolve = resolve_by_system,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._settings = settings
        self._agent = agent
        self._resolve = resolve
        self._border = Border(settings.allow)
        self._stop = stop
        self._bundle = _trusted(settings.ca)

    def fetch(
        self,
        url: str,
        into: Path,
        headers: Mapping[str, str] | None = None,
        most_bytes: int | None = None,
    ) -> Fetched:
        """Fetch a document into a file, which is there afterwards only if it is whole.

        The answer may be any status that is no redirect. Raises InputError where the server
        can't be reached, or breaks a limit.
        """
        most = min(most_bytes or self._settings.max_bytes, self._settings.max_bytes)
        raw = into.with_name(f"{into.name}.raw")
        address = read_url(url)
        try:
            for _ in range(_MOST_REDIRECTS + 1):
                answer = _Answer(raw, most)
                self._perform(address, headers or {}, answer)
                if answer.status not in _REDIRECTS or "location" not in answer.headers:
                    return self._finish(answer, address.href, raw, into)
                address = _next(address, answer.headers["location"])
            raise InputError("error-net-redirects", url=url[:200], most=_MOST_REDIRECTS)
        finally:
            raw.unlink(missing_ok=True)

    def _finish(self, answer: _Answer, url: str, raw: Path, into: Path) -> Fetched:
        if answer.status != OK:
            return Fetched(answer.status, url, answer.headers, answer.size)
        encoding = answer.headers.get("content-encoding", "").strip().lower()
        if encoding in ("gzip", "x-gzip"):
            try:
                unpack(raw, into, GZIP, self._settings.max_unpacked_bytes)
            except BaseException:
                into.unlink(missing_ok=True)
                raise
        elif encoding in ("", "identity"):
            os.replace(raw, into)
        else:
            raise InputError("error-net-encoding", url=url[:200], encoding=encoding[:40])
        with into.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
        return Fetched(answer.status, url, answer.headers, answer.size, digest)

    def _perform(self, address: Any, headers: Mapping[str, str], answer: _Answer) -> None:
        """Make one request, and read its answer into a file."""
        settings = self._settings
        host, secure = address.hostname, address.protocol == "https:"
        port = int(address.port or (443 if secure else 80))
        found = self._border.addresses_of(host, self._resolve, settings.connect_s)
        said = {"Accept-Encoding": "gzip", **headers}
        sockets: list[socket.socket] = []
        curl = pycurl.Curl()
        try:
            for option, value in {
                pycurl.URL: address.href,
                pycurl.PROTOCOLS: pycurl.PROTO_HTTPS if secure else pycurl.PROTO_HTTP,
                pycurl.FOLLOWLOCATION: 0,
                pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
                pycurl.PROXY: "",
                pycurl.NOPROXY: "*",
                pycurl.NETRC: 0,
                pycurl.NOSIGNAL: 1,
                pycurl.USERAGENT: self._agent,
                pycurl.HTTPHEADER: [f"{name}: {value}" for name, value in said.items()],
                pycurl.HTTP_CONTENT_DECODING: 0,
                pycurl.RESOLVE: _pins(host, port, found),
                pycurl.OPENSOCKETFUNCTION: partial(self._open_socket, sockets),
                pycurl.SSL_VERIFYPEER: 1,
                pycurl.SSL_VERIFYHOST: 2,
                pycurl.SSLVERSION: pycurl.SSLVERSION_TLSv1_2,
                pycurl.CONNECTTIMEOUT: settings.connect_s,
                pycurl.TIMEOUT: settings.time_s,
                pycurl.LOW_SPEED_LIMIT: settings.slow_bytes_s,
                pycurl.LOW_SPEED_TIME: settings.slow_s,
                pycurl.HEADERFUNCTION: answer.take_header,
                pycurl.WRITEFUNCTION: answer.take,
                pycurl.XFERINFOFUNCTION: lambda *_: int(self._stop()),
                pycurl.NOPROGRESS: 0,
                **self._bundle,
            }.items():
                curl.setopt(option, value)
            curl.perform()
        except pycurl.error as error:
            raise self._explain(address.href, answer, error) from error
        finally:
            curl.close()
            answer.close()
            for each in sockets:
                each.close()

    def _open_socket(self, opened: list[socket.socket], purpose: int, address: Any) -> Any:
        """A socket for an address that the border lets through, whatever led to it.

        PycURL works on a copy of it, so it is ours to close.
        """
        family, kind, protocol, where = address
        if not self._border.lets(str(where[0])):
            return pycurl.SOCKET_BAD
        opened.append(socket.socket(family, kind, protocol))
        return opened[-1]

    def _explain(self, url: str, answer: _Answer, error: pycurl.error) -> InputError:
        """What went wrong, in a sentence."""
        shown = url[:200]
        if answer.fault:
            mib = max(1, answer.most >> 20)
            return InputError(answer.fault, url=shown, mib=mib, reason=answer.reason)
        code, reason = error.args[0], str(error.args[1])[:200]
        if code == pycurl.E_OPERATION_TIMEDOUT:
            return InputError("error-net-slow", url=shown, reason=reason)
        if code == pycurl.E_PEER_FAILED_VERIFICATION:
            return InputError("error-net-certificate", url=shown, reason=reason)
        return InputError("error-net", url=shown, reason=reason)


class _Answer:
    """An answer as it comes: headers kept, the body of a 200 written to a file, both limited."""

    def __init__(self, path: Path, most: int) -> None:
        self.most = most
        self.status = 0
        self.headers: dict[str, str] = {}
        self.size = 0
        self.fault = ""
        self.reason = ""
        self._path = path
        self._file: FileIO | None = None
        self._header_bytes = 0

    def take_header(self, line: bytes) -> int | None:
        """Take one header line; -1 ends the transfer."""
        self._header_bytes += len(line)
        if self._header_bytes > _MOST_HEADER_BYTES:
            self.fault = "error-net-headers"
            return -1
        text = line.decode("latin-1").strip()
        if text.startswith("HTTP/") and ":" not in text.partition(" ")[0]:
            words = text.split(None, 2)
            self.status = int(words[1]) if len(words) > 1 and words[1].isdecimal() else 0
            self.headers = {}
            return None
        name, colon, value = text.partition(":")
        if colon:
            self.headers[name.strip().lower()] = value.strip()
        return None

    def take(self, piece: bytes) -> int | None:
        """Take a piece of the body; -1 ends the transfer."""
        self.size += len(piece)
        if self.size > self.most:
            self.fault = "error-net-large"
            return -1
        if self.status == OK:
            left = memoryview(piece)
            try:
                while left:  # a full disk may take a part
                    left = left[self._opened().write(left) :]
            except OSError as error:
                self.fault, self.reason = "error-feed-disk", error.strerror or str(error)
                return -1
        return None

    def _opened(self) -> FileIO:
        if self._file is None:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self._file = FileIO(descriptor, "wb")
        return self._file

    def close(self) -> None:
        """Have all that came in the file; of an empty document too."""
        if self.status == OK:
            self._opened()
        if self._file is not None:
            self._file.close()


def read_url(text: str) -> Any:
    """An address in its one form (WHATWG URL), so that nobody reads it in another way.

    InputError for what is no http or https address, or holds a name and a password.
    """
    shown = text[:200]
    if len(text) > LONGEST_URL or not text.isprintable():
        raise InputError("error-net-url", url=shown)
    try:
        address = ada_url.URL(text.strip())
    except ValueError as error:
        raise InputError("error-net-url", url=shown) from error
    if address.protocol not in _SCHEMES or not address.hostname:
        raise InputError("error-net-url", url=shown)
    if address.username or address.password:
        raise InputError("error-net-password", url=address.hostname)
    address.hash = ""
    return address


def _next(address: Any, location: str) -> Any:
    """Where a redirect leads; InputError where it leads from https to http."""
    try:
        there = read_url(ada_url.join_url(address.href, location[:LONGEST_URL]))
    except ValueError as error:
        raise InputError("error-net-url", url=location[:200]) from error
    if address.protocol == "https:" and there.protocol != "https:":
        raise InputError("error-net-downgrade", url=there.href[:200])
    return there


def _pins(host: str, port: int, addresses: Sequence[str]) -> list[str]:
    """Where libcurl is to connect for a name, without asking anybody."""
    if host.startswith("[") or host == addresses[0]:
        return []
    listed = ",".join(f"[{text}]" if ":" in text else text for text in addresses)
    return [f"{host}:{port}:{listed}"]


def _trusted(extra: str) -> dict[int, Any]:
    """The options of the certificates to trust: the system's, and those in an extra file."""
    paths = ssl.get_default_verify_paths()
    if not extra:
        found = {pycurl.CAINFO: paths.cafile, pycurl.CAPATH: paths.capath}
        return {option: path for option, path in found.items() if path}
    try:
        bundle = Path(extra).read_bytes()
        system = Path(paths.cafile).read_bytes() if paths.cafile else b""
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigurationError("error-net-ca", path=extra, reason=reason) from error
    return {pycurl.CAINFO_BLOB: system + b"\n" + bundle}
