"""A certificate is not the one that DNS says."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import shorten
from cityshield.guards.sites.dane import contradicts
from cityshield.guards.sites.facts import SiteFacts


@check(severity="medium", cwe=295)
def dane_wrong(facts: SiteFacts) -> Hit | None:
    """Hit when TLSA records in a signed zone name other certificates than those that were shown.

    Low for the web, where hardly anybody looks; medium for mail, which is then not delivered.
    """
    names, mail = facts.names, facts.mail
    for server in mail.servers if mail is not None else ():
        if server.signed and contradicts(server.tlsa, server.chain):
            return Hit(
                args={"server": shorten(server.name)}, location=f"_25._tcp.{server.name}"[:300]
            )
    chain = facts.tls.chain if facts.tls is not None else ()
    if names is not None and names.signed and contradicts(names.tlsa, chain):
        return Hit(args={"server": facts.host}, severity="low", location=f"_443._tcp.{facts.host}")
    return None
