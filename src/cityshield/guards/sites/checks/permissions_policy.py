"""Pages may ask for camera, microphone and place."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import header, home, page_of
from cityshield.guards.sites.facts import SiteFacts


@check(severity="none", cwe=693)
def permissions_policy(facts: SiteFacts) -> Hit | None:
    """Hit when `Permissions-Policy` is not set; a remark, for most sites need none of it."""
    hop = home(facts)
    if hop is None or page_of(facts) is None or header(hop, "permissions-policy"):
        return None
    return Hit(location="Permissions-Policy")
