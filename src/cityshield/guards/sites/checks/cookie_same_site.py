"""A cookie of a session goes along with requests of other sites."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import cookies_of, is_session, shorten
from cityshield.guards.sites.facts import SiteFacts


@check(severity="none", cwe=1275)
def cookie_same_site(facts: SiteFacts) -> Hit | None:
    """Hit on a session without `SameSite`; low on `None` without `Secure` (RFC 6265bis)."""
    lacking = [
        each.name for each in cookies_of(facts) if not each.same_site and is_session(each.name)
    ]
    loose = [
        each.name
        for each in cookies_of(facts)
        if each.same_site.lower() == "none" and not each.secure
    ]
    if not lacking and not loose:
        return None
    args = {"names": shorten(", ".join((loose + lacking)[:5]))}
    return Hit(args=args, severity="low" if loose else "", location="Set-Cookie")
