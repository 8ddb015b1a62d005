"""TLSA records that nobody may believe."""

from __future__ import annotations

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import shorten
from cityshield.guards.sites.facts import SiteFacts


@check(severity="none", cwe=345)
def dane_unsigned(facts: SiteFacts) -> Hit | None:
    """Hit on TLSA records in a zone that is not signed, for the web or a mail server (RFC 6698)."""
    names, mail = facts.names, facts.mail
    if names is not None and names.tlsa and names.signed is False:
        return Hit(args={"server": facts.host}, location=f"_443._tcp.{facts.host}")
    for server in mail.servers if mail is not None else ():
        if server.tlsa and server.signed is False:
            return Hit(
                args={"server": shorten(server.name)}, location=f"_25._tcp.{server.name}"[:300]
            )
    return None
