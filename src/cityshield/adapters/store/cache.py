"""Verdicts already reached, in the store; a data directory without a store has none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from cityshield.adapters.store.place import has_store
from cityshield.ports.clock import Clock
from cityshield.vocabulary.errors import StoreError
from cityshield.vocabulary.verdict import Verdict

if TYPE_CHECKING:
    from sqlalchemy import Engine

_decode = msgspec.msgpack.Decoder(Verdict).decode
_encode = msgspec.msgpack.Encoder().encode
_KEYS_PER_QUERY = 500
_BUSY_MS = 500
_REST_S = 10.0


class VerdictCache:
    """The `Verdicts` port. Names of subjects are not kept, only what was thought of them.

    A store that fails or is locked costs no verdict: nothing is found in it, nothing is kept, and
    it is left alone for ten seconds.
    """

    def __init__(self, home: Path, clock: Clock) -> None:
        self._home = home
        self._clock = clock
        self._engine: Engine | None = None
        self._rests_until = float("-inf")

    def get_many(self, keys: Sequence[str]) -> dict[str, Verdict]:
        """The verdicts kept under these keys."""
        found: dict[str, Verdict] = {}
        if not keys or not self._is_usable():
            return found
        from sqlalchemy import select

        from cityshield.adapters.store.tables import verdicts

        with self._at_rest_after_failure(), self._database().connect() as connection:
            for start in range(0, len(keys), _KEYS_PER_QUERY):
                some = keys[start : start + _KEYS_PER_QUERY]
                query = select(verdicts.c.key, verdicts.c.verdict).where(verdicts.c.key.in_(some))
                found.update({key: _decode(kept) for key, kept in connection.execute(query)})
        return found

    def put_many(self, verdicts: Mapping[str, Verdict]) -> None:
        """Keep these verdicts, from now on."""
        if not self._is_usable():
            return
        from sqlalchemy.dialects.sqlite import insert

        from cityshield.adapters.store.database import writing
        from cityshield.adapters.store.tables import verdicts as table

        now = self._clock.now()
        rows = [
            {"key": key, "verdict": _encode(verdict), "judged_at": now}
            for key, verdict in verdicts.items()
        ]
        with self._at_rest_after_failure(), writing(self._database()) as connection:
            connection.execute(insert(table).on_conflict_do_nothing(), rows)

    def _is_usable(self) -> bool:
        return self._clock.monotonic() >= self._rests_until and has_store(self._home)

    @contextmanager
    def _at_rest_after_failure(self) -> Iterator[None]:
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield
        except (StoreError, SQLAlchemyError, OSError, msgspec.MsgspecError):
            self._rests_until = self._clock.monotonic() + _REST_S

    def _database(self) -> Engine:
        if self._engine is None:
            from cityshield.adapters.store.database import open_database

            self._engine = open_database(self._home, create=False, busy_ms=_BUSY_MS)
        return self._engine


def forget_before(engine: Engine, moment: int) -> int:
    """Delete the verdicts reached before a moment; their number."""
    from sqlalchemy import delete

    from cityshield.adapters.store.database import writing
    from cityshield.adapters.store.tables import verdicts

    with writing(engine) as connection:
        return connection.execute(delete(verdicts).where(verdicts.c.judged_at < moment)).rowcount
