"""Transfers signed with a shared key (TSIG, RFC 8945), over messages written by hand."""

from __future__ import annotations

import struct
import time
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterable, Iterator, Mapping

import dns.exception
import dns.message
import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TSIG
import dns.tsig

from cityshield.vocabulary.errors import ConfigurationError

_FUDGE_S = 300
_LEAST_SECRET_BYTES = 16
Keys = dict[dns.name.Name, dns.tsig.Key]


def read_keys(secrets: Mapping[str, str]) -> Keys:
    """Keys by name, from base64 secrets; ConfigurationError names the one that is none."""
    keys = {}
    for text, secret in secrets.items():
        try:
            raw = b64decode(secret, validate=True)
            name = dns.name.from_text(text)
        except (Base64Error, ValueError, dns.exception.DNSException) as error:
            raise ConfigurationError("error-zone-key", name=text) from error
        if len(raw) < _LEAST_SECRET_BYTES:
            raise ConfigurationError("error-zone-key", name=text)
        keys[name] = dns.tsig.Key(name, raw, dns.tsig.HMAC_SHA256)
    return keys


def sign(messages: Iterable[bytes], query: dns.message.Message) -> Iterator[bytes]:
    """Every message with a signature by the key of the query, each bound to the one before."""
    key, name = query.keyring, query.keyname
    if not isinstance(key, dns.tsig.Key) or name is None:
        yield from messages
        return
    context = None
    for message in messages:
        empty = dns.rdtypes.ANY.TSIG.TSIG(  # type: ignore[no-untyped-call]
            dns.rdataclass.ANY,
            dns.rdatatype.TSIG,
            key.algorithm,
            0,
            _FUDGE_S,
            b"",
            query.id,
            0,
            b"",
        )
        rdata, context = dns.tsig.sign(  # type: ignore[no-untyped-call]
            message, key, empty, int(time.time()), query.mac, context, True
        )
        yield _append(message, name, rdata.to_wire())


def _append(message: bytes, name: dns.name.Name, rdata: bytes | None) -> bytes:
    """The message with the signature as its last additional record."""
    data = rdata or b""
    (count,) = struct.unpack_from("!H", message, 10)
    record = name.to_wire() or b""
    record += struct.pack("!HHIH", dns.rdatatype.TSIG, dns.rdataclass.ANY, 0, len(data))
    return message[:10] + struct.pack("!H", count + 1) + message[12:] + record + data
