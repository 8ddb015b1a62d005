"""A small internet on loopback: a name server, servers that behave or do not, and a gatherer."""

from __future__ import annotations

import asyncio
import datetime
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import dns.message
import dns.rrset
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from cityshield.adapters.clock import SystemClock
from cityshield.adapters.sites.gatherer import Gatherer
from cityshield.adapters.sites.log import Line
from cityshield.adapters.sites.settings import Limit, SitesSettings
from cityshield.guards.sites.facts import Header, Page, SiteFacts
from tests.adapters.sites.scope import Scope

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
FAST = Limit(2, 1000)


class NameServer(asyncio.DatagramProtocol):
    """Answers from a table of (name, type) to data; a name that is not in it does not exist."""

    def __init__(self, table: dict[tuple[str, str], Sequence[str]]) -> None:
        self.table = table
        self.asked: list[tuple[str, str]] = []
        self.raw: Callable[[bytes], bytes | None] | None = None
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        answer = self.raw(data) if self.raw else self.answer(data)
        if answer is not None:
            self.transport.sendto(answer, addr)

    def answer(self, data: bytes) -> bytes:
        question = dns.message.from_wire(data)
        name = question.question[0].name
        kind = question.question[0].rdtype.name
        text = name.to_text(omit_final_dot=True)
        self.asked.append((text, kind))
        reply = dns.message.make_response(question)
        for _ in range(20):
            alias = self.table.get((text, "CNAME"))
            if alias and kind != "CNAME":
                reply.answer.append(dns.rrset.from_text(text + ".", 60, "IN", "CNAME", alias[0]))
                text = alias[0].rstrip(".")
                continue
            found = self.table.get((text, kind), ())
            if found:
                reply.answer.append(dns.rrset.from_text(text + ".", 60, "IN", kind, *found))
            elif not any(known == text for known, _ in self.table):
                reply.set_rcode(dns.rcode.NXDOMAIN)  # type: ignore[attr-defined]
            break
        return reply.to_wire()


@asynccontextmanager
async def name_server(
    table: dict[tuple[str, str], Sequence[str]],
    port: int = 0,
) -> AsyncIterator[tuple[NameServer, str]]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(
        lambda: NameServer(table), local_addr=("127.0.0.1", port)
    )
    host, port = transport.get_extra_info("sockname")
    try:
        yield server, f"{host}:{port}"
    finally:
        transport.close()


@asynccontextmanager
async def server(
    serve: Serve, context: ssl.SSLContext | None = None, *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[int]:
    """A server whose connections `serve` handles; what it raises is its own affair."""

    tasks: set[asyncio.Task[Any]] = set()
    writers: set[asyncio.StreamWriter] = set()

    async def quietly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()
            writers.discard(writer)

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.add(writer)
        task = asyncio.get_running_loop().create_task(quietly(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    running = await asyncio.start_server(connected, host, port, ssl=context)
    try:
        yield running.sockets[0].getsockname()[1]
    finally:
        running.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in writers:
            writer.close()


class Site:
    """A well-behaved HTTP server: replies by path, and remembers who was asked for what."""

    def __init__(self, replies: dict[str, bytes] | None = None) -> None:
        self.replies = replies or {}
        self.asked: list[tuple[str, str]] = []
        self.heads: list[str] = []
        self.now = self.most = 0
        self.wait_s = 0.0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.now += 1
            self.most = max(self.most, self.now)
            await asyncio.sleep(self.wait_s)
            host = head.lower().partition("\r\nhost: ")[2].partition("\r\n")[0].partition(":")[0]
            path = head.split(" ")[1]
            self.asked.append((host, path))
            self.heads.append(head)
            writer.write(self.replies.get(path) or self.replies.get("*") or answer(b"", 404))
            await writer.drain()
            self.now -= 1


def answer(body: bytes, status: int = 200, **fields: str) -> bytes:
    """An HTTP answer as bytes."""
    said = {"Content-Type": "text/html", **{k.replace("_", "-"): v for k, v in fields.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in said.items())
    return f"HTTP/1.1 {status} Said\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def read_page(body: bytes, url: str, headers: Sequence[Header]) -> Page:
    return Page(title=body[:40].decode("utf-8", "replace"), size_bytes=len(body))


def registrable(host: str) -> str:
    return ".".join(host.split(".")[-2:])


def gatherer(
    listed: Iterable[str],
    resolver: str,
    *,
    plain: int = 1,
    secure: int = 1,
    log: list[Line] | None = None,
    opted_out: Iterable[str] = (),
    settings: dict[str, Any] | None = None,
    **given: Any,
) -> Gatherer:
    """A gatherer that knows one resolver and two ports; only 127.0.0.0/24 is open to it."""
    fixed: dict[str, Any] = {
        "address": FAST, "domain": FAST, "network": Limit(50, 100_000), "time_s": 3.0, "slow_s": 1.0,
        "connect_s": 2.0, "page_bytes": 64 << 10,
    }  # fmt: skip
    chosen = SitesSettings(
        resolvers=(resolver,),
        plain_port=plain,
        secure_port=secure,
        agent="CityShield (+https://shield.example/visits)",
        **(fixed | (settings or {})),
    )
    return Gatherer(
        chosen,
        Scope(listed, opted_out),
        lets=lambda address: address.startswith("127.0.0."),
        registrable=registrable,
        read_page=read_page,
        clock=SystemClock(),
        log=log.append if log is not None else lambda line: None,
        **given,
    )


async def visit_one(one: Gatherer, host: str) -> SiteFacts:
    return [facts async for facts in one.visit([host])][0]  # noqa: RUF015


class Certified:
    """A certificate with its key, as files and as a server's context."""

    def __init__(
        self,
        folder: Path,
        names: Sequence[str],
        *,
        issuer: Certified | None = None,
        authority: bool = False,
        days: tuple[int, int] = (-1, 30),
        where: str = "",
        only: str = "",
        odd: str = "",
        purpose: x509.ObjectIdentifier | None = None,
        bare: bool = False,
        text: _ASN1Type = _ASN1Type.UTF8String,
    ) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0], text)])
        now = datetime.datetime.now(datetime.UTC)
        signer = issuer or self
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(signer.name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + datetime.timedelta(days[0]))
            .not_valid_after(now + datetime.timedelta(days[1]))
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()),
                critical=False,
            )
        )
        if authority and not bare:
            usage = [False] * 9
            usage[5] = usage[6] = True
            builder = builder.add_extension(x509.KeyUsage(*usage), critical=True)
            key = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
            builder = builder.add_extension(key, critical=False)
        if only:
            limits = x509.NameConstraints([x509.DNSName(only)], None)
            builder = builder.add_extension(limits, critical=True)
        if purpose is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        if not authority or "." in names[0]:
            listed = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
            builder = builder.add_extension(listed, critical=False)
        if where:
            access = x509.AccessDescription(
                x509.oid.AuthorityInformationAccessOID.CA_ISSUERS,
                x509.UniformResourceIdentifier(where),
            )
            builder = builder.add_extension(
                x509.AuthorityInformationAccess([access]), critical=False
            )
        if odd:
            unreadable = x509.UnrecognizedExtension(x509.ObjectIdentifier(odd), b"\x30\x05\x01")
            builder = builder.add_extension(unreadable, critical=False)
        self.certificate = builder.sign(signer.key, hashes.SHA256())
        self.der = self.certificate.public_bytes(serialization.Encoding.DER)
        stem = f"{abs(hash((names[0], id(self))))}"
        self.path, self.key_path = folder / f"{stem}.pem", folder / f"{stem}.key"
        self.pem = self.certificate.public_bytes(serialization.Encoding.PEM)
        self.path.write_bytes(self.pem)
        self.key_path.write_bytes(
            self.key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )

    def context(self, *more: Certified) -> ssl.SSLContext:
        self.path.write_bytes(self.pem + b"".join(one.pem for one in more))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path, self.key_path)
        return context
