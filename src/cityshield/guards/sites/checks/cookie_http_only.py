"""Scripts can read the cookies of a session."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import cookies_of, is_session, shorten
from cityshield.guards.sites.facts import SiteFacts


@check(severity="medium", cwe=1004)
def cookie_http_only(facts: SiteFacts) -> Hit | None:
    """Hit on cookies that look like those of a session and lack `HttpOnly` (RFC 6265bis, 5.7)."""
    found = [
        cookie.name
        for cookie in cookies_of(facts)
        if not cookie.http_only and is_session(cookie.name)
    ]
    if not found:
        return None
    return Hit(args={"names": shorten(", ".join(found[:5]))}, location="Set-Cookie")
