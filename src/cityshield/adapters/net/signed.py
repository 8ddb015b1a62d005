"""Documents that are pinned: to a digest, or to the holder of a key (minisign signatures).

Source: minisign's file formats. A signature is an Ed25519 one (RFC 8032) of the BLAKE2b-512
digest (RFC 7693) of the document, and another one of that signature and its trusted comment.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error
from hashlib import blake2b, file_digest
from pathlib import Path

from cityshield.vocabulary.errors import InputError

_DIGEST = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{64}(?![0-9A-Fa-f])")
_KEY = re.compile(r"[A-Za-z0-9+/]{56}")
_PLAIN, _HASHED = b"Ed", b"ED"
_KEY_BYTES, _SIGNATURE_BYTES = 42, 74
_COMMENT = "trusted comment: "


def read_digest(text: str, name: str = "") -> str:
    """The SHA-256 in a text: of the line that names the document, else the only one there is.

    Raises InputError where there is none, or no telling which.
    """
    lines = [
        (found[0].lower(), line) for line in text.splitlines() if (found := _DIGEST.search(line))
    ]
    named = [digest for digest, line in lines if name and re.split(r"[\s*/]+", line)[-1] == name]
    digests = set(named or [digest for digest, _ in lines])
    if len(digests) != 1:
        raise InputError("error-feed-digest", found=len(digests))
    return digests.pop()


def read_key(text: str) -> bytes:
    """A public key of minisign, as one line of base64: its number and the key itself."""
    found = _KEY.fullmatch(text.strip())
    raw = b64decode(found[0]) if found else b""
    if len(raw) != _KEY_BYTES or raw[:2] != _PLAIN:
        raise InputError("error-feed-key")
    return raw[2:]


def require_signature(document: Path, signature: str, key: str) -> None:
    """Raise InputError unless a minisign signature of this document is by this key."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    number_and_key = read_key(key)
    lines = signature.splitlines()
    try:
        raw, whole = b64decode(lines[1], validate=True), b64decode(lines[3], validate=True)
    except (IndexError, Error) as error:
        raise InputError("error-feed-signature-form") from error
    if len(raw) != _SIGNATURE_BYTES or raw[:2] != _HASHED or not lines[2].startswith(_COMMENT):
        raise InputError("error-feed-signature-form")
    if raw[2:10] != number_and_key[:8]:
        raise InputError("error-feed-signature")
    with document.open("rb") as file:
        digest = file_digest(file, blake2b).digest()
    holder = Ed25519PublicKey.from_public_bytes(number_and_key[8:])
    try:
        holder.verify(raw[10:], digest)
        holder.verify(whole, raw[10:] + lines[2].removeprefix(_COMMENT).encode())
    except InvalidSignature as error:
        raise InputError("error-feed-signature") from error
