"""A form sends what visitors type without encryption."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import home, page_of, shorten
from cityshield.guards.sites.facts import SiteFacts
from cityshield.guards.sites.policy import policies_of, upgrades


@check(severity="medium", cwe=319)
def form_insecure(facts: SiteFacts) -> Hit | None:
    """Hit on forms for passwords or personal data that send over HTTP; high for passwords."""
    page = page_of(facts)
    if page is None or home(facts) is None or upgrades(policies_of(facts)):
        return None
    bad = [form for form in page.forms if form.personal and form.action.startswith("http:")]
    if not bad:
        return None
    password = any(form.password for form in bad)
    args = {"address": shorten(bad[0].action)}
    return Hit(args=args, severity="high" if password else "", location=bad[0].action[:300])
