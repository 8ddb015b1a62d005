"""Registrable domains against the list's own test file and the package's own parser."""

import gzip
import os
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from publicsuffixlist import PublicSuffixList

from cityshield.guards.links.suffixes import Suffixes

DATA = Path(os.environ.get("CITYSHIELD_DATA", "/nonexistent")) / "links"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="CITYSHIELD_DATA names no folder with links/vectors"
)
CASE = re.compile(r"^checkPublicSuffix\('(.*?)', (?:'(.*?)'|null)\);", re.MULTILINE)
SUFFIXES = Suffixes()
PEER = PublicSuffixList()

SMALL_LIST = """\
// a comment
test
co.test
*.wild.test
!free.wild.test
// ===BEGIN PRIVATE DOMAINS===
pages.test
*.rented.test
公司.test
"""


@needs_data
def test_all_usable_lines_of_the_lists_own_tests() -> None:
    cases = CASE.findall((DATA / "vectors/test_psl.txt").read_text("utf-8"))
    assert len(cases) == 77
    for host, registrable in cases:
        # null: nothing can be registered there, and the host stands for itself
        assert SUFFIXES.registrable(host) == (registrable or host.lower()), host
        assert registrable == (PEER.privatesuffix(host) or ""), host


@needs_data
@pytest.mark.parametrize("name", ["benign/cloudflare_top100k_half", "malicious/red_flag_domains"])
def test_real_hosts_agree_with_the_package(name: str) -> None:
    with gzip.open(DATA / f"{name}.txt.gz", "rt", encoding="utf-8") as lines:
        hosts = [line.strip().lstrip(".") for _, line in zip(range(20_000), lines, strict=False)]
    for host in hosts:
        assert SUFFIXES.suffix(host) == PEER.publicsuffix(host)
        assert SUFFIXES.registrable(host) == (PEER.privatesuffix(host) or host)


def test_every_rule_agrees_with_the_package() -> None:
    """Each rule, bare and with one and two labels before it, in both spellings."""
    rules = [rule.removeprefix("!").removeprefix("*.") for rule in PEER._publicsuffix]
    assert len(rules) > 9_000
    for rule in rules:
        for host in (rule, f"a.{rule}", f"b.a.{rule}"):
            assert SUFFIXES.suffix(host) == PEER.publicsuffix(host), host
            assert SUFFIXES.registrable(host) == (PEER.privatesuffix(host) or host), host


@pytest.mark.parametrize(
    ("host", "suffix", "registrable"),
    [
        ("a.b.test", "test", "b.test"),
        ("test", "test", "test"),
        ("co.test", "co.test", "co.test"),
        ("a.b.co.test", "co.test", "b.co.test"),
        ("A.B.Co.Test.", "co.test", "b.co.test"),
        ("a.b.unlisted", "unlisted", "b.unlisted"),
        ("wild.test", "wild.test", "wild.test"),
        ("x.wild.test", "x.wild.test", "x.wild.test"),
        ("b.a.x.wild.test", "x.wild.test", "a.x.wild.test"),
        ("a.free.wild.test", "wild.test", "free.wild.test"),
        ("me.pages.test", "pages.test", "me.pages.test"),
        ("a.公司.test", "公司.test", "a.公司.test"),
        ("b.a.xn--55qx5d.test", "xn--55qx5d.test", "a.xn--55qx5d.test"),
        ("192.0.2.1", "192.0.2.1", "192.0.2.1"),
        ("[2001:db8::1]", "[2001:db8::1]", "[2001:db8::1]"),
        ("[::192.0.2.1]", "[::192.0.2.1]", "[::192.0.2.1]"),
        (".a.test", ".a.test", ".a.test"),
        ("a..test", "a..test", "a..test"),
        ("", "", ""),
    ],
)
def test_small_list(host: str, suffix: str, registrable: str) -> None:
    suffixes = Suffixes(SMALL_LIST)
    assert (suffixes.suffix(host), suffixes.registrable(host)) == (suffix, registrable)


def test_a_hundred_thousand_labels() -> None:
    host = "a." * 100_000 + "b.co.test"
    suffixes = Suffixes(SMALL_LIST)
    assert (suffixes.suffix(host), suffixes.registrable(host)) == ("co.test", "b.co.test")


@given(
    st.text(max_size=30)
    | st.from_regex(r"[a-c]?(\.(com|co|uk|ck|xn--[a-z0-9]{2}|1|中国))*", fullmatch=True)
)
@example("..")
def test_any_host(host: str) -> None:
    registrable = SUFFIXES.registrable(host)
    suffix = SUFFIXES.suffix(host)
    assert host.lower().removesuffix(".").endswith(registrable)
    assert registrable.endswith(suffix)
    if "" not in registrable.split("."):
        assert SUFFIXES.registrable(registrable) == registrable
