"""Mail to the name may come unencrypted."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.facts import SiteFacts


@check(severity="none", cwe=319)
def mta_sts_missing(facts: SiteFacts) -> Hit | None:
    """Hit when a name that takes mail has neither MTA-STS (RFC 8461) nor TLSA (RFC 7672)."""
    names, mail = facts.names, facts.mail
    if names is None or not names.mail or mail is None or "mta_sts" in mail.unanswered:
        return None
    if mail.mta_sts_mode == "enforce" or mail.mta_sts_failed:
        return None
    if mail.servers and all(server.tlsa and server.signed for server in mail.servers):
        return None
    return Hit(location=f"_mta-sts.{facts.host}")
