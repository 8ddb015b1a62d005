"""Cookies go over unencrypted lines too."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import cookies_of, is_session, shorten
from cityshield.guards.sites.facts import SiteFacts


@check(severity="low", cwe=614)
def cookie_secure(facts: SiteFacts) -> Hit | None:
    """Hit on cookies over HTTPS without `Secure`; medium for a session (RFC 6265bis, 5.7)."""
    found = [cookie.name for cookie in cookies_of(facts) if not cookie.secure]
    if not found:
        return None
    severity = "medium" if any(map(is_session, found)) else ""
    return Hit(
        args={"names": shorten(", ".join(found[:5]))}, severity=severity, location="Set-Cookie"
    )
