"""Verdicts already reached, in the store; a data directory without a store has none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from cityshield.ports.clock import Clock
from cityshield.vocabulary.verdict import Verdict

if TYPE_CHECKING:
    from sqlalchemy import Engine

_decode = msgspec.msgpack.Decoder(Verdict).decode
_encode = msgspec.msgpack.Encoder().encode
_KEYS_PER_QUERY = 500


class VerdictCache:
    """The `Verdicts` port. Names of subjects are not kept, only what was thought of them."""

    def __init__(self, home: Path, clock: Clock, engine: Engine | None = None) -> None:
        self._home = home
        self._clock = clock
        self._engine = engine

    def get_many(self, keys: Sequence[str]) -> dict[str, Verdict]:
        """The verdicts kept under these keys."""
        engine = self._database()
        if engine is None or not keys:
            return {}
        from sqlalchemy import select

        from cityshield.adapters.store.tables import verdicts

        found = {}
        with engine.connect() as connection:
            for start in range(0, len(keys), _KEYS_PER_QUERY):
                some = keys[start : start + _KEYS_PER_QUERY]
                query = select(verdicts.c.key, verdicts.c.verdict).where(verdicts.c.key.in_(some))
                found.update({key: _decode(kept) for key, kept in connection.execute(query)})
        return found

    def put_many(self, verdicts: Mapping[str, Verdict]) -> None:
        """Keep these verdicts, from now on."""
        engine = self._database()
        if engine is None:
            return
        from sqlalchemy.dialects.sqlite import insert

        from cityshield.adapters.store.database import writing
        from cityshield.adapters.store.tables import verdicts as table

        now = self._clock.now()
        rows = [
            {"key": key, "verdict": _encode(verdict), "judged_at": now}
            for key, verdict in verdicts.items()
        ]
        with writing(engine) as connection:
            connection.execute(insert(table).on_conflict_do_nothing(), rows)

    def _database(self) -> Engine | None:
        if self._engine is None:
            from cityshield.adapters.store.database import exists, open_database

            if not exists(self._home):
                return None
            self._engine = open_database(self._home)
        return self._engine


def forget_before(engine: Engine, moment: int) -> int:
    """Delete the verdicts reached before a moment; their number."""
    from sqlalchemy import delete

    from cityshield.adapters.store.database import writing
    from cityshield.adapters.store.tables import verdicts

    with writing(engine) as connection:
        return connection.execute(delete(verdicts).where(verdicts.c.judged_at < moment)).rowcount
