"""There is no HTTPS."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import home, last_hop, leaf, page_of
from cityshield.guards.sites.facts import SiteFacts


@check(severity="medium", cwe=319)
def no_https(facts: SiteFacts) -> Hit | None:
    """Hit when the site answers over HTTP only; high where it asks for a password.

    Also when it shows its page over HTTP only: HTTPS leads there, or ends in an error.
    """
    hop, secure = last_hop(facts.plain), facts.secure
    if hop is None or secure is None or hop.status >= 500 or hop.url.startswith("https:"):
        return None
    if last_hop(secure) is None:
        if secure.failed not in ("refused", "timeout", "reset", "tls") or leaf(facts) is not None:
            return None
    elif (shown := home(facts)) is None or shown.url.startswith("https:"):
        return None
    page = page_of(facts)
    asks = page is not None and any(form.password for form in page.forms)
    return Hit(severity="high" if asks else "")
