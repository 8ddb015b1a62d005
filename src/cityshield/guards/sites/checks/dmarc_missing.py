"""Nobody says what to do with false mail."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.facts import SiteFacts


@check(severity="low", cwe=290)
def dmarc_missing(facts: SiteFacts) -> Hit | None:
    """Hit when there is no DMARC record (RFC 7489); medium where the name takes mail.

    Of `www`, from which nobody expects mail, it is a remark.
    """
    names, mail = facts.names, facts.mail
    if names is None or names.status != "NOERROR" or mail is None or mail.dmarc:
        return None
    if "dmarc" in mail.unanswered:
        return None
    severity = "medium" if names.mail else "none" if facts.host.startswith("www.") else ""
    return Hit(severity=severity, location=f"_dmarc.{facts.host}")
