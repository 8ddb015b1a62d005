"""The pack: everything the messages guard knows in one signed file, the same for every runtime.

    8 bytes   magic, with the number of the format
    4 bytes   size of the header, little-endian
    header    JSON: name, version, created, expires, key, and of each section its name, its size
              and its SHA-256, both unpacked
    64 bytes  Ed25519 signature (RFC 8032) of all before
    sections  in the order of the header: 4 bytes of packed size, then the section by DEFLATE
              (RFC 1951)

The signature covers the sections by their digests, so a section may be packed again by another
compressor. A reader skips sections it does not know; the name `links` is kept for the links guard.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from cityshield.vocabulary.errors import InputError

MAGIC = b"CSPACK\x00\x03"
LARGEST_BYTES = 16 << 20
_LARGEST_SECTION_BYTES = 32 << 20
_LARGEST_HEADER_BYTES = 64 << 10
_SIGNATURE_BYTES = 64


class Section(msgspec.Struct, frozen=True):
    """One section: its size in bytes and its digest, both unpacked."""

    name: str
    size: int
    sha256: str


class Header(msgspec.Struct, frozen=True):
    """What a pack says of itself. `version` only grows; dates are ISO 8601."""

    name: str
    version: int
    created: str
    expires: str
    key: str
    sections: list[Section]


class Pack(msgspec.Struct, frozen=True):
    """A pack that was read: its bytes, its header, its signature and its sections, unpacked."""

    content: bytes
    header: Header
    signature: bytes
    sections: dict[str, bytes]


def build_pack(
    sections: Mapping[str, bytes], private_key: bytes, *, version: int, created: str, expires: str
) -> bytes:
    """The bytes of a pack, signed with a private key of 32 bytes; the same for the same input."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(private_key)
    header = Header(
        "cityshield",
        version,
        created,
        expires,
        public_key(private_key),
        [
            Section(name, len(content), hashlib.sha256(content).hexdigest())
            for name, content in sections.items()
        ],
    )
    return assemble(header, key.sign(_head(header)), sections)


def public_key(private_key: bytes) -> str:
    """The public key, in hexadecimal, of a private key of 32 bytes."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw().hex()


def assemble(header: Header, signature: bytes, sections: Mapping[str, bytes]) -> bytes:
    """A pack from its parts."""
    parts = [_head(header), signature]
    for item in header.sections:
        packed = _deflate(sections[item.name])
        parts += (len(packed).to_bytes(4, "little"), packed)
    return b"".join(parts)


def read_pack(content: bytes) -> Pack:
    """Take a pack apart and compare every digest; raises InputError that says what is wrong.

    The signature is not looked at: `verify_pack` does that.
    """
    if len(content) > LARGEST_BYTES:
        raise InputError("error-pack-large", mib=LARGEST_BYTES >> 20)
    if content[:6] != MAGIC[:6]:
        raise InputError("error-pack-foreign")
    if content[:8] != MAGIC:
        raise InputError("error-pack-format", format=content[7] if len(content) > 7 else 0)
    size = int.from_bytes(content[8:12], "little")
    start = 12 + size + _SIGNATURE_BYTES
    if size > _LARGEST_HEADER_BYTES or start > len(content):
        raise InputError("error-pack-damaged", section="header")
    try:
        header = msgspec.json.decode(content[12 : 12 + size], type=Header)
        date.fromisoformat(header.created), date.fromisoformat(header.expires)
    except (msgspec.MsgspecError, ValueError) as error:
        raise InputError("error-pack-damaged", section="header") from error
    if content[: 12 + size] != _head(header):  # what the signature is of, to every reader
        raise InputError("error-pack-damaged", section="header")
    sections: dict[str, bytes] = {}
    for item in header.sections:
        packed = int.from_bytes(content[start : start + 4], "little")
        start, end = start + 4, start + 4 + packed
        sections[item.name] = _inflate(content[start:end], item)
        start = end
    if start != len(content):
        raise InputError("error-pack-damaged", section="end")
    return Pack(content, header, content[12 + size :][:_SIGNATURE_BYTES], sections)


def verify_pack(pack: Pack, keys: Iterable[str], today: date, least_version: int = 0) -> None:
    """Refuse a pack that no trusted key signed, that has had its time, or that is an older one.

    `keys` are public keys in hexadecimal. Raises InputError with the reason.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    header = pack.header
    if header.key not in set(keys):
        raise InputError("error-pack-key", key=header.key[:16])
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(header.key))
        key.verify(pack.signature, _head(header))
    except (InvalidSignature, ValueError) as error:
        raise InputError("error-pack-signature") from error
    if today > date.fromisoformat(header.expires):
        raise InputError("error-pack-expired", expires=header.expires)
    if header.version < least_version:
        raise InputError("error-pack-older", version=header.version, least=least_version)


def _head(header: Header) -> bytes:
    encoded = msgspec.json.encode(header)
    return MAGIC + len(encoded).to_bytes(4, "little") + encoded


def _inflate(packed: bytes, item: Section) -> bytes:
    """A section unpacked, never to more than it says; raises InputError if it is not as signed."""
    try:
        if not 0 <= item.size <= _LARGEST_SECTION_BYTES:
            raise zlib.error("size")
        unpacker = zlib.decompressobj(-15)
        value = unpacker.decompress(packed, item.size + 1)
    except zlib.error as error:
        raise InputError("error-pack-damaged", section=item.name) from error
    if len(value) != item.size or hashlib.sha256(value).hexdigest() != item.sha256:
        raise InputError("error-pack-damaged", section=item.name)
    return value


def _deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    return packer.compress(content) + packer.flush()
