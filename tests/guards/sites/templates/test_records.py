"""Templates of DNS and TLS are held against kept facts."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from cityshield.guards.sites.given import site
from cityshield.guards.sites.templates.reading import read_template
from cityshield.guards.sites.templates.records import Records

HOST = "town.example"


def dns(kind: str, matcher: str) -> bytes:
    return (
        f"id: d\ninfo: {{name: D, severity: low}}\ndns:\n  - name: '{{{{FQDN}}}}'\n    type: {kind}\n"
        f"    matchers:\n      - {matcher}\n    extractors:\n      - type: dsl\n        dsl: [cname]\n"
    ).encode()


def tls(matcher: str, version: str = "") -> bytes:
    between = f"    min_version: {version}\n    max_version: {version}\n" if version else ""
    return (
        "id: t\ninfo: {name: T, severity: low}\nssl:\n  - address: '{{Host}}:{{Port}}'\n" + between +
        f"    matchers:\n      - {matcher}\n    extractors:\n      - type: json\n"
        "        json: [' .issuer_cn']\n"
    ).encode()  # fmt: skip


def hits(data: bytes, given: dict[str, Any]) -> list[tuple[str, str]]:
    facts = site(HOST, given)
    return [(hit.id, hit.path) for hit in Records([read_template(data)]).hits_of(facts)]


@pytest.mark.parametrize(
    ("kind", "matcher", "given"),
    [
        ("TXT", "{type: word, words: [verify-me]}", {"names": {"texts": ["verify-me=1"]}}),
        ("MX", r"{type: regex, regex: ['IN\s+MX\s+10 mx\.maker\.example']}",
         {"names": {"mail": [[10, "mx.maker.example"]]}}),
        ("NS", "{type: word, part: answer, words: [ns.maker.example]}",
         {"names": {"servers": ["ns.maker.example"]}}),
        ("CAA", r"{type: regex, regex: ['CAA\s+0 issue .maker']}",
         {"names": {"authorities": [["issue", "maker.example"]]}}),
        ("CNAME", "{type: word, words: [pages.maker.example]}",
         {"names": {"chain": ["pages.maker.example"]}}),
        ("A", "{type: dsl, dsl: ['rcode == \"NXDOMAIN\" && contains(cname, \"maker\")']}",
         {"names": {"status": "NXDOMAIN", "chain": ["x.maker.example"], "v4": []}}),
    ],
)  # fmt: skip
def test_records_are_as_dig_writes_them(kind: str, matcher: str, given: dict[str, Any]) -> None:
    assert hits(dns(kind, matcher), given) == [("d", "DNS")]
    assert hits(dns(kind, matcher), {}) == []


@pytest.mark.parametrize(
    ("matcher", "given"),
    [
        ("{type: dsl, dsl: ['expired == true']}", {"certificate": {"days": -1}}),
        ("{type: dsl, dsl: ['self_signed == true']}", {"certificate": {"self_signed": True}}),
        ("{type: dsl, dsl: ['mismatched == true && ip != host']}", {"tls": {"trust": "name"}}),
        ("{type: dsl, dsl: ['untrusted == true']}", {"tls": {"trust": "unknown-issuer"}}),
        ("{type: dsl, dsl: ['wildcard_certificate == true']}",
         {"certificate": {"names": ["*.town.example"]}}),
        ("{type: word, part: issuer_cn, words: [Bad Panel]}",
         {"certificate": {"issuer": "CN=Bad Panel,O=Maker"}}),
        ("{type: word, part: subject_dn, words: ['OU=Box, O=Maker']}",
         {"certificate": {"subject": "CN=x,OU=Box,O=Maker"}}),
        ("{type: word, part: subject_org, words: [Maker]}",
         {"certificate": {"subject": "CN=x,O=Maker"}}),
    ],
)  # fmt: skip
def test_certificates_have_their_names(matcher: str, given: dict[str, Any]) -> None:
    assert hits(tls(matcher), given) == [("t", "TLS")]
    assert hits(tls(matcher), {}) == []


def test_one_version_is_meant_where_it_is_named() -> None:
    data = tls("{type: dsl, dsl: ['tls_version == \"tls10\"']}", "tls10")
    assert hits(data, {"tls": {"versions": ["TLS 1.0", "TLS 1.2"]}}) == [("t", "TLS")]
    assert hits(data, {"tls": {"versions": ["TLS 1.2"]}}) == []


def test_what_tells_no_weakness_is_not_even_tried() -> None:
    data = dns("TXT", "{type: word, words: [v=spf1]}").replace(b"low", b"info")
    assert hits(data, {"names": {"texts": ["v=spf1 -all"]}}) == []


def test_a_site_of_which_nothing_is_known_has_no_hit() -> None:
    facts = replace(site(HOST, {}), names=None, tls=None)
    every = [read_template(dns("A", "{type: word, words: [x]}")),
             read_template(tls("{type: dsl, dsl: ['true']}"))]  # fmt: skip
    assert list(Records(every).hits_of(facts)) == []
