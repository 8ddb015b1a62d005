"""What we do about a link: block it, warn of it, or allow it; for a time, with a reason."""

from __future__ import annotations

from typing import Final

import msgspec

BLOCK: Final = "block"
WARN: Final = "warn"
ALLOW: Final = "allow"
ACTIONS: Final = (BLOCK, WARN, ALLOW)

URL: Final = "url"
HOST: Final = "host"
DOMAIN: Final = "domain"
SCOPES: Final = (URL, HOST, DOMAIN)
"""One address; one host name; a name and every name below it."""

REVIEWED: Final = "reviewed"
AUTOMATIC: Final = "automatic"
ORIGINS: Final = (REVIEWED, AUTOMATIC)

PROPOSED: Final = "proposed"
IN_FORCE: Final = "in-force"
REFUSED: Final = "refused"
EXPIRED: Final = "expired"
REMOVED: Final = "removed"
STATES: Final = (PROPOSED, IN_FORCE, REFUSED, EXPIRED, REMOVED)


class Target(msgspec.Struct, frozen=True, order=True, gc=False):
    """What a decision is about.

    `value` is a host name in A-labels and lower case, or, with scope `url`, the look-up
    expression `host/path?query`.
    """

    scope: str
    value: str

    @property
    def host(self) -> str:
        """The host that the target is, or is on."""
        return self.value.partition("/")[0]


class Approval(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One person's consent to a decision, at a time (seconds since 1970, UTC).

    `makers` are those who made the token that it came with: see `vocabulary.identity`.
    """

    name: str
    at: int
    makers: tuple[str, ...] = ()


class Decision(msgspec.Struct, frozen=True):
    """One decision and its whole life; times are seconds since 1970 in UTC.

    It is in force from `since` until `expires`, unless `ended_by` ended it at `ended_at` before,
    for `end_reason`; `automatic` is who ends what the automatic tier no longer finds. `needed`
    approvals by different people bring it into force; the proposer's own is the first. `evidence`
    says what it rests on: the sources that agree, or what was seen. A dry run counts and is shown,
    but is not enforced.
    """

    id: int
    action: str
    target: Target
    reason: str
    origin: str
    evidence: tuple[str, ...]
    state: str
    needed: int
    approvals: tuple[Approval, ...]
    proposed_at: int
    days: int
    dry_run: bool = False
    since: int | None = None
    expires: int | None = None
    ended_at: int | None = None
    end_reason: str = ""
    ended_by: str = ""


class Guarded(msgspec.Struct, frozen=True, order=True, gc=False):
    """Why a name may not be blocked in DNS: its class (`popular`, `bank` ...), and who says so."""

    name: str
    kind: str
    source: str
