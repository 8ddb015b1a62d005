"""ClientHello and what answers it, as bytes: nothing else of TLS is needed to see what is offered.

RFC 8446 (TLS 1.3), RFC 5246 (1.2), RFC 6101 (SSL 3.0); suites from the registry of IANA.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

import msgspec

SSL3: Final = 0x0300
TLS10: Final = 0x0301
TLS11: Final = 0x0302
TLS12: Final = 0x0303
TLS13: Final = 0x0304

NAMES: Final = {
    SSL3: "SSL 3.0", TLS10: "TLS 1.0", TLS11: "TLS 1.1", TLS12: "TLS 1.2", TLS13: "TLS 1.3",
}  # fmt: skip

_WORDS: Final = (
    ("anon", "ANON"), ("EXPORT", "EXPORT"), ("WITH_NULL", "NULL"), ("RC4", "RC4"),
    ("3DES", "3DES"), ("WITH_DES_", "DES"), ("DES40", "EXPORT"), ("MD5", "MD5"),
)  # fmt: skip
"""The words in a suite's name that put it into a family."""

STRONG: Final = {
    0xC02B: "ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 0xC02F: "ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    0xC02C: "ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", 0xC030: "ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    0xCCA9: "ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    0xCCA8: "ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    0x009E: "DHE_RSA_WITH_AES_128_GCM_SHA256", 0x009F: "DHE_RSA_WITH_AES_256_GCM_SHA384",
    0xCCAA: "DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    0xC0AD: "ECDHE_ECDSA_WITH_AES_256_CCM", 0xC0AC: "ECDHE_ECDSA_WITH_AES_128_CCM",
    0xC09F: "DHE_RSA_WITH_AES_256_CCM", 0xC09E: "DHE_RSA_WITH_AES_128_CCM",
    0xC024: "ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", 0xC028: "ECDHE_RSA_WITH_AES_256_CBC_SHA384",
    0xC023: "ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", 0xC027: "ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    0x006B: "DHE_RSA_WITH_AES_256_CBC_SHA256", 0x0067: "DHE_RSA_WITH_AES_128_CBC_SHA256",
    0xC061: "ECDHE_RSA_WITH_ARIA_256_GCM_SHA384", 0xC060: "ECDHE_RSA_WITH_ARIA_128_GCM_SHA256",
    0xC077: "ECDHE_RSA_WITH_CAMELLIA_256_CBC_SHA384",
    0xC076: "ECDHE_RSA_WITH_CAMELLIA_128_CBC_SHA256",
}  # fmt: skip

WEAK: Final = {
    0x0003: "RSA_EXPORT_WITH_RC4_40_MD5", 0x0017: "DH_anon_EXPORT_WITH_RC4_40_MD5",
    0x0006: "RSA_EXPORT_WITH_RC2_CBC_40_MD5", 0x0008: "RSA_EXPORT_WITH_DES40_CBC_SHA",
    0x0014: "DHE_RSA_EXPORT_WITH_DES40_CBC_SHA", 0x0019: "DH_anon_EXPORT_WITH_DES40_CBC_SHA",
    0x0001: "RSA_WITH_NULL_MD5", 0x0002: "RSA_WITH_NULL_SHA", 0x003B: "RSA_WITH_NULL_SHA256",
    0xC010: "ECDHE_RSA_WITH_NULL_SHA", 0xC006: "ECDHE_ECDSA_WITH_NULL_SHA",
    0xC015: "ECDH_anon_WITH_NULL_SHA", 0x0018: "DH_anon_WITH_RC4_128_MD5",
    0xC016: "ECDH_anon_WITH_RC4_128_SHA", 0x001A: "DH_anon_WITH_DES_CBC_SHA",
    0x001B: "DH_anon_WITH_3DES_EDE_CBC_SHA", 0xC017: "ECDH_anon_WITH_3DES_EDE_CBC_SHA",
    0x0034: "DH_anon_WITH_AES_128_CBC_SHA", 0x003A: "DH_anon_WITH_AES_256_CBC_SHA",
    0x006C: "DH_anon_WITH_AES_128_CBC_SHA256", 0x006D: "DH_anon_WITH_AES_256_CBC_SHA256",
    0x00A6: "DH_anon_WITH_AES_128_GCM_SHA256", 0x00A7: "DH_anon_WITH_AES_256_GCM_SHA384",
    0xC018: "ECDH_anon_WITH_AES_128_CBC_SHA", 0xC019: "ECDH_anon_WITH_AES_256_CBC_SHA",
    0x0004: "RSA_WITH_RC4_128_MD5", 0x0005: "RSA_WITH_RC4_128_SHA",
    0xC011: "ECDHE_RSA_WITH_RC4_128_SHA", 0xC007: "ECDHE_ECDSA_WITH_RC4_128_SHA",
    0x0009: "RSA_WITH_DES_CBC_SHA", 0x0015: "DHE_RSA_WITH_DES_CBC_SHA",
    0x000A: "RSA_WITH_3DES_EDE_CBC_SHA", 0x0016: "DHE_RSA_WITH_3DES_EDE_CBC_SHA",
    0xC012: "ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", 0xC008: "ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA",
    0x0007: "RSA_WITH_IDEA_CBC_SHA", 0x0096: "RSA_WITH_SEED_CBC_SHA",
    0x002F: "RSA_WITH_AES_128_CBC_SHA", 0x0035: "RSA_WITH_AES_256_CBC_SHA",
    0x0041: "RSA_WITH_CAMELLIA_128_CBC_SHA", 0x0084: "RSA_WITH_CAMELLIA_256_CBC_SHA",
    0x003C: "RSA_WITH_AES_128_CBC_SHA256", 0x003D: "RSA_WITH_AES_256_CBC_SHA256",
    0x009C: "RSA_WITH_AES_128_GCM_SHA256", 0x009D: "RSA_WITH_AES_256_GCM_SHA384",
    0xC09C: "RSA_WITH_AES_128_CCM", 0xC09D: "RSA_WITH_AES_256_CCM",
    0xC013: "ECDHE_RSA_WITH_AES_128_CBC_SHA", 0xC014: "ECDHE_RSA_WITH_AES_256_CBC_SHA",
    0xC009: "ECDHE_ECDSA_WITH_AES_128_CBC_SHA", 0xC00A: "ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    0x0033: "DHE_RSA_WITH_AES_128_CBC_SHA", 0x0039: "DHE_RSA_WITH_AES_256_CBC_SHA",
    0x0032: "DHE_DSS_WITH_AES_128_CBC_SHA", 0x0038: "DHE_DSS_WITH_AES_256_CBC_SHA",
    0x0045: "DHE_RSA_WITH_CAMELLIA_128_CBC_SHA", 0x0088: "DHE_RSA_WITH_CAMELLIA_256_CBC_SHA",
    0x009A: "DHE_RSA_WITH_SEED_CBC_SHA",
}  # fmt: skip

NEWEST: Final = {
    0x1301: "AES_128_GCM_SHA256", 0x1302: "AES_256_GCM_SHA384", 0x1303: "CHACHA20_POLY1305_SHA256",
}  # fmt: skip


def families(suite: str) -> frozenset[str]:
    """The weak families that a suite is of; none for a good one."""
    found = {family for word, family in _WORDS if word in suite}
    if suite.startswith("RSA_"):
        found.add("STATIC-RSA")
    if suite.endswith("_CBC_SHA"):
        found.add("CBC-SHA1")
    return frozenset(found)


FAMILIES: Final = {code: families(name) for code, name in WEAK.items()}
ALL_FAMILIES: Final = frozenset().union(*FAMILIES.values())
SUITES: Final = {**STRONG, **WEAK, **NEWEST}

_HANDSHAKE, _ALERT = 22, 21
_CLIENT_HELLO, _SERVER_HELLO = 1, 2
_MOST_BYTES = 16 << 10
_PROTOCOL_VERSION = 70


class Heard(msgspec.Struct, frozen=True, gc=False):
    """What answered a hello: a version and a suite, or an alert (RFC 8446, 6), or neither.

    `alert` is -1 where there was none, so a connection that was merely closed has all at that.
    """

    version: int = -1
    suite: int = -1
    alert: int = -1

    @property
    def rules_out_older(self) -> bool:
        """Whether the server said that it knows no version as old as the one offered."""
        return self.alert == _PROTOCOL_VERSION


def client_hello(host: str, version: int, suites: Sequence[int]) -> bytes:
    """A hello that offers a version as the newest, and these suites, in one record."""
    listed = b"".join(code.to_bytes(2, "big") for code in suites)
    if version < TLS13:
        listed += b"\x00\xff"  # secure renegotiation (RFC 5746), the form that all take
    inside = b"".join(
        (
            min(version, TLS12).to_bytes(2, "big"),
            os.urandom(32),
            b"\x20" + os.urandom(32) if version == TLS13 else b"\x00",
            len(listed).to_bytes(2, "big") + listed,
            b"\x01\x00",
        )
    )
    if version > SSL3:
        extensions = _extensions(host, version)
        inside += len(extensions).to_bytes(2, "big") + extensions
    message = bytes((_CLIENT_HELLO,)) + len(inside).to_bytes(3, "big") + inside
    outside = min(version, TLS10)
    return (
        bytes((_HANDSHAKE,))
        + outside.to_bytes(2, "big")
        + len(message).to_bytes(2, "big")
        + message
    )


_GROUPS = bytes.fromhex("000a 000c 000a 001d 0017 0018 0019 0100")
_FORMATS = bytes.fromhex("000b 0002 0100")
_SIGNATURES = bytes.fromhex(
    "000d 0020 001e 0403 0503 0603 0807 0808 0804 0805 0806 0401 0501 0601 0203 0201 0402 0202"
)
_ONLY_13 = bytes.fromhex("002b 0003 02 0304")


def _extensions(host: str, version: int) -> bytes:
    parts = [_GROUPS, _FORMATS]
    if not _is_address(host):
        name = host.encode("ascii", "replace")
        inside = b"\x00" + len(name).to_bytes(2, "big") + name
        listed = len(inside).to_bytes(2, "big") + inside
        parts.append(b"\x00\x00" + len(listed).to_bytes(2, "big") + listed)
    if version >= TLS12:
        parts.append(_SIGNATURES)
    if version == TLS13:
        # any 32 bytes are a point of X25519; the secret is never needed
        share = b"\x00\x1d\x00\x20" + os.urandom(32)
        listed = len(share).to_bytes(2, "big") + share
        parts += [_ONLY_13, b"\x00\x33" + len(listed).to_bytes(2, "big") + listed]
    return b"".join(parts)


def _is_address(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


def read_answer(data: bytes, ended: bool) -> Heard | None:
    """What answered, None while more has to come. Takes whatever a server sends."""
    message = b""
    place = 0
    while place + 5 <= len(data):
        kind, size = data[place], int.from_bytes(data[place + 3 : place + 5], "big")
        if data[place + 1] != 3 or kind not in (_HANDSHAKE, _ALERT):
            return Heard()
        body = data[place + 5 : place + 5 + size]
        if kind == _ALERT and len(body) >= 2:
            if body[0] == 2 or body[1] == 0:
                return Heard(alert=body[1])
        elif kind == _HANDSHAKE:
            message += body
            heard = _server_hello(message)
            if heard is not None:
                return heard
        if len(body) < size:
            break
        place += 5 + size
    return Heard() if ended or len(data) > _MOST_BYTES else None


def _server_hello(message: bytes) -> Heard | None:
    """The version and suite of a ServerHello that has come whole."""
    if not message:
        return None
    if message[0] != _SERVER_HELLO:
        return Heard()
    size = int.from_bytes(message[1:4], "big")
    if len(message) < 4 or len(message) < 4 + size:
        return None if size <= _MOST_BYTES else Heard()
    body = message[4 : 4 + size]
    if len(body) < 38 or len(body) < 38 + body[34]:
        return Heard()
    version = int.from_bytes(body[:2], "big")
    place = 35 + body[34]
    suite = int.from_bytes(body[place : place + 2], "big")
    place += 3
    end = place + 2 + int.from_bytes(body[place : place + 2], "big")
    place += 2
    while place + 4 <= min(end, len(body)):
        kind = int.from_bytes(body[place : place + 2], "big")
        length = int.from_bytes(body[place + 2 : place + 4], "big")
        if kind == 0x2B and length == 2:  # supported_versions
            version = int.from_bytes(body[place + 4 : place + 6], "big")
        place += 4 + length
    return Heard(version, suite)
