"""Other sites may show the pages inside their own."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import header, home, page_of
from cityshield.guards.sites.facts import SiteFacts
from cityshield.guards.sites.policy import forbids_framing, read_policies


@check(severity="low", cwe=1021)
def framing(facts: SiteFacts) -> Hit | None:
    """Hit when neither `frame-ancestors` (CSP 3, 6.4.2) nor `X-Frame-Options` (RFC 7034) is set."""
    hop = home(facts)
    if hop is None or page_of(facts) is None:
        return None
    policies = read_policies([header(hop, "content-security-policy")])
    if any("frame-ancestors" in policy for policy in policies):  # then nothing else counts
        return None if forbids_framing(policies) else Hit(location="Content-Security-Policy")
    options = {each.strip() for each in header(hop, "x-frame-options").lower().split(",")}
    return None if options & {"deny", "sameorigin"} else Hit(location="X-Frame-Options")
