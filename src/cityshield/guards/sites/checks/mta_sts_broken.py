"""The policy for mail does not work."""

from __future__ import annotations

from collections.abc import Sequence

from cityshield.guards.check import Hit, check
from cityshield.guards.sites.answers import shorten
from cityshield.guards.sites.facts import SiteFacts

_MODES = ("enforce", "testing", "none")


@check(severity="low", cwe=319)
def mta_sts_broken(facts: SiteFacts) -> Hit | None:
    """Hit when there is a record of MTA-STS and its policy cannot be had or read (RFC 8461, 3.2).

    Medium where the policy is in force and leaves out a mail server, for then mail does not come.
    A policy that was not asked for is not judged.
    """
    names, mail = facts.names, facts.mail
    if mail is None or not mail.mta_sts or mail.mta_sts_failed == "not-asked":
        return None
    where, args = f"mta-sts.{facts.host}", {"host": facts.host, "server": ""}
    if mail.mta_sts_failed:
        return Hit(args={**args, "problem": mail.mta_sts_failed}, location=where)
    if mail.mta_sts_mode not in _MODES:
        return Hit(args={**args, "problem": "text"}, location=where)
    if not mail.mta_sts_mx or mail.mta_sts_mode == "none":
        return None  # facts of before the names were kept, or a policy that is being taken back
    for _, host in names.mail if names is not None else ():
        if not _is_allowed(host, mail.mta_sts_mx):
            severity = "medium" if mail.mta_sts_mode == "enforce" else ""
            args = {**args, "problem": "mx", "server": shorten(host)}
            return Hit(args=args, severity=severity, location=where)
    return None


def _is_allowed(host: str, patterns: Sequence[str]) -> bool:
    """Whether a pattern covers a mail server: `*` stands for the first label (RFC 8461, 4.1)."""
    return host in patterns or f"*.{host.partition('.')[2]}" in patterns
