"""Whether a host may be visited: asked at the begin of each visit, so it has to cost little."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from cityshield.adapters.store.tables import site_opt_outs, sites
from cityshield.vocabulary.census import OPTED_OUT, OUT_OF_SCOPE

if TYPE_CHECKING:
    from sqlalchemy import Engine, PoolProxiedConnection

_RENEW_S = 1.0


class Permits:
    """The inventory as it is at this moment, less who opted out.

    A statement that was compiled once goes over a connection that is kept: to fetch one and to
    build the question anew takes longer than half of a visit. Once a second it is fetched anew,
    which notices a store that was deleted or replaced.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reader: PoolProxiedConnection | None = None
        self._renew_at = 0.0

    def reason(self, host: str) -> str:
        """Empty where a host may be visited, else the code for why not."""
        rows = self._connection().execute(self._statement, (host,)).fetchall()
        if not rows:
            return OUT_OF_SCOPE
        return "" if rows[0][0] is None else OPTED_OUT

    def _connection(self) -> Any:
        now = time.monotonic()
        if self._reader is None or now >= self._renew_at:
            if self._reader is not None:
                self._reader.close()
            self._reader = self._engine.raw_connection()
            self._renew_at = now + _RENEW_S
        return self._reader.driver_connection

    @cached_property
    def _statement(self) -> str:
        query = (
            select(site_opt_outs.c.at)
            .select_from(sites.outerjoin(site_opt_outs, sites.c.host == site_opt_outs.c.host))
            .where(sites.c.host == bindparam("host"))
        )
        return str(query.compile(dialect=self._engine.dialect))
