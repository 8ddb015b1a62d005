"""Nobody says who may send mail for the name."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.facts import SiteFacts


@check(severity="low", cwe=290)
def spf_missing(facts: SiteFacts) -> Hit | None:
    """Hit when there is no SPF record (RFC 7208); medium where the name takes mail.

    Of `www`, from which nobody expects mail, it is a remark.
    """
    names, mail = facts.names, facts.mail
    if names is None or names.status != "NOERROR" or mail is None or mail.spf:
        return None
    if "spf" in mail.unanswered:
        return None
    severity = "medium" if names.mail else "none" if facts.host.startswith("www.") else ""
    return Hit(severity=severity)
