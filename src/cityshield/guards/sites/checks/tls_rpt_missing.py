"""Nobody hears when encryption of mail fails."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.facts import SiteFacts


@check(severity="none")
def tls_rpt_missing(facts: SiteFacts) -> Hit | None:
    """Hit when a name asks for encrypted mail (MTA-STS, DANE) and for no reports (RFC 8460)."""
    mail = facts.mail
    if mail is None or "tls_rpt" in mail.unanswered or "rua=" in mail.tls_rpt.lower():
        return None
    if not mail.mta_sts and not any(server.tlsa for server in mail.servers):
        return None
    return Hit(location=f"_smtp._tls.{facts.host}")
