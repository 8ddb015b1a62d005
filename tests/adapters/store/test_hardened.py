"""The store among others: many processes at once, a store that is gone, locked or damaged."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from cityshield.adapters.clock import SystemClock
from cityshield.adapters.store.audit import read_audit
from cityshield.adapters.store.backup import create_backup, restore_backup
from cityshield.adapters.store.cache import VerdictCache
from cityshield.adapters.store.changes import lock_indicators
from cityshield.adapters.store.database import FILE_NAME, open_database, writing
from cityshield.adapters.store.index import FILE_NAME as INDEX_NAME
from cityshield.adapters.store.index import Index, key_of, write_index
from cityshield.adapters.store.indicators import import_entries
from cityshield.adapters.store.lookup import IndicatorLookup
from cityshield.adapters.store.retention import run_retention
from cityshield.adapters.store.tokens import (
    create_first_token,
    create_token,
    list_tokens,
    revoke_token,
)
from cityshield.vocabulary.errors import Forbidden, StoreError
from cityshield.vocabulary.identity import ADMIN, ANALYST, OPERATOR, READER, Identity
from cityshield.vocabulary.indicator import HOST
from cityshield.vocabulary.subject import Subject
from cityshield.vocabulary.verdict import UNKNOWN, Verdict

ROOT = Identity("root", ADMIN, how="local")
NOW = 1_800_000_000
VERDICT = Verdict(Subject("file", ""), UNKNOWN, 0.0, 1.0)
KEY = "k" * 64
FIRST = """
import sys, pathlib
from cityshield.adapters.store.database import open_database
from cityshield.adapters.store.tokens import create_first_token
from cityshield.vocabulary.identity import ADMIN, Identity
engine = open_database(pathlib.Path(sys.argv[1]))
print(create_first_token(engine, Identity("first-start", ADMIN, how="local"), 1, "admin", ADMIN))
"""


def at_once(home: Path, count: int = 4) -> list[str]:
    started = [
        subprocess.Popen([sys.executable, "-c", FIRST, str(home)], stdout=-1, stderr=-1)
        for _ in range(count)
    ]
    said = []
    for process in started:
        out, error = process.communicate(timeout=60)
        assert process.returncode == 0, error.decode()
        said.append(out.decode().strip())
    return said


@pytest.mark.parametrize("attempt", range(3))
def test_processes_that_make_a_store_at_once_all_succeed_and_make_one_token(
    tmp_path: Path, attempt: int
) -> None:
    said = at_once(tmp_path / "new" / "home")
    assert sorted(text.startswith("cs_") for text in said) == [False, False, False, True]
    assert len(list_tokens(open_database(tmp_path / "new" / "home"))) == 1


def test_processes_that_open_a_restored_store_at_once_all_succeed(home: Path) -> None:
    engine = open_database(home)
    create_token(engine, ROOT, NOW, "someone", ADMIN)
    engine.dispose()
    with closing(sqlite3.connect(home / FILE_NAME)) as raw:
        raw.execute("PRAGMA journal_mode=DELETE")  # as a copy has it
    assert at_once(home) == ["None"] * 4


def test_a_first_token_is_made_once_even_when_all_tokens_are_forgotten(home: Path) -> None:
    engine = open_database(home)
    assert create_first_token(engine, ROOT, NOW, "admin", ADMIN)
    revoke_token(engine, ROOT, NOW, list_tokens(engine)[0].id)
    assert run_retention(engine, home, NOW + 400 * 86_400, 30, 365, 90).tokens == 1
    assert list_tokens(engine) == []
    assert create_first_token(engine, ROOT, NOW, "admin", ADMIN) is None


@pytest.mark.parametrize(
    ("by", "role", "scopes"),
    [
        (Identity("narrow", ADMIN, ("tokens:write",)), ADMIN, ()),
        (Identity("narrow", ADMIN, ("tokens:write",)), READER, ()),
        (Identity("narrow", ADMIN, ("tokens:write",)), OPERATOR, ("indicators:write",)),
        (Identity("clerk", ANALYST), OPERATOR, ("audit:read",)),
    ],
)
def test_no_token_makes_one_that_may_do_more(
    home: Path, by: Identity, role: str, scopes: tuple[str, ...]
) -> None:
    engine = open_database(home)
    with pytest.raises(Forbidden, match="error-widen"):
        create_token(engine, by, NOW, "wider", role, scopes)
    assert list_tokens(engine) == []


def test_a_token_passes_on_what_it_has(home: Path) -> None:
    engine = open_database(home)
    narrow = Identity("narrow", ADMIN, ("tokens:write", "audit:read"))
    create_token(engine, narrow, NOW, "same", ADMIN, ("tokens:write",))
    create_token(engine, narrow, NOW, "less", ANALYST, ("audit:read",))
    assert len(list_tokens(engine)) == 2


def test_the_audit_tells_tokens_of_one_name_apart(home: Path) -> None:
    engine = open_database(home)
    for token_id in ("aa", "bb"):
        create_token(engine, Identity("same", ADMIN, id=token_id), NOW, "x", READER)
    assert [entry.actor for entry in read_audit(engine)] == ["token:same#aa", "token:same#bb"]


@contextmanager
def locked_store(home: Path) -> Iterator[None]:
    with closing(sqlite3.connect(home / FILE_NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_a_locked_cache_delays_no_verdict(home: Path) -> None:
    open_database(home).dispose()
    cache = VerdictCache(home, SystemClock())
    with locked_store(home):
        started = time.monotonic()
        for _ in range(20):
            cache.put_many({KEY: VERDICT})
            assert cache.get_many([KEY]) == {}
        assert time.monotonic() - started < 2


def test_a_damaged_cache_kills_no_verdict(home: Path) -> None:
    engine = open_database(home)
    cache = VerdictCache(home, SystemClock())
    cache.put_many({KEY: VERDICT})
    assert cache.get_many([KEY]) == {KEY: VERDICT}
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE verdicts SET verdict = x'00'")
    assert cache.get_many([KEY]) == {}
    (home / FILE_NAME).write_bytes(b"no database at all" * 1000)
    broken = VerdictCache(home, SystemClock())
    broken.put_many({KEY: VERDICT})
    assert broken.get_many([KEY]) == {}


def test_a_restore_waits_for_no_import_but_refuses(home: Path, tmp_path: Path) -> None:
    open_database(home).dispose()
    copy = create_backup(home, tmp_path / "copy.sqlite3")
    with lock_indicators(home), pytest.raises(StoreError, match="error-busy"):
        restore_backup(home, copy)
    restore_backup(home, copy)


def test_an_index_deleted_and_made_again_is_noticed_within_a_second(tmp_path: Path) -> None:
    now = [0.0]
    path = tmp_path / "index"
    write_index(path, 1, [key_of("a")])
    index = Index(path, lambda: now[0])
    path.unlink()
    write_index(path, 2, [key_of("b")])
    index.refresh()
    assert index.revision == 1
    now[0] = 1.5
    index.refresh()
    assert (index.revision, key_of("b") in index) == (2, True)


def test_a_store_that_was_deleted_is_missing_not_empty(home: Path) -> None:
    engine, clock = open_database(home), SystemClock()
    import_entries(engine, home, clock, "partner", [(HOST, "a.example/")])
    lookup = IndicatorLookup(home, clock)
    assert len(lookup.find_many([["a.example/"]])[0]) == 1
    for path in home.glob(f"{FILE_NAME}*"):
        path.unlink()
    time.sleep(1.1)  # a look-up keeps its connection for a second
    for reader in (lookup, IndicatorLookup(home, clock)):
        assert reader.find_many([["b.example/"]]) == [()]
        with pytest.raises(StoreError, match="error-store-missing"):
            reader.find_many([["a.example/"]])
    with pytest.raises(StoreError, match="error-store-missing"), writing(engine):
        pass
    with pytest.raises(StoreError, match="error-store-missing"):
        open_database(home, create=False)
    assert (home / INDEX_NAME).exists()
    assert not (home / FILE_NAME).exists()


def test_a_store_put_in_the_place_of_another_is_the_one_that_is_used(home: Path) -> None:
    engine = open_database(home)
    create_token(engine, ROOT, NOW, "old", READER)
    copy = create_backup(home, None)
    create_token(engine, ROOT, NOW, "new", READER)
    restore_backup(home, copy)
    assert [token.name for token in list_tokens(engine)] == ["old"]


def test_the_start_of_an_import_is_recorded_even_if_it_never_ends(home: Path) -> None:
    engine = open_database(home)

    def entries() -> Iterator[tuple[str, str]]:
        yield HOST, "a.example/"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_entries(engine, home, SystemClock(), "partner", entries(), by=ROOT)
    (entry,) = read_audit(engine)
    assert (entry.action, json.loads(entry.detail)) == ("feeds.import.start", {"source": "partner"})


def test_retention_is_recorded_when_something_was_removed(home: Path) -> None:
    engine = open_database(home)
    run_retention(engine, home, NOW, 30, 365, 90)
    assert list(read_audit(engine)) == []
    VerdictCache(home, SystemClock()).put_many({KEY: VERDICT})
    run_retention(engine, home, SystemClock().now() + 31 * 86_400, 30, 365, 90)
    (entry,) = read_audit(engine)
    assert (entry.actor, entry.action) == ("local:retention", "retention")
    counts = {"indicators": 0, "verdicts": 1, "tokens": 0, "appeals": 0, "sessions": 0}
    assert json.loads(entry.detail) == counts
