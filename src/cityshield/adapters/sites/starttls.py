"""Whether a mail server offers to encrypt (STARTTLS, RFC 3207), asked for and never used."""

from __future__ import annotations

import asyncio
from typing import Final

PORT: Final = 25
YES, NO, UNKNOWN = "yes", "no", "unknown"
_MOST_LINES = 64
_LONGEST_LINE = 1024


async def offers_starttls(address: str, port: int, name: str, time_s: float) -> str:
    """`yes`, `no`, or `unknown` where the server could not be asked. `name` is how we greet."""
    try:
        async with asyncio.timeout(time_s):
            return await _ask(address, port, name)
    except (OSError, TimeoutError, ValueError, EOFError, asyncio.LimitOverrunError):
        return UNKNOWN


async def _ask(address: str, port: int, name: str) -> str:
    reader, writer = await asyncio.open_connection(address, port, limit=_LONGEST_LINE)
    try:
        if not (await _read(reader))[-1].startswith(b"220"):
            return UNKNOWN
        writer.write(f"EHLO {name}\r\n".encode("ascii", "replace"))
        lines = await _read(reader)
        writer.write(b"QUIT\r\n")
        if not lines[-1].startswith(b"250"):
            return UNKNOWN
        words = {line[4:].split(b" ")[0].strip().upper() for line in lines}
        return YES if b"STARTTLS" in words else NO
    finally:
        writer.close()


async def _read(reader: asyncio.StreamReader) -> list[bytes]:
    """The lines of one reply (RFC 5321, 4.2.1)."""
    lines: list[bytes] = []
    while len(lines) < _MOST_LINES:
        line = await reader.readuntil(b"\n")
        lines.append(line)
        if line[3:4] != b"-":
            return lines
    raise ValueError
