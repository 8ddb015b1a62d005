"""Rules for robots hold as RFC 9309 says."""

from __future__ import annotations

import time

import pytest

from cityshield.adapters.sites.robots import NONE_ALLOWED, read_robots


@pytest.mark.parametrize(
    ("text", "path", "may"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow: /a", "/a/b", False),
        ("User-agent: *\nDisallow: /a", "/b", True),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b", True),
        ("User-agent: *\nAllow: /a\nDisallow: /a", "/a", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: CityShield\nAllow: /", "/a", True),
        ("User-agent: cityshield\nUser-agent: other\nDisallow: /a", "/a", False),
        ("User-agent: CityShield/0.1\nDisallow: /a", "/a", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: cityshields/1\nAllow: /", "/a", False),
        ("User-agent: other\nDisallow: /", "/a", True),
        ("User-agent: *\nDisallow: /*.php$", "/x/a.php", False),
        ("User-agent: *\nDisallow: /*.php$", "/x/a.php5", True),
        ("User-agent: *\nDisallow: /a*c$", "/abcabc", False),
        ("User-agent: *\nDisallow: /a$", "/a", False),
        ("User-agent: *\nDisallow: /a$", "/ab", True),
        ("USER-AGENT : * # all\r\n disallow : /a # not this", "/a", False),
        ("\ufeffUser-agent: *\nDisallow: /a", "/a", False),
        ("Disallow: /a", "/a", True),
        ("User-agent: *\nDisallow: /a\nUser-agent: *\nDisallow: /b", "/a", False),
    ],
)
def test_rules(text: str, path: str, may: bool) -> None:
    assert read_robots(text.encode()).lets(path) is may


def test_nothing_may_be_nothing() -> None:
    assert not NONE_ALLOWED.lets("/.env")


def test_a_hostile_file_takes_no_time() -> None:
    rules = (
        b"User-agent: *\n"
        + b"Disallow: /"
        + b"*a" * 400_000
        + b"\n"
        + b"Disallow: /*a*a*a*b$\n" * 50_000
    )
    began = time.process_time()
    read_robots(rules + bytes(range(256)) * 1000).lets("/" + "a" * 2000)
    assert time.process_time() - began < 1
