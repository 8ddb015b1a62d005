"""Cookies are told without their values."""

from __future__ import annotations

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
