"""Whose is a host that a page names."""

from __future__ import annotations

import pytest

from cityshield.guards.sites.hosts import host_of, is_foreign


@pytest.mark.parametrize(
    ("host", "own", "foreign"),
    [
        ("city.example", "city.example", False),
        ("static.city.example", "city.example", False),
        ("city.example", "www.city.example", False),
        ("static.city.example", "www.city.example", False),
        ("other.example", "city.example", True),
        ("othercity.example", "city.example", True),
        ("b.gov.cn", "a.gov.cn", True),
        ("www.a.gov.cn", "a.gov.cn", False),
        ("static.a.gov.cn", "www.a.gov.cn", False),
        ("", "city.example", False),
    ],
)
def test_siblings_are_not_foreign(host: str, own: str, foreign: bool) -> None:
    assert is_foreign(host, own) is foreign


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://A.example:8443/x?y#z", "a.example"),
        ("http://user@a.example?x", "a.example"),
        ("http://bank.example@a.test/", "a.test"),
        ("http://[2001:db8::1]:80/", "[2001:db8::1]"),
        ("http://a.example.\\@b.test/", "a.example"),
        ("/path", ""),
        ("", ""),
    ],
)
def test_hosts_of_addresses(url: str, host: str) -> None:
    assert host_of(url) == host
