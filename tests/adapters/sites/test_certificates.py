"""Chains are judged as browsers do, those below an issuer that was seen before as well."""

from __future__ import annotations

import ssl
import time
from pathlib import Path

import pytest
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID

from cityshield.adapters.sites import certificates
from cityshield.adapters.sites.certificates import Roots
from tests.adapters.sites.farm import Certified

DAY = 86_400


@pytest.fixture
def followed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many certificates beside the leaf each chain had that was followed."""
    seen: list[int] = []
    verify = certificates._verify

    def count(store, leaf, rest, host, when):  # type: ignore[no-untyped-def]
        seen.append(len(rest))
        return verify(store, leaf, rest, host, when)

    monkeypatch.setattr(certificates, "_verify", count)
    return seen


def test_an_issuer_is_followed_to_its_root_once(tmp_path: Path, followed: list[int]) -> None:
    root = Certified(tmp_path, ["Test root"], authority=True)
    middle = Certified(tmp_path, ["Middle"], issuer=root, authority=True)
    roots, now = Roots(str(root.path)), int(time.time())
    for host in ("town.example", "village.example"):
        leaf = Certified(tmp_path, [host], issuer=middle)
        assert roots.trust([leaf.der, middle.der], host, now) == ""
    assert followed == [1, 0]


def test_who_takes_the_name_of_a_known_issuer_is_not_trusted(tmp_path: Path) -> None:
    root = Certified(tmp_path, ["Test root"], authority=True)
    middle = Certified(tmp_path, ["Middle"], issuer=root, authority=True)
    liar = Certified(tmp_path, ["Middle"], authority=True)
    roots, now = Roots(str(root.path)), int(time.time())
    good = Certified(tmp_path, ["town.example"], issuer=middle)
    assert roots.trust([good.der, middle.der], "town.example", now) == ""
    bad = Certified(tmp_path, ["town.example"], issuer=liar)
    assert roots.trust([bad.der, middle.der], "town.example", now) != ""
    assert roots.trust([bad.der, liar.der], "town.example", now) != ""
    assert roots.trust([good.der, middle.der], "village.example", now) == "name"


def test_a_known_issuer_is_trusted_no_longer_than_it_and_its_root_hold(tmp_path: Path) -> None:
    root = Certified(tmp_path, ["Test root"], authority=True, days=(-1, 10))
    middle = Certified(tmp_path, ["Middle"], issuer=root, authority=True, days=(-1, 20))
    leaf = Certified(tmp_path, ["town.example"], issuer=middle)
    roots, now = Roots(str(root.path)), int(time.time())
    assert roots.trust([leaf.der, middle.der], "town.example", now) == ""
    assert roots.trust([leaf.der, middle.der], "town.example", now + 15 * DAY) != ""
    assert roots.trust([leaf.der, middle.der], "town.example", now + 25 * DAY) == "expired"


def test_an_issuer_for_some_names_is_followed_each_time(
    tmp_path: Path, followed: list[int]
) -> None:
    root = Certified(tmp_path, ["Test root"], authority=True)
    middle = Certified(tmp_path, ["Middle"], issuer=root, authority=True, only="town.example")
    roots, now = Roots(str(root.path)), int(time.time())
    for host, trusted in (("www.town.example", True), ("village.example", False)):
        leaf = Certified(tmp_path, [host], issuer=middle)
        assert (roots.trust([leaf.der, middle.der], host, now) == "") == trusted
    assert followed == [1, 1]


@pytest.mark.parametrize("odd", ["2.5.29.31", "2.5.29.18", "1.3.6.1.4.1.311.21.7"])
def test_an_extension_that_cannot_be_read_changes_no_verdict(tmp_path: Path, odd: str) -> None:
    root = Certified(tmp_path, ["Test root"], authority=True)
    middle = Certified(tmp_path, ["Middle"], issuer=root, authority=True, odd=odd)
    leaf = Certified(tmp_path, ["town.example"], issuer=middle)
    roots, now = Roots(str(root.path)), int(time.time())
    for _ in range(2):
        assert roots.trust([leaf.der, middle.der], "town.example", now) == ""


def test_names_that_only_look_alike_are_two(tmp_path: Path) -> None:
    root = Certified(tmp_path, ["Test root"], authority=True)
    middle = Certified(tmp_path, ["Same"], issuer=root, authority=True)
    leaf = Certified(
        tmp_path, ["Same", "town.example"], issuer=middle, text=_ASN1Type.PrintableString
    )
    roots, now = Roots(str(root.path)), int(time.time())
    assert roots.trust([leaf.der, middle.der], "town.example", now) == ""
    told = certificates.describe(leaf.der)
    assert told is not None
    assert not told.self_signed


AT = "http://issuer.example/ca.der"


@pytest.fixture
def root(tmp_path: Path) -> Certified:
    return Certified(tmp_path, ["Test root"], authority=True)


def trust(root: Certified, *chain: Certified) -> str:
    ders = [each.der for each in chain]
    return Roots(str(root.path)).trust(ders, "town.example", int(time.time()))


@pytest.mark.parametrize(("days", "said"), [((-9, -1), "expired"), ((1, 9), "not-yet")])
def test_an_issuer_out_of_its_time_breaks_the_chain(
    tmp_path: Path, root: Certified, days: tuple[int, int], said: str
) -> None:
    middle = Certified(tmp_path, ["Middle"], issuer=root, authority=True, days=days)
    leaf = Certified(tmp_path, ["town.example"], issuer=middle)
    assert trust(root, leaf, middle) == said


def test_what_is_no_authority_vouches_for_nobody(tmp_path: Path, root: Certified) -> None:
    other = Certified(tmp_path, ["village.example"], issuer=root)
    leaf = Certified(tmp_path, ["town.example"], issuer=other)
    assert trust(root, leaf, other) == "other"


def test_a_certificate_for_clients_is_none_for_servers(tmp_path: Path, root: Certified) -> None:
    middle = Certified(tmp_path, ["Middle"], issuer=root, authority=True)
    for purpose, said in (
        (ExtendedKeyUsageOID.CLIENT_AUTH, "other"),
        (ExtendedKeyUsageOID.SERVER_AUTH, ""),
    ):
        leaf = Certified(tmp_path, ["town.example"], issuer=middle, purpose=purpose)
        assert trust(root, leaf, middle) == said


def test_an_authority_is_no_server(tmp_path: Path, root: Certified) -> None:
    own = Certified(tmp_path, ["town.example"], issuer=root, authority=True)
    assert trust(root, own) == "other"


@pytest.mark.parametrize(("where", "said"), [(AT, "incomplete"), ("", "unknown-issuer")])
def test_a_gap_is_told_at_any_depth(tmp_path: Path, root: Certified, where: str, said: str) -> None:
    upper = Certified(tmp_path, ["Upper"], issuer=root, authority=True)
    lower = Certified(tmp_path, ["Lower"], issuer=upper, authority=True, where=where)
    leaf = Certified(tmp_path, ["town.example"], issuer=lower, where=AT)
    assert trust(root, leaf, lower) == said
    assert trust(root, leaf, lower, upper) == ""


def test_an_old_root_that_browsers_accept_is_accepted(tmp_path: Path) -> None:
    root = Certified(tmp_path, ["Old root"], authority=True, bare=True)
    middle = Certified(tmp_path, ["Middle"], issuer=root, authority=True)
    leaf = Certified(tmp_path, ["town.example"], issuer=middle)
    assert trust(root, leaf, middle) == ""
    purpose = ExtendedKeyUsageOID.CLIENT_AUTH
    assert trust(root, Certified(tmp_path, ["town.example"], issuer=root, purpose=purpose)) != ""
    other = Certified(tmp_path, ["village.example"], issuer=root)
    assert trust(root, Certified(tmp_path, ["town.example"], issuer=other), other) != ""
    narrow = Certified(tmp_path, ["M"], issuer=root, authority=True, only="village.example")
    assert trust(root, Certified(tmp_path, ["town.example"], issuer=narrow), narrow) != ""


def test_what_cannot_be_read_beside_a_good_chain_is_left_out(
    tmp_path: Path, root: Certified
) -> None:
    leaf = Certified(tmp_path, ["town.example"], issuer=root)
    roots, now = Roots(str(root.path)), int(time.time())
    assert roots.trust([leaf.der, b"\x30\x03odd"], "town.example", now) == ""
    assert roots.trust([b"\x30\x03odd", leaf.der], "town.example", now) == "other"


def test_without_any_root_only_what_needs_none_is_said(
    tmp_path: Path, root: Certified, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = ssl.DefaultVerifyPaths(None, None, "", "", "", "")
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: nowhere)
    roots, now = Roots(), int(time.time())
    leaf = Certified(tmp_path, ["town.example"], issuer=root)
    assert roots.trust([leaf.der], "town.example", now) == ""
    assert roots.trust([leaf.der], "village.example", now) == "name"
    assert roots.trust([root.der], "town.example", now) == "self-signed"
