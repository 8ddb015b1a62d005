"""A street of hostile servers on loopback, one address each, with a name server that is no better.

Run as a program it opens one part of the street and says so: floods of one part must not keep
another waiting. What visits it is measured in a process of its own.
"""

from __future__ import annotations

import asyncio
import gzip
import ssl
import struct
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from tests.adapters.sites.farm import Certified

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
Serve = Callable[[Reader, Writer], Awaitable[None]]

GOOD = "good.street.example"
MANY = 100 << 20
_LONG_PATH = 17
"""Shorter than paths that cannot exist, longer than most that are asked for."""
_ZEROS = b"\0" * MANY
BROTLI_BOMB = bytes.fromhex(  # a hundred million zeros
    "cbffff3ff82700e2b14020f7fe8fffff7ff04f00c4611180eefd1fffffffe09f0088c30200ddfb3ffeffffc13f"
    "0110870500baf77ffcffff837f02200e0b0074effff8ffff07ff04401c1600e8defff1ffff0ffe0980382c00d0"
    "bdffe3ffff1ffc1300715800a07bffc7ffff3ff82700e2b00040f7fe8fffff7ff04f00c4610180eefd1fffffff"
    "e09f0088c30200ddfb3ffeffffc13f0110870500baf77ff9ffff837f02200e0b0074ef7f00"
)


def reply(body: bytes, kind: str = "text/html", status: str = "200 OK", *fields: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join([*lines, "", ""]).encode() + body


MISSING = reply(b"<h1>Not here</h1>", status="404 Not Found")


async def requests(reader: Reader) -> AsyncIterator[str]:
    """The paths that are asked for over a connection."""
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        yield head.split(b" ", 2)[1].decode("latin-1")


def site(**pages: bytes) -> Serve:
    """A server that answers `home`, `robots`, and with `every` all the rest."""

    async def serve(reader: Reader, writer: Writer) -> None:
        async for path in requests(reader):
            name = {"/": "home", "/robots.txt": "robots"}.get(path, "every")
            writer.write(pages.get(name, MISSING))
            await writer.drain()

    return serve


def home(body: bytes, *fields: str) -> Serve:
    return site(home=reply(body, "text/html", "200 OK", *fields))


def raw(data: bytes) -> Serve:
    """A server that says the same to whoever asks, whatever that means."""

    async def serve(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(data)
        await writer.drain()

    return serve


def endless(start: bytes, more: bytes, wait_s: float = 0.0, asked: bool = True) -> Serve:
    """A server that never ends, and waits between its pieces."""

    async def serve(reader: Reader, writer: Writer) -> None:
        if asked:
            await reader.readuntil(b"\r\n\r\n")
        writer.write(start)
        while True:
            writer.write(more)
            await writer.drain()
            await asyncio.sleep(wait_s)

    return serve


def large(start: bytes, piece: bytes, most: int = MANY) -> Serve:
    """A server with a home page that leads to things of a hundred megabytes."""

    async def serve(reader: Reader, writer: Writer) -> None:
        async for path in requests(reader):
            if path == "/":
                writer.write(start)
                await writer.drain()
                continue
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {most}\r\n\r\n".encode())
            for _ in range(most // len(piece)):
                writer.write(piece)
                await writer.drain()

    return serve


def tarpit(wait_s: float) -> Serve:
    """A server whose home page comes at once, and anything else a byte at a time."""

    async def serve(reader: Reader, writer: Writer) -> None:
        async for path in requests(reader):
            if path == "/":
                writer.write(reply(b"<title>Come in</title>"))
                await writer.drain()
                continue
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while True:
                writer.write(b"x" * 60)
                await writer.drain()
                await asyncio.sleep(wait_s)

    return serve


def tarpit_of_paths(wait_s: float) -> Serve:
    """A server that is quick with what every visitor asks for, and slow with what few do."""

    async def serve(reader: Reader, writer: Writer) -> None:
        async for path in requests(reader):
            if path == "/":
                writer.write(reply(b"<title>Come in</title>"))
            elif path == "/robots.txt" or len(path) > _LONG_PATH:
                writer.write(MISSING)
            else:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                while True:
                    writer.write(b"x" * 60)
                    await writer.drain()
                    await asyncio.sleep(wait_s)
            await writer.drain()

    return serve


async def silent(reader: Reader, writer: Writer) -> None:
    await asyncio.sleep(600)


def onward(where: str) -> Serve:
    """A server that leads elsewhere; `#` stands for a number that grows."""
    count = 0

    async def serve(reader: Reader, writer: Writer) -> None:
        nonlocal count
        async for _ in requests(reader):
            count += 1
            location = f"Location: {where.replace('#', str(count))}"
            writer.write(reply(b"", "text/html", "302 Found", location))
            await writer.drain()

    return serve


_SCRIPTS = b"".join(b"<script src=/%d.js></script>" % number for number in range(50))
_COOKIES = [f"Set-Cookie: n{number}={'x' * 200}; Path=/" for number in range(180)]
_TAGS = 100_000

PLAIN: dict[str, Serve] = {
    "good": site(
        home=reply(b"<html lang=en><title>Good</title><h1>Open</h1>"),
        robots=reply(b"User-agent: *\nDisallow: /admin\n", "text/plain"),
    ),
    "endless-headers": endless(b"HTTP/1.1 200 OK\r\n", b"X-More: " + b"x" * 1000 + b"\r\n"),
    "one-long-header": endless(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x" * 65536),
    "dripping-headers": endless(b"HTTP/1.1 200 OK\r\n", b"X", 0.1),
    "dripping-body": endless(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b"x", 0.1),
    "silent": silent,
    "tarpit": tarpit(0.1),
    "tarpit-of-paths": tarpit_of_paths(0.1),
    "gzip-bomb": home(gzip.compress(_ZEROS), "Content-Encoding: gzip"),
    "brotli-bomb": home(BROTLI_BOMB, "Content-Encoding: br"),
    "bomb-in-a-bomb": home(
        gzip.compress(gzip.compress(_ZEROS)), "Content-Encoding: gzip, gzip"
    ),
    "bomb-of-paths": site(
        home=reply(b"<title>Bombs</title>"),
        every=reply(gzip.compress(_ZEROS), "text/plain", "200 OK", "Content-Encoding: gzip"),
    ),
    "loop": onward("/"),
    "endless-redirects": onward("/#"),
    "to-metadata": onward("http://metadata.street.example/latest/meta-data/"),
    "to-private": onward("http://private.street.example/"),
    "to-loopback-by-number": onward("http://127.0.0.1/"),
    "to-metadata-by-number": onward("http://169.254.169.254/latest/"),
    "to-a-strange-number": onward("http://0x7f000001/"),
    "to-a-file": onward("file:///etc/passwd"),
    "long-location": onward("/" + "x" * 60_000),
    "hundred-megabytes": large(reply(b"<title>Large</title>" + _SCRIPTS), b"var a=1;" * 8192),
    "endless-page": endless(b"HTTP/1.1 200 OK\r\n\r\n<title>Long</title>", b"<p>more</p>" * 1000),
    "nested-tags": home(b"<title>Deep</title>" + b"<div>" * _TAGS),
    "unclosed": home(b"<title>Open</title>" + b"<a href='" * 50_000),
    "comments": home(b"<title>Hush</title>" + b"<!--" * 120_000),
    "attributes": home(b"<title>Many</title><div " + b" a=1" * 120_000),
    "entities": home(b"<title>" + b"&amp;lt" * 70_000 + b"</title>"),
    "image-that-is-a-page": site(home=reply(b"<html><title>Page</title>", "image/png")),
    "page-that-is-an-archive": site(home=reply(b"PK\x03\x04" + bytes(range(256)) * 99)),
    "length-too-large": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<title>Short</title>"),
    "length-too-small": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<title>Longer</title>"),
    "length-of-letters": raw(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n<title>Some</title>"),
    "length-below-nothing": raw(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n<title>x</title>"),
    "wrong-chunks": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<p>\r\n"),
    "endless-chunk": endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffff\r\n", b"x" * 65536),
    "no-last-chunk": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n<p>\r\n"),
    "garbage": raw(bytes(range(256)) * 200),
    "no-header-at-all": raw(b"<title>HTTP/0.9</title>"),
    "another-protocol": raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "flood-of-continue": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "flood-of-hints": endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 100),
    "many-cookies": home(b"<title>Cookies</title>", *_COOKIES),
    "too-many-cookies": home(b"<title>Cookies</title>", *_COOKIES, *_COOKIES),
    "control-characters": raw(b"HTTP/1.1 200 \x1b[2J\r\nServer: \x1b]0;x\x07\r\nX: \x01\xff\r\nContent-Length: 20\r\n\r\n<title>\x1b[31m</title>"),
    "large-robots": large(reply(b"<title>Robots</title>"), b"Disallow: /" + b"x" * 65525),
    "zero-in-a-header": raw(b"HTTP/1.1 200 OK\r\nX: \x00\r\n\r\n<title>x</title>"),
    "trailers": endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n" * 100),
    "hangs-up": raw(b""),
    "names-10000": site(home=reply(b"<title>Names</title>")),
    "mail-drips": site(home=reply(b"<title>Mail</title>")),
    "mail-floods": site(home=reply(b"<title>Mail</title>")),
}  # fmt: skip
"""What each house answers over HTTP."""

_HELLO_REQUESTS = b"\x16\x03\x03\x00\x04\x00\x00\x00\x00" * 500
_ALERT = b"\x15\x03\x03\x00\x02\x02\x28"
SECURE: dict[str, Serve] = {
    "tls-drips": endless(b"\x16\x03\x03\x40\x00\x02", b"\x00", 0.1, asked=False),
    "tls-silent": silent,
    "tls-alerts": endless(_ALERT, _ALERT, 0.01, asked=False),
    "tls-warnings": endless(b"", b"\x15\x03\x03\x00\x02\x01\x00" * 100, asked=False),
    "tls-garbage": endless(b"", bytes(range(256)), asked=False),
    "tls-renegotiates": endless(b"", _HELLO_REQUESTS, asked=False),
    "tls-endless-hello": endless(b"\x16\x03\x03\x40\x00\x02\xff\xff\xff", b"\0" * 16384, asked=False),
    "tls-is-http": endless(b"HTTP/1.1 400 Bad Request\r\n\r\n", b"no", 0.5, asked=False),
}  # fmt: skip
"""What each house answers where TLS is expected, before any of it."""

MAIL: dict[str, Serve] = {
    "mail-drips": endless(b"220", b"-", 0.1, asked=False),
    "mail-floods": endless(b"", b"220-welcome\r\n" * 1000, asked=False),
}

NAMES: dict[str, Callable[[bytes], bytes | None]] = {}
"""What the name server says of a house, where that is the hostile part of it."""


def _hostile(name: str) -> Callable[[Callable[[bytes], bytes | None]], None]:
    return lambda answer: NAMES.update({name: answer})


def _head(query: bytes, count: int, flags: int = 0x8180) -> bytes:
    end = query.index(b"\0", 12) + 5
    return query[:2] + struct.pack("!HHHHH", flags, 1, count, 0, 0) + query[12:end]


@_hostile("dns-circle")
def _(query: bytes) -> bytes:
    alias = b"\x01x\xc0\x0c"
    there = b"\xc0\x0c\0\5\0\1\0\0\0\x3c" + struct.pack("!H", len(alias)) + alias
    back = alias + b"\0\5\0\1\0\0\0\x3c\0\2\xc0\x0c"
    return _head(query, 2) + there + back


@_hostile("dns-compression-loop")
def _(query: bytes) -> bytes:
    place = len(_head(query, 1))
    return _head(query, 1) + struct.pack("!H", 0xC000 | place) + b"\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1"


@_hostile("dns-pointer-chain")
def _(query: bytes) -> bytes:
    head = _head(query, 1)
    chain = b"".join(struct.pack("!H", 0xC000 | (len(head) + at)) for at in range(0, 800, 2))
    return head + chain[2:] + b"\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1"


@_hostile("dns-lies-about-counts")
def _(query: bytes) -> bytes:
    return _head(query, 65535) + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\xff\xff\x7f\0\0\1"


@_hostile("dns-garbage")
def _(query: bytes) -> bytes:
    return query[:2] + bytes(range(256)) * 4


@_hostile("dns-silent")
def _(query: bytes) -> None:
    return None


@_hostile("dns-truncated")
def _(query: bytes) -> bytes:
    return _head(query, 0, 0x8380)


@_hostile("dns-ten-thousand")
def _(query: bytes) -> bytes:
    return _head(query, 0, 0x8380)


def _ten_thousand(query: bytes) -> bytes:
    """As many addresses as fit, of ten thousand that are said to be there."""
    record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\xfe"
    return _head(query, 10_000) + record * 4000


HOUSES = (*PLAIN, *SECURE, *NAMES)


class NameServer(asyncio.DatagramProtocol):
    """Says where the houses are, and worse."""

    transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = say(data)
        if answer is not None:
            self.transport.sendto(answer, addr)


def say(data: bytes) -> bytes | None:
    query = dns.message.from_wire(data)
    asked = query.question[0]
    name = asked.name.to_text(omit_final_dot=True)
    house = name.removesuffix(".street.example")
    if house in NAMES:
        return NAMES[house](data)
    answer = dns.message.make_response(query)
    kind = dns.rdatatype.to_text(asked.rdtype)
    found = _records(house, kind)
    if found:
        answer.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", kind, found))
    elif not _records(house, "A"):
        answer.set_rcode(dns.rcode.NXDOMAIN)  # type: ignore[attr-defined]
    return answer.to_wire()


def _records(house: str, kind: str) -> str:
    if kind == "A":
        inside = {"metadata": "169.254.169.254", "private": "10.1.2.3"}
        return inside.get(house) or (address_of(house) if house in HOUSES else "")
    if kind == "MX" and house in MAIL:
        return f"10 {house}.street.example."
    return ""


def address_of(house: str) -> str:
    return f"127.0.0.{10 + HOUSES.index(house)}"


async def _tell_over_tcp(reader: Reader, writer: Writer) -> None:
    size = int.from_bytes(await reader.readexactly(2), "big")
    query = await reader.readexactly(size)
    if b"dns-truncated" in query:  # it never comes
        await asyncio.sleep(600)
    answer = _ten_thousand(query)
    writer.write(len(answer).to_bytes(2, "big") + answer)
    await writer.drain()


def _quietly(serve: Serve) -> Serve:
    async def serve_quietly(reader: Reader, writer: Writer) -> None:
        try:
            await serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    return serve_quietly


def ten_thousand_names(folder: Path) -> ssl.SSLContext:
    """A certificate of ten thousand names, shown with the authority that signed it."""
    root = Certified(folder, ["Street root"], authority=True)
    names = [f"n{number}.street.example" for number in range(10_000)]
    return Certified(folder, names, issuer=root).context(root)


async def open_names(port: int) -> None:
    """Answer for every house."""
    await asyncio.start_server(_quietly(_tell_over_tcp), "127.0.0.1", port)
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(NameServer, local_addr=("127.0.0.1", port))


async def open_houses(table: dict[str, Serve], port: int) -> None:
    """Open the houses of a table, each at its address."""
    for house, serve in table.items():
        await asyncio.start_server(_quietly(serve), address_of(house), port, limit=1 << 20)


async def open_names_10000(folder: Path, port: int) -> None:
    """Open the house whose certificate holds for ten thousand names."""
    context, address = ten_thousand_names(folder), address_of("names-10000")
    await asyncio.start_server(_quietly(PLAIN["names-10000"]), address, port, ssl=context)


async def stay(part: str, folder: Path, port: int) -> None:
    """Open one part of the street, say so, and stay."""
    if part == "names":
        await open_names(port)
    elif part == "certificate":
        await open_names_10000(folder, port)
    else:
        await open_houses({"plain": PLAIN, "secure": SECURE, "mail": MAIL}[part], port)
    print("open", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(stay(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
