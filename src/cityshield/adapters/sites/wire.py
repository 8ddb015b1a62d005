"""Questions and answers of DNS as bytes (RFC 1035), read from servers that may be hostile.

Written by hand: for a census a library takes ten times as long, and the bulk resolvers at hand
know no DS. Whatever is malformed raises Malformed, and no name can be followed in a circle.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from ipaddress import IPv6Address
from typing import Final

import msgspec

A: Final = 1
NS: Final = 2
CNAME: Final = 5
MX: Final = 15
TXT: Final = 16
AAAA: Final = 28
DS: Final = 43
TLSA: Final = 52
CAA: Final = 257

CODES: Final = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}

_HEADER = struct.Struct("!HHHHHH")
_FIELDS = struct.Struct("!HHIH")
_OPT = b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00"
"""EDNS (RFC 6891): 1232 bytes fit in one packet everywhere."""

_RECURSION, _TRUNCATED, _ANSWER = 0x0100, 0x0200, 0x8000
_UNCHECKED = 0x0010
"""Signatures are not to be checked (RFC 4035, 3.2.2)."""

_MOST_JUMPS = 64
_MOST_RECORDS = 512
_LONGEST_LABEL, _LONGEST_NAME = 63, 253
_POINTER = 0xC0


class Malformed(Exception):
    """An answer that is none."""


class Record(msgspec.Struct, frozen=True, gc=False):
    """One record of an answer: its owner, its type, and its data in presentation form."""

    owner: str
    type: int
    data: str


class Reply(msgspec.Struct, frozen=True, gc=False):
    """An answer: its code (`NOERROR`, ... or `TIMEOUT`) and the records of its answer section."""

    code: str
    records: tuple[Record, ...] = ()
    truncated: bool = False

    def of(self, kind: int) -> list[str]:
        """The data of the records of a type, in order."""
        return [record.data for record in self.records if record.type == kind]


def ask(asked: bytes, number: int, *, unchecked: bool = False) -> bytes:
    """A recursive question as bytes, of its question section."""
    flags = _RECURSION | _UNCHECKED if unchecked else _RECURSION
    return _HEADER.pack(number, flags, 1, 0, 0, 1) + asked + _OPT


def question(name: str, kind: int) -> bytes:
    """The question section, which an answer has to repeat. Malformed for what cannot be a name."""
    parts: list[bytes] = []
    for label in name.split("."):
        raw = label.encode("ascii", "replace")
        if not raw or len(raw) > _LONGEST_LABEL:
            raise Malformed
        parts.append(bytes((len(raw),)) + raw)
    if len(name) > _LONGEST_NAME:
        raise Malformed
    return b"".join(parts) + b"\x00" + kind.to_bytes(2, "big") + b"\x00\x01"


def read(data: bytes, asked: bytes) -> Reply:
    """The answer to the question section `asked`; Malformed for what is not one to it."""
    try:
        _, flags, questions, answers, _, _ = _HEADER.unpack_from(data)
        if not flags & _ANSWER or questions != 1:
            raise Malformed
        end = 12 + len(asked)
        if data[12:end].lower() != asked.lower():
            raise Malformed
        records = []
        place = end
        for _ in range(min(answers, _MOST_RECORDS)):
            owner, place = _name(data, place)
            kind, _, _, size = _FIELDS.unpack_from(data, place)
            place += 10
            if place + size > len(data):
                raise Malformed
            records.append(Record(owner, kind, _data(data, place, size, kind)))
            place += size
    except (struct.error, IndexError) as error:
        if flags_say_truncated(data):
            return Reply("NOERROR", (), True)
        raise Malformed from error
    code = CODES.get(flags & 15, "SERVFAIL")
    return Reply(code, tuple(records), bool(flags & _TRUNCATED))


def flags_say_truncated(data: bytes) -> bool:
    """Whether the header says that the answer did not fit."""
    return len(data) >= 12 and bool(int.from_bytes(data[2:4], "big") & _TRUNCATED)


def _name(data: bytes, place: int) -> tuple[str, int]:
    """The name at a place, and where the next field is (RFC 1035, 4.1.4)."""
    labels: list[str] = []
    after = -1
    size = 0
    for _ in range(_MOST_JUMPS + 128):
        length = data[place]
        if length >= _POINTER:
            if after < 0:
                after = place + 2
            target = (length & 0x3F) << 8 | data[place + 1]
            if target >= place:
                raise Malformed
            place = target
            continue
        if length > _LONGEST_LABEL:
            raise Malformed
        place += 1
        if not length:
            return ".".join(labels), after if after >= 0 else place
        size += length + 1
        if size > _LONGEST_NAME + 1 or place + length > len(data):
            raise Malformed
        labels.append(_text(data[place : place + length]).lower())
        place += length
    raise Malformed


def _text(raw: bytes) -> str:
    text = raw.decode("latin-1")
    return text if text.isprintable() else raw.decode("ascii", "backslashreplace")


def _data(data: bytes, place: int, size: int, kind: int) -> str:
    read_it = _READERS.get(kind)
    if read_it is None:
        return data[place : place + size].hex()
    return read_it(data, place, size)


def _v4(data: bytes, place: int, size: int) -> str:
    if size != 4:
        raise Malformed
    return ".".join(map(str, data[place : place + 4]))


def _v6(data: bytes, place: int, size: int) -> str:
    if size != 16:
        raise Malformed
    return str(IPv6Address(data[place : place + 16]))


def _host(data: bytes, place: int, size: int) -> str:
    return _name(data, place)[0]


def _mail(data: bytes, place: int, size: int) -> str:
    return f"{int.from_bytes(data[place : place + 2], 'big')} {_name(data, place + 2)[0]}"


def _strings(data: bytes, place: int, size: int) -> str:
    """Strings of a TXT record, joined as SPF and DMARC want them (RFC 7208, 3.3)."""
    end, parts = place + size, []
    while place < end:
        length = data[place]
        if place + 1 + length > end:
            raise Malformed
        parts.append(data[place + 1 : place + 1 + length])
        place += 1 + length
    return b"".join(parts).decode("utf-8", "replace")


def _authority(data: bytes, place: int, size: int) -> str:
    """A CAA record as `tag value` (RFC 8659)."""
    length = data[place + 1]
    if length + 2 > size:
        raise Malformed
    tag = data[place + 2 : place + 2 + length].decode("latin-1").lower()
    return f"{tag} {data[place + 2 + length : place + size].decode('latin-1')}"


def _association(data: bytes, place: int, size: int) -> str:
    """A TLSA record as `usage selector matching hex` (RFC 6698)."""
    if size < 3:
        raise Malformed
    usage, selector, matching = data[place : place + 3]
    return f"{usage} {selector} {matching} {data[place + 3 : place + size].hex()}"


_READERS: Final[dict[int, Callable[[bytes, int, int], str]]] = {
    A: _v4,
    AAAA: _v6,
    NS: _host,
    CNAME: _host,
    MX: _mail,
    TXT: _strings,
    CAA: _authority,
    TLSA: _association,
}
