"""Cookies are told without their values."""

from __future__ import annotations

import pytest

from cityshield.adapters.sites.cookies import read_cookies
from cityshield.guards.sites.facts import Cookie


def test_what_a_cookie_says_of_itself() -> None:
    told = read_cookies(
        [
            ("set-cookie", "sid=s3cret; Secure; HttpOnly; SameSite=Lax"),
            ("set-cookie", "old=1; Domain=.town.example; Max-Age=60"),
            ("set-cookie", "old=2; expires=Thu, 26 Nov 2026 00:00:00 GMT"),
            ("set-cookie", "nothing"),
            ("set-cookie", "=empty"),
            ("cookie", "no=1"),
        ]
    )
    assert told == (
        Cookie("sid", secure=True, http_only=True, same_site="lax"),
        Cookie("old", session=False),
    )


def test_no_more_than_a_browser_would_keep() -> None:
    assert len(read_cookies([("set-cookie", f"n{n}=1") for n in range(9999)])) == 50


@pytest.mark.parametrize(
    "end",
    [
        "Max-Age=0",
        "max-age=-1",
        "Max-Age=0; Expires=Thu, 26 Nov 2099 00:00:00 GMT",
        "expires=Thu, 01 Jan 1970 00:00:01 GMT",
        "expires=Wed, 25 Nov 2026 00:00:00 GMT",
    ],
)
def test_a_cookie_that_is_taken_away_is_none(end: str) -> None:
    date = ("date", "Thu, 26 Nov 2026 03:00:00 GMT")
    told = read_cookies([date, ("set-cookie", "a=1; Secure"), ("set-cookie", f"a=x; {end}")])
    assert told == ()


@pytest.mark.parametrize(
    "end", ["Max-Age=x", "Max-Age=", "expires=never", "expires=" + "9" * 90, "expires=-"]
)
def test_an_end_that_means_nothing_is_no_end(end: str) -> None:
    assert [each.name for each in read_cookies([("set-cookie", f"a=x; {end}")])] == ["a"]
