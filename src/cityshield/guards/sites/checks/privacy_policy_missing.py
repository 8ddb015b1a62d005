"""A form asks for personal data and no privacy policy is named."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import page_of
from cityshield.guards.sites.facts import SiteFacts


@check(severity="low", cwe=359)
def privacy_policy_missing(facts: SiteFacts) -> Hit | None:
    """Hit when the page asks for personal data and names no policy (PIPL, article 17).

    A name and a password sign in somebody who is known already: they are not taken down anew.
    """
    page = page_of(facts)
    if (
        page is None
        or "privacy-policy" in page.marks
        or not any(form.contact for form in page.forms)
    ):
        return None
    return Hit(location="/")
