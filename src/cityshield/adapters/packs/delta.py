"""Signed deltas: what changes from one pack to the next, in a fraction of its size.

    8 bytes   magic, with the number of the format
    body      MessagePack, packed by DEFLATE: the digest of the header it starts from, the new
              header and signature, and of each section that changed its content: bytes that are
              added to the old ones modulo 256 when both are of one size, else the new content

The signature is that of the new pack, so a delta needs none of its own: what it makes is verified
as any other pack is, and a delta that was tampered with makes a pack whose digests do not fit.
"""

from __future__ import annotations

import hashlib
import zlib

import msgspec

from cityshield.adapters.packs.pack import LARGEST_BYTES, Header, Pack, assemble
from cityshield.vocabulary.errors import InputError

MAGIC = b"CSDELTA\x01"


class Change(msgspec.Struct, frozen=True):
    """A section's new content, or what is added to each byte of the old one."""

    content: bytes
    added: bool


class _Body(msgspec.Struct, frozen=True):
    base: bytes
    header: Header
    signature: bytes
    changes: dict[str, Change]


def make_delta(old: Pack, new: Pack) -> bytes:
    """The bytes that turn an old pack into a new one."""
    changes = {}
    for name, content in new.sections.items():
        before = old.sections.get(name)
        if before == content:
            continue
        if before is not None and len(before) == len(content):
            difference = bytes([(b - a) & 255 for a, b in zip(before, content, strict=True)])
            changes[name] = Change(difference, True)
        else:
            changes[name] = Change(content, False)
    body = _Body(_digest(old), new.header, new.signature, changes)
    return MAGIC + zlib.compress(msgspec.msgpack.encode(body), 9)


def apply_delta(old: Pack, delta: bytes) -> bytes:
    """The new pack, not yet verified; raises InputError for a delta that is not for this pack."""
    if delta[:8] != MAGIC:
        raise InputError("error-delta-foreign")
    try:
        unpacker = zlib.decompressobj()
        raw = unpacker.decompress(delta[8:], 4 * LARGEST_BYTES)
        body = msgspec.msgpack.decode(raw, type=_Body)
    except (zlib.error, msgspec.MsgspecError) as error:
        raise InputError("error-delta-damaged") from error
    if body.base != _digest(old):
        raise InputError("error-delta-base", version=old.header.version)
    sections = dict(old.sections)
    for name, change in body.changes.items():
        content = change.content
        if change.added:
            before = sections.get(name, b"")
            if len(before) != len(content):
                raise InputError("error-delta-damaged")
            content = bytes([(a + b) & 255 for a, b in zip(before, content, strict=True)])
        sections[name] = content
    if any(item.name not in sections for item in body.header.sections):
        raise InputError("error-delta-damaged")
    return assemble(body.header, body.signature, sections)


def _digest(pack: Pack) -> bytes:
    return hashlib.sha256(msgspec.json.encode(pack.header) + pack.signature).digest()
