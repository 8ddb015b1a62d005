"""What a chain of certificates says, and whether it leads to a trusted root (RFC 5280, RFC 6125).

A bad chain is a fact and no failure. Whether a chain is good is decided by `cryptography`; what is
wrong with one that is not is found out here.
"""

from __future__ import annotations

import ssl
import warnings
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from cityshield.guards.sites.facts import Certificate
from cityshield.vocabulary.errors import ConfigurationError

_SHA256 = SHA256()
_KEPT = 4096
_SOON = 64  # asked for again in the same visit, and long where somebody means harm
_MOST_NAMES = 200
_LONGEST = 255
_DEEPEST = 8
_WITH_ISSUER = 3
"""The length of a chain of a site's certificate, its issuer and a root: the most usual one."""
_MOST_ISSUERS = 256


class _Issuer(NamedTuple):
    """An issuer that led to a root: trusted as one while it and the root hold."""

    store: Store
    since: datetime
    until: datetime


class Roots:
    """The roots that are trusted: the system's, and those in a PEM file."""

    def __init__(self, extra: str = "") -> None:
        paths = ssl.get_default_verify_paths()
        roots = _load(paths.cafile) if paths.cafile else []
        if extra:
            roots += _load(extra)
        self._names = {root.subject.public_bytes() for root in roots}
        self._prints = {root.fingerprint(_SHA256) for root in roots}
        self._store = Store(roots) if roots else None
        self._issuers: OrderedDict[x509.Certificate, _Issuer] = OrderedDict()

    @property
    def is_empty(self) -> bool:
        """Whether there are no roots, so that nobody knows whether a chain leads to one."""
        return self._store is None

    def trust(self, chain: Sequence[bytes], host: str, now: int) -> str:
        """Empty where the chain is trusted and holds for the name, else the reason why not."""
        try:
            if not chain:
                return "other"
            leaf, *rest = chain
            return self._trust([_parse(leaf), *_parse_some(rest)], host, now)
        except Exception:  # whatever an odd certificate does to the parser
            return "other"

    def _trust(self, chain: list[x509.Certificate], host: str, now: int) -> str:
        leaf, *rest = chain
        when = datetime.fromtimestamp(now, UTC)
        if leaf.not_valid_after_utc < when:
            return "expired"
        if leaf.not_valid_before_utc > when:
            return "not-yet"
        if _is_self_signed(leaf) and leaf.fingerprint(_SHA256) not in self._prints:
            return "self-signed"
        if not _holds_for(leaf, host):
            return "name"
        if self._store is None or self._is_good(leaf, rest, host, when):
            return ""  # without any root nobody knows, see `is_empty`
        return self._explain(leaf, rest, when)

    def _is_good(
        self, leaf: x509.Certificate, rest: list[x509.Certificate], host: str, when: datetime
    ) -> bool:
        """Whether a chain leads to a root; an issuer that did so before is not followed again."""
        assert self._store is not None
        kept = self._issuers.get(rest[0]) if rest else None
        if (
            kept is not None
            and kept.since <= when <= kept.until
            and _verify(kept.store, leaf, [], host, when)
        ):
            return True
        chain = _verify(self._store, leaf, rest, host, when)
        if rest and len(chain) == _WITH_ISSUER and chain[1] == rest[0]:
            self._keep(chain[1:])
        return bool(chain or _verify(self._store, leaf, rest, host, when, as_browsers=True))

    def _keep(self, issuer_and_root: list[x509.Certificate]) -> None:
        """Note an issuer below a root, where neither restricts the names it may be issued for."""
        if any(map(_restricts_names, issuer_and_root)):
            return
        since = max(above.not_valid_before_utc for above in issuer_and_root)
        until = min(above.not_valid_after_utc for above in issuer_and_root)
        self._issuers[issuer_and_root[0]] = _Issuer(Store(issuer_and_root[:1]), since, until)
        if len(self._issuers) > _MOST_ISSUERS:
            self._issuers.popitem(last=False)

    def _explain(self, leaf: x509.Certificate, rest: list[x509.Certificate], when: datetime) -> str:
        """Follow the issuers as far as they go, and say what stopped."""
        here = leaf
        left = list(rest)
        for _ in range(_DEEPEST):
            if here.issuer.public_bytes() in self._names:
                return "other"  # a root is reached, so something else is wrong
            above = next((one for one in left if _signed_by(here, one)), None)
            if above is None:
                return "incomplete" if _says_where(here) else "unknown-issuer"
            if above.not_valid_after_utc < when:
                return "expired"
            if above.not_valid_before_utc > when:
                return "not-yet"
            if _signed_by(above, above):
                return "unknown-issuer"
            left.remove(above)
            here = above
        return "other"


@lru_cache(_KEPT)
def describe(der: bytes) -> Certificate | None:
    """What a certificate says; None where it cannot be read."""
    try:
        certificate = _parse(der)
        kind, bits = _key(certificate)
        return Certificate(
            subject=_common(certificate.subject),
            issuer=_common(certificate.issuer),
            names=_names(certificate)[:_MOST_NAMES],
            not_before=int(certificate.not_valid_before_utc.timestamp()),
            not_after=int(certificate.not_valid_after_utc.timestamp()),
            key=kind,
            key_bits=bits,
            signature=_hash(certificate),
            sha256=sha256(der).hexdigest(),
            self_signed=_is_self_signed(certificate),
            authority=_is_authority(certificate),
            key_sha256=sha256(
                certificate.public_key().public_bytes(
                    Encoding.DER, PublicFormat.SubjectPublicKeyInfo
                )
            ).hexdigest(),
        )
    except Exception:  # whatever an odd certificate does to the parser
        return None


def _load(path: str) -> list[x509.Certificate]:
    try:
        with warnings.catch_warnings():  # some trusted roots are odd, and trusted all the same
            warnings.simplefilter("ignore")
            return x509.load_pem_x509_certificates(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigurationError("error-net-ca", path=path, reason=reason[:200]) from error


@lru_cache(_KEPT)
def _parse(der: bytes) -> x509.Certificate:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return x509.load_der_x509_certificate(der)


def _parse_some(chain: Sequence[bytes]) -> list[x509.Certificate]:
    """The certificates that can be read: browsers leave the others out."""
    read = []
    for der in chain:
        try:
            read.append(_parse(der))
        except ValueError:
            continue
    return read


def _signed_by(one: x509.Certificate, other: x509.Certificate) -> bool:
    if one.issuer != other.subject or one.issuer.public_bytes() != other.subject.public_bytes():
        return False
    try:
        one.verify_directly_issued_by(other)
    except InvalidSignature:
        return False
    except (ValueError, TypeError):
        return True  # an algorithm that is no longer known: the name has to do
    return True


@lru_cache(_SOON)
def _is_self_signed(certificate: x509.Certificate) -> bool:
    return _signed_by(certificate, certificate)


def _verify(
    store: Store,
    leaf: x509.Certificate,
    rest: list[x509.Certificate],
    host: str,
    when: datetime,
    *,
    as_browsers: bool = False,
) -> list[x509.Certificate]:
    """The chain from a certificate to one in the store, empty where there is none.

    `as_browsers` asks for no more than they do: old roots lack what RFC 5280 asks of new ones.
    """
    builder = PolicyBuilder().store(store).time(when).max_chain_depth(_DEEPEST)
    if as_browsers:
        builder = builder.extension_policies(ca_policy=_AUTHORITY, ee_policy=_SERVER)
    try:
        return builder.build_server_verifier(_name(host)).verify(leaf, rest)
    except VerificationError:
        return []


def _require_server(_: Policy, __: x509.Certificate, usage: x509.ExtendedKeyUsage | None) -> None:
    """Raise where a certificate says what it is for, and servers are not among it."""
    if usage is not None and not {
        ExtendedKeyUsageOID.SERVER_AUTH,
        ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    }.intersection(usage):
        raise ValueError("not for servers")


def _require_signing(_: Policy, __: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    """Raise where the key of an issuer may sign no certificate."""
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("no key of an issuer")


def _require_authority(_: Policy, __: x509.Certificate, basics: x509.BasicConstraints) -> None:
    """Raise where a certificate is none of an authority."""
    if not basics.ca:
        raise ValueError("no authority")


def _refuse_authority(
    _: Policy, __: x509.Certificate, basics: x509.BasicConstraints | None
) -> None:
    """Raise where the certificate of a server is one of an authority."""
    if basics is not None and basics.ca:
        raise ValueError("an authority")


def _refuse_signing(_: Policy, __: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    """Raise where the key of a server may sign certificates."""
    if usage is not None and usage.key_cert_sign:
        raise ValueError("the key of an issuer")


_SERVER = (
    ExtensionPolicy.permit_all()
    .may_be_present(x509.BasicConstraints, Criticality.AGNOSTIC, _refuse_authority)
    .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _refuse_signing)
    .require_present(x509.SubjectAlternativeName, Criticality.AGNOSTIC, None)
    .may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _require_server)
)
_AUTHORITY = (
    ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, _require_authority)
    .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _require_signing)
    .may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _require_server)
)


def _restricts_names(certificate: x509.Certificate) -> bool:
    """Whether it may hold for some names only (RFC 5280, 4.2.1.10)."""
    try:
        extensions = certificate.extensions
    except Exception:  # one that cannot be read, so nobody knows
        return True
    return any(each.oid == ExtensionOID.NAME_CONSTRAINTS for each in extensions)


def _name(host: str) -> x509.DNSName | x509.IPAddress:
    try:
        return x509.IPAddress(ip_address(host.strip("[]")))
    except ValueError:
        return x509.DNSName(host)


def _holds_for(leaf: x509.Certificate, host: str) -> bool:
    """Whether one of the names covers a host: `*` stands for the first label (RFC 6125, 6.4.3)."""
    names = _names(leaf)
    if host in names:
        return True
    lower = {name.lower() for name in names}
    return host in lower or f"*.{host.partition('.')[2]}" in lower


@lru_cache(_SOON)
def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    """The alternative names that are hosts or addresses."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, ValueError):
        return ()
    names = found.value.get_values_for_type(x509.DNSName)
    addresses = found.value.get_values_for_type(x509.IPAddress)
    return tuple([name[:_LONGEST] for name in names] + [str(address) for address in addresses])


def _common(name: x509.Name) -> str:
    """The common name, else the whole name."""
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value if found else name.rfc4514_string())[:_LONGEST]


def _key(certificate: x509.Certificate) -> tuple[str, int]:
    key: Any = certificate.public_key()
    if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        return ("ED25519", 256) if isinstance(key, ed25519.Ed25519PublicKey) else ("ED448", 456)
    for kind, name in (
        (rsa.RSAPublicKey, "RSA"),
        (ec.EllipticCurvePublicKey, "EC"),
        (dsa.DSAPublicKey, "DSA"),
    ):
        if isinstance(key, kind):
            return name, int(key.key_size)
    return type(key).__name__, 0


def _hash(certificate: x509.Certificate) -> str:
    try:
        used = certificate.signature_hash_algorithm
    except Exception:  # one that the library does not know
        used = None
    return used.name.lower() if used is not None else "none"


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        found = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except (x509.ExtensionNotFound, ValueError):
        return False
    return bool(found.value.ca)


def _says_where(certificate: x509.Certificate) -> bool:
    """Whether a certificate names the address of its issuer: then that one was left out."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
    except (x509.ExtensionNotFound, ValueError):
        return False
    issuers = x509.oid.AuthorityInformationAccessOID.CA_ISSUERS
    return any(access.access_method == issuers for access in found.value)
