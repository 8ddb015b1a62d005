"""The certificate of a mail server does not hold."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import shorten
from cityshield.guards.sites.facts import SiteFacts


@check(severity="low", cwe=295)
def mail_certificate(facts: SiteFacts) -> Hit | None:
    """Hit on mail servers whose certificate holds not for them; medium where MTA-STS insists.

    Without a policy senders encrypt all the same and look at no certificate (RFC 7435). Where DANE
    names the certificate, no authority has to.
    """
    mail = facts.mail
    wrong = [
        server
        for server in (mail.servers if mail is not None else ())
        if server.chain and server.trust and not (server.tlsa and server.signed)
    ]
    if mail is None or not wrong:
        return None
    args = {"server": shorten(wrong[0].name), "problem": wrong[0].trust}
    severity = "medium" if mail.mta_sts_mode == "enforce" else ""
    return Hit(args=args, severity=severity, location=wrong[0].name[:300])
