"""Who acts: identities, roles and scopes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec

READER: Final = "reader"
ANALYST: Final = "analyst"
OPERATOR: Final = "operator"
ADMIN: Final = "admin"

ROLES: Final = (READER, ANALYST, OPERATOR, ADMIN)
"""From the least to the most trusted; each may do what the ones before it may."""

SCOPES: Final[dict[str, str]] = {
    "metrics:read": READER,
    "indicators:read": READER,
    "indicators:write": OPERATOR,
    "decisions:read": READER,
    "decisions:write": ANALYST,
    "appeals:read": ANALYST,
    "appeals:write": ANALYST,
    "sites:read": READER,
    "sites:write": OPERATOR,
    "sites:run": OPERATOR,
    "audit:read": ANALYST,
    "tokens:write": ADMIN,
}
"""Every scope, and the least role that may hold it."""


class Identity(msgspec.Struct, frozen=True):
    """An authenticated actor: a name, a role, and the scopes its token was narrowed to.

    `scopes` is empty for all that the role allows. `how` says what proved the identity:
    `token`, or `local` for the operating-system user who owns the data directory. `id` is the
    token's, for names are not unique; `makers` are who made that token, and who made theirs, the
    nearest last.
    """

    name: str
    role: str
    scopes: tuple[str, ...] = ()
    how: str = "token"
    id: str = ""
    makers: tuple[str, ...] = ()

    def may(self, scope: str) -> bool:
        """Whether this identity may act within `scope`."""
        least = SCOPES.get(scope)
        if least is None or ROLES.index(self.role) < ROLES.index(least):
            return False
        return not self.scopes or scope in self.scopes

    def covers(self, role: str, scopes: Collection[str]) -> bool:
        """Whether all that a role, narrowed to scopes, allows is allowed to this identity too."""
        other = Identity("", role, tuple(scopes))
        wanted = [scope for scope in SCOPES if other.may(scope)]
        return ROLES.index(role) <= ROLES.index(self.role) and all(map(self.may, wanted))
