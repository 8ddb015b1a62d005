"""Certificates for the farm: good ones of an authority of its own, and every kind of bad one."""

from __future__ import annotations

import datetime
import subprocess
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

_PEM = serialization.Encoding.PEM
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(), "sha512": hashes.SHA512(),
}  # fmt: skip
_BY_OPENSSL = ("md5", "sha1")


class Shown(msgspec.Struct, frozen=True):
    """Files of a chain as it is shown, and of its key."""

    chain: Path
    key: Path


class Authority:
    """A root, an authority below it, and the certificates they make; all keys are made once."""

    def __init__(self, folder: Path, name: str = "Farm") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._name = name
        self._count = 0
        self._keys: dict[str, tuple[Any, Path]] = {}
        self._root_key, self._middle_key = _make_key("rsa2048"), _make_key("rsa2048")
        self._root = self._build(f"{name} root", self._root_key.public_key(), authority=True).sign(
            self._root_key, hashes.SHA256()
        )
        self._middle = self._build(
            f"{name} authority", self._middle_key.public_key(), self._root, authority=True
        ).sign(self._root_key, hashes.SHA256())
        self.root_pem = self._root.public_bytes(_PEM)

    @cached_property
    def foreign(self) -> Authority:
        """An authority that nobody trusts."""
        return Authority(self._folder / "foreign", "Stranger")

    @cached_property
    def dh(self) -> Path:
        """Parameters for finite fields (RFC 7919, ffdhe2048)."""
        path = self._folder / "dh.pem"
        subprocess.run(
            ["openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt",
             "group:ffdhe2048", "-out", path], check=True, capture_output=True,
        )  # fmt: skip
        return path

    def leaf(
        self,
        host: str,
        *,
        names: Sequence[str] | None = None,
        days: tuple[int, int] = (-10, 80),
        key: str = "rsa2048",
        digest: str = "sha256",
        chain: bool = True,
        with_root: bool = False,
        backwards: bool = False,
    ) -> Shown:
        """A certificate for a host, below the authority; `days` are those of its life from now."""
        private, path = self._key(key)
        shown = (host,) if names is None else tuple(names)
        builder = self._build(host, private.public_key(), self._middle, names=shown, days=days)
        if digest in _BY_OPENSSL:
            pem = self._sign_by_openssl(host, path, digest, days)
        else:
            pem = builder.sign(self._middle_key, _HASHES[digest]).public_bytes(_PEM)
        above = [self._middle.public_bytes(_PEM)] if chain else []
        if with_root or backwards:
            above.append(self.root_pem)
        if backwards:
            above.reverse()
        return self._show([pem, *above], path)

    def alone(self, host: str) -> Shown:
        """A certificate that vouches for itself."""
        private, path = self._key("rsa2048")
        builder = self._build(host, private.public_key(), names=(host,))
        return self._show([builder.sign(private, hashes.SHA256()).public_bytes(_PEM)], path)

    def _build(
        self,
        name: str,
        public: Any,
        issuer: x509.Certificate | None = None,
        *,
        authority: bool = False,
        names: Sequence[str] = (),
        days: tuple[int, int] = (-10, 80),
    ) -> x509.CertificateBuilder:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.subject if issuer else subject)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + datetime.timedelta(days[0]))
            .not_valid_after(now + datetime.timedelta(3650 if authority else days[1]))
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )
        above: Any = issuer.public_key() if issuer else public
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(above), critical=False
        )
        usage = [False] * 9
        for place in (5, 6) if authority else (0, 2):
            usage[place] = True
        builder = builder.add_extension(x509.KeyUsage(*usage), critical=True)
        if not authority:
            where = x509.AccessDescription(
                AuthorityInformationAccessOID.CA_ISSUERS,
                x509.UniformResourceIdentifier("http://ca.example/authority.crt"),
            )
            builder = builder.add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
            )
            if issuer:
                builder = builder.add_extension(
                    x509.AuthorityInformationAccess([where]), critical=False
                )
        if names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), critical=False
            )
        return builder

    def _sign_by_openssl(self, host: str, key: Path, digest: str, days: tuple[int, int]) -> bytes:
        """Certificates with hashes that `cryptography` does not sign with any more."""
        asked, issuer, above = (self._folder / f"{host}.{end}" for end in ("csr", "ca", "cakey"))
        issuer.write_bytes(self._middle.public_bytes(_PEM))
        _write_key(above, self._middle_key)
        more = self._folder / f"{host}.ext"
        more.write_text(
            f"subjectAltName=DNS:{host}\nextendedKeyUsage=serverAuth\n"
            "authorityKeyIdentifier=keyid\nbasicConstraints=critical,CA:FALSE\n"
        )
        for command in (
            ["req", "-new", "-key", key, "-subj", f"/CN={host}", "-out", asked],
            ["x509", "-req", "-in", asked, "-CA", issuer, "-CAkey", above, f"-{digest}", "-days",
             str(days[1]), "-extfile", more, "-set_serial", "4711", "-out", f"{asked}.pem"],
        ):  # fmt: skip
            subprocess.run(["openssl", *command], check=True, capture_output=True)
        return Path(f"{asked}.pem").read_bytes()

    def _key(self, kind: str) -> tuple[Any, Path]:
        if kind not in self._keys:
            private, path = _make_key(kind), self._folder / f"{kind}.key"
            _write_key(path, private)
            self._keys[kind] = private, path
        return self._keys[kind]

    def _show(self, pems: Sequence[bytes], key: Path) -> Shown:
        self._count += 1
        path = self._folder / f"{self._count}.pem"
        path.write_bytes(b"".join(pems))
        return Shown(path, key)


def _make_key(kind: str) -> Any:
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65_537, int(kind[3:]))
    return ec.generate_private_key(ec.SECP256R1() if kind == "p256" else ec.SECP384R1())


def _write_key(path: Path, key: Any) -> None:
    path.write_bytes(
        key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
