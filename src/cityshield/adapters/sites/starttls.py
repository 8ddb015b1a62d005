"""Whether a mail server offers to encrypt (STARTTLS, RFC 3207), and the certificates it shows."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from functools import cache
from typing import Any, Final

PORT: Final = 25
YES, NO, UNKNOWN = "yes", "no", "unknown"
_MOST_LINES = 64
_LONGEST_LINE = 1024
_MOST_CERTIFICATES = 8

Offer = tuple[str, tuple[bytes, ...]]
"""The answer, and the certificates as DER, the leaf first; none where no handshake came about."""


async def offers_starttls(address: str, port: int, server: str, time_s: float) -> Offer:
    """`yes`, `no`, or `unknown` where the server could not be asked.

    `server` is the name of the server that it is asked by. We greet by our own address, never by
    the name of somebody whom we look at (RFC 5321, 4.1.4).
    """
    told: list[Offer] = [(UNKNOWN, ())]
    try:
        async with asyncio.timeout(time_s):
            await _ask(address, port, server, told)
    except (OSError, TimeoutError, ValueError, EOFError, asyncio.LimitOverrunError):
        pass
    return told[-1]


async def _ask(address: str, port: int, server: str, told: list[Offer]) -> None:
    reader, writer = await asyncio.open_connection(address, port, limit=_LONGEST_LINE)
    try:
        if not (await _read(reader))[-1].startswith(b"220"):
            return
        writer.write(f"EHLO {_literal(writer.get_extra_info('sockname')[0])}\r\n".encode())
        lines = await _read(reader)
        if not lines[-1].startswith(b"250"):
            writer.write(b"QUIT\r\n")
            return
        words = {line[4:].split(b" ")[0].strip().upper() for line in lines}
        if b"STARTTLS" not in words:
            told.append((NO, ()))
            writer.write(b"QUIT\r\n")
            return
        told.append((YES, ()))
        writer.write(b"STARTTLS\r\n")
        if (await _read(reader))[-1].startswith(b"220"):
            await writer.start_tls(_context(), server_hostname=server)
            told.append((YES, _chain(writer.get_extra_info("ssl_object"))))
            writer.write(b"QUIT\r\n")
    finally:
        writer.close()


def _literal(address: str) -> str:
    """An address as it stands in a greeting (RFC 5321, 4.1.3)."""
    return f"[IPv6:{address.partition('%')[0]}]" if ":" in address else f"[{address}]"


@cache
def _context() -> ssl.SSLContext:
    """Takes whatever the server shows and speaks: what that is worth is judged later."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # old versions are deprecated, and still out there
        context.minimum_version = ssl.TLSVersion.TLSv1
    return context


def _chain(shown: Any) -> tuple[bytes, ...]:
    """The certificates of a connection; Python 3.13 has a public name for it."""
    find = getattr(shown, "get_unverified_chain", None)
    if find is None:
        find = getattr(shown._sslobj, "get_unverified_chain", None)
    found = find() if find is not None else None
    ders = (one if isinstance(one, bytes) else _der(one) for one in (found or ()))
    return tuple(ders)[:_MOST_CERTIFICATES]


def _der(certificate: Any) -> bytes:
    return ssl.PEM_cert_to_DER_cert(certificate.public_bytes())


async def _read(reader: asyncio.StreamReader) -> list[bytes]:
    """The lines of one reply (RFC 5321, 4.2.1)."""
    lines: list[bytes] = []
    while len(lines) < _MOST_LINES:
        line = await reader.readuntil(b"\n")
        lines.append(line)
        if line[3:4] != b"-":
            return lines
    raise ValueError
