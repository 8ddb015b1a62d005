"""Sessions end by time, by people and with the token; only a digest of them is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from cityshield.adapters.store.audit import read_audit
from cityshield.adapters.store.database import open_database
from cityshield.adapters.store.retention import run_retention
from cityshield.adapters.store.sessions import (
    MOST_OF_A_TOKEN,
    end_session,
    forget_ended,
    resume_session,
    start_session,
)
from cityshield.adapters.store.tables import sessions
from cityshield.adapters.store.tokens import authenticate, create_token, revoke_token
from cityshield.vocabulary.identity import Identity

ROOT = Identity("root", "admin", how="local")
NOW, IDLE_S, LONGEST_S = 1_800_000_000, 1800, 43_200


class Store:
    def __init__(self, home: Path, **token: int) -> None:
        self.engine: Engine = open_database(home)
        text = create_token(self.engine, ROOT, NOW, "Ana", "analyst", **token)  # type: ignore[arg-type]
        found = authenticate(self.engine, text, NOW)
        assert found is not None
        self.ana = found

    def start(self, now: int = NOW) -> str:
        return start_session(self.engine, self.ana, now, IDLE_S, LONGEST_S)

    def who(self, session: str, now: int) -> Identity | None:
        return resume_session(self.engine, session, now, IDLE_S)

    def count(self) -> int:
        with self.engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(sessions)) or 0


def test_a_session_is_whose_token_it_is_and_unguessable(home: Path) -> None:
    store = Store(home)
    one, other = store.start(), store.start()
    assert store.who(one, NOW) == store.ana == store.who(other, NOW)
    assert store.ana.makers == ("root",)
    assert len(one) == 64 and one != other
    for wrong in ("", one[:-1], one.upper(), "0" * 64, store.ana.id, "\0", "\ud800"):
        assert store.who(wrong, NOW) is None
    with store.engine.connect() as connection:
        kept = str(connection.execute(select(sessions)).all())
    assert one not in kept


def test_it_ends_without_use_and_in_any_case(home: Path) -> None:
    store = Store(home)
    session = store.start()
    assert store.who(session, NOW + IDLE_S) is None
    session = store.start()
    now = NOW
    while now + 1000 < NOW + LONGEST_S:
        now += 1000
        assert store.who(session, now) == store.ana, now - NOW
    assert store.who(session, NOW + LONGEST_S - 1) == store.ana
    assert store.who(session, NOW + LONGEST_S) is None


def test_it_ends_with_its_token(home: Path) -> None:
    store = Store(home, expires_days=1)
    late = NOW + 86_400 - 60
    session = store.start(late)
    assert store.who(session, late + 59) == store.ana
    assert store.who(session, late + 60) is None
    session = store.start()
    revoke_token(store.engine, ROOT, NOW, store.ana.id)
    assert store.who(session, NOW) is None


def test_who_signs_out_is_out_and_the_audit_says_so(home: Path) -> None:
    store = Store(home)
    session, other = store.start(), store.start()
    end_session(store.engine, session, store.ana, NOW + 1)
    end_session(store.engine, session, store.ana, NOW + 2)
    assert store.who(session, NOW) is None
    assert store.who(other, NOW) == store.ana
    told = [(entry.actor, entry.action) for entry in read_audit(store.engine)][1:]
    actor = f"token:Ana#{store.ana.id}"
    assert told == [(actor, "console.sign-in")] * 2 + [(actor, "console.sign-out")]
    assert session not in str(list(read_audit(store.engine)))


def test_one_token_has_so_many_sessions_and_the_idlest_makes_way(home: Path) -> None:
    store = Store(home)
    opened = [store.start(NOW + number) for number in range(MOST_OF_A_TOKEN + 2)]
    now = NOW + MOST_OF_A_TOKEN + 2
    alive = [session for session in opened if store.who(session, now)]
    assert alive == opened[2:]
    assert store.count() == MOST_OF_A_TOKEN


@pytest.mark.parametrize("how", ["idle", "longest", "revoked"])
def test_what_ended_is_forgotten(home: Path, how: str) -> None:
    store = Store(home)
    session = store.start()
    now = NOW + 1
    if how == "revoked":
        revoke_token(store.engine, ROOT, NOW, store.ana.id)
    else:
        now = NOW + (IDLE_S if how == "idle" else LONGEST_S)
    fresh = Store(home)
    kept = fresh.start(now)
    assert run_retention(store.engine, home, now, 30, 365, 90).sessions == 1
    assert store.who(session, NOW) is None
    assert fresh.who(kept, now) == fresh.ana
    assert forget_ended(store.engine, now) == 0
