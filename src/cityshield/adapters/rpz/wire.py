"""The block zone in DNS wire format (RFC 1035, RFC 1995, RFC 5936).

Response policy zones: draft-vixie-dnsop-dns-rpz, section 5 says what the records mean. They are
written by hand, for a library takes forty times as long and a transfer holds a million of them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cityshield.ports.zone import BLOCKED, STATE_NAME, Change, Record

_SOA, _NS, _CNAME, _TXT, _IN = 6, 2, 5, 16, 1
_TO_ORIGIN = b"\xc0\x0c"
"""A pointer to the name in the question, which is the zone's own in every message we write."""

_MESSAGE_BYTES = 16_000
"""Most of one message: within what a pointer reaches (RFC 1035, 4.1.4), large enough to be few."""

_HEADER = struct.Struct("!HHHHHH")
_RESPONSE, _AUTHORITATIVE = 0x8000, 0x0400
_FIXED = struct.Struct("!HHIH")


class Timing(NamedTuple):
    """Seconds of the zone's SOA (RFC 1035, 3.3.13), and how long an answer may be kept."""

    refresh_s: int = 60
    retry_s: int = 30
    expire_s: int = 2_592_000
    ttl_s: int = 30


class Writer:
    """Writes the records of one zone."""

    def __init__(self, zone: str, blocked_to: str, timing: Timing) -> None:
        """`blocked_to` is where a blocked name points: empty for "no such name"."""
        self._timing = timing
        self._name = name_to_wire(zone)
        ttl = timing.ttl_s
        target = name_to_wire(blocked_to)
        self._blocked = _FIXED.pack(_CNAME, _IN, ttl, len(target)) + target
        passed = name_to_wire("rpz-passthru")
        self._passed = _FIXED.pack(_CNAME, _IN, ttl, len(passed)) + passed
        server = name_to_wire("localhost")
        self._ns = _TO_ORIGIN + _FIXED.pack(_NS, _IN, ttl, len(server)) + server

    @property
    def origin(self) -> bytes:
        """The zone's name."""
        return self._name

    def soa(self, serial: int) -> bytes:
        """The SOA record of a serial."""
        timing = self._timing
        names = name_to_wire("localhost") + name_to_wire("hostmaster.localhost")
        data = names + struct.pack(
            "!IIIII", serial, timing.refresh_s, timing.retry_s, timing.expire_s, timing.ttl_s
        )
        return _TO_ORIGIN + _FIXED.pack(_SOA, _IN, timing.ttl_s, len(data)) + data

    def ns(self) -> bytes:
        """The NS record that a zone has to have; nobody asks that server."""
        return self._ns

    def state(self, serial: int) -> bytes:
        """The record that tells which state this is."""
        text = str(serial).encode()
        data = bytes((len(text),)) + text
        head = _FIXED.pack(_TXT, _IN, 1, len(data))
        return _relative(STATE_NAME) + _TO_ORIGIN + head + data

    def record(self, owner: str, policy: int) -> bytes:
        """One record."""
        data = self._blocked if policy == BLOCKED else self._passed
        return _relative(owner) + _TO_ORIGIN + data

    def whole(self, serial: int, records: Iterable[Record]) -> Iterator[bytes]:
        """The records of a full transfer, one by one (RFC 5936, section 2.2)."""
        soa = self.soa(serial)
        yield soa
        yield self._ns
        yield self.state(serial)
        blocked, passed = _TO_ORIGIN + self._blocked, _TO_ORIGIN + self._passed
        for owner, policy in records:
            yield _relative(owner) + (blocked if policy == BLOCKED else passed)
        yield soa

    def steps(self, since: int, serial: int, changes: Iterable[Change]) -> Iterator[bytes]:
        """The records of an incremental transfer in one step (RFC 1995, section 4)."""
        gone, come = [self.state(since)], [self.state(serial)]
        for owner, before, after in changes:
            if before is not None:
                gone.append(self.record(owner, before))
            if after is not None:
                come.append(self.record(owner, after))
        newest = self.soa(serial)
        yield newest
        yield self.soa(since)
        yield from gone
        yield newest
        yield from come
        yield newest

    def messages(self, id: int, type: int, records: Iterable[bytes]) -> Iterator[bytes]:
        """Records as the messages of one response, each with the question before them."""
        question = self._name + struct.pack("!HH", type, _IN)
        flags = _RESPONSE | _AUTHORITATIVE
        room = _MESSAGE_BYTES - len(question) - _HEADER.size
        some: list[bytes] = []
        size = 0
        for record in records:
            if size + len(record) > room:
                yield _HEADER.pack(id, flags, 1, len(some), 0, 0) + question + b"".join(some)
                some, size = [], 0
            some.append(record)
            size += len(record)
        yield _HEADER.pack(id, flags, 1, len(some), 0, 0) + question + b"".join(some)


def _relative(name: str) -> bytes:
    """The labels of a name, without the end."""
    out = b""
    for label in name.encode("ascii").split(b"."):
        out += bytes((len(label),)) + label
    return out


def name_to_wire(name: str) -> bytes:
    """A name in wire format; the empty one is the root."""
    return (_relative(name) if name else b"") + b"\0"
