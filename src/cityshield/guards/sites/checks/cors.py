"""Other sites may read answers in a visitor’s name."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import header, home
from cityshield.guards.sites.facts import SiteFacts


@check(severity="medium", cwe=942)
def cors(facts: SiteFacts) -> Hit | None:
    """Hit when credentials are allowed with `null` as origin; low with `*` (Fetch, 3.2).

    Any page can have the origin `null`. Browsers refuse `*` with credentials, so that one shows
    what was meant, and harms nobody yet.
    """
    hop = home(facts)
    if hop is None or header(hop, "access-control-allow-credentials").strip() != "true":
        return None
    origin = header(hop, "access-control-allow-origin").strip().lower()
    if origin not in ("*", "null"):
        return None
    severity = "low" if origin == "*" else ""
    return Hit(args={"origin": origin}, severity=severity, location="Access-Control-Allow-Origin")
