"""The store's file, its audit, its tokens, its backups and its forgetting."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import DatabaseError

from cityshield.adapters.clock import SystemClock
from cityshield.adapters.store import database
from cityshield.adapters.store.audit import read_audit, record_alone, verify
from cityshield.adapters.store.backup import (
    create_backup,
    export_everything,
    in_use,
    restore_backup,
)
from cityshield.adapters.store.cache import VerdictCache
from cityshield.adapters.store.database import FILE_NAME, HEAD, open_database, writing
from cityshield.adapters.store.decisions import add
from cityshield.adapters.store.guarded import replace_guarded
from cityshield.adapters.store.indicators import import_entries
from cityshield.adapters.store.lookup import IndicatorLookup
from cityshield.adapters.store.retention import run_retention
from cityshield.adapters.store.tables import metadata
from cityshield.adapters.store.tokens import (
    authenticate,
    create_token,
    list_tokens,
    revoke_token,
)
from cityshield.desks.decisions.review import propose
from cityshield.vocabulary.decision import BLOCK, URL, Target
from cityshield.vocabulary.errors import InputError, StoreError
from cityshield.vocabulary.identity import ADMIN, READER, Identity
from cityshield.vocabulary.indicator import HOST
from cityshield.vocabulary.subject import Subject
from cityshield.vocabulary.verdict import UNKNOWN, Verdict

ROOT = Identity("root", ADMIN, how="local")
NOW = 1_800_000_000


def test_migrations_make_the_tables_that_the_code_uses(home: Path) -> None:
    found = inspect(open_database(home))
    assert set(metadata.tables) | {"alembic_version"} == set(found.get_table_names())
    for name, table in metadata.tables.items():
        columns = {column["name"]: column["nullable"] for column in found.get_columns(name)}
        assert columns == {column.name: column.nullable for column in table.columns}, name


def test_the_newest_migration_is_the_one_the_code_names() -> None:
    settings = AlembicConfig()
    folder = Path(database.__file__).parent / "migrations"
    settings.set_main_option("script_location", str(folder))
    assert ScriptDirectory.from_config(settings).get_heads() == [HEAD]


def test_the_store_is_private_and_writes_ahead(home: Path) -> None:
    engine = open_database(home)
    assert (home / FILE_NAME).stat().st_mode & 0o077 == 0
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"


def test_an_older_store_is_copied_before_it_is_migrated(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_database(home).dispose()
    with closing(sqlite3.connect(home / FILE_NAME)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '0000'")
        raw.commit()
    calls: list[str] = []
    monkeypatch.setattr("alembic.command.upgrade", lambda *_: calls.append("upgrade"))
    open_database(home).dispose()
    assert calls == ["upgrade"]
    (kept,) = (home / "backups").iterdir()
    with closing(sqlite3.connect(kept)) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == ("0000",)


def test_a_newer_store_and_a_foreign_one_are_left_alone(home: Path) -> None:
    open_database(home).dispose()
    with closing(sqlite3.connect(home / FILE_NAME)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
        raw.commit()
    with pytest.raises(StoreError, match="error-store-newer"):
        open_database(home)
    (home / FILE_NAME).unlink()
    with closing(sqlite3.connect(home / FILE_NAME)) as raw:
        raw.execute("CREATE TABLE photos (id INTEGER)")
    with pytest.raises(StoreError, match="error-store-foreign"):
        open_database(home)


def test_the_audit_is_append_only_and_notices_tampering(home: Path) -> None:
    engine = open_database(home)
    for number in range(5):
        record_alone(engine, ROOT, "some.act", NOW + number, {"number": number})
    assert verify(engine).entries == 5
    for statement in ("UPDATE audit SET actor = 'me'", "DELETE FROM audit"):
        with pytest.raises(DatabaseError, match="append-only"), writing(engine) as connection:
            connection.execute(text(statement))
    with closing(sqlite3.connect(home / FILE_NAME)) as raw:
        raw.execute("DROP TRIGGER audit_no_update")
        raw.execute("DROP TRIGGER audit_no_delete")
        raw.execute("UPDATE audit SET actor = 'local:other' WHERE seq = 3")
        raw.commit()
    assert (verify(engine).broken_at, verify(engine).reason) == (3, "digest")
    with closing(sqlite3.connect(home / FILE_NAME)) as raw:
        raw.execute("DELETE FROM audit WHERE seq = 3")
        raw.commit()
    assert (verify(engine).broken_at, verify(engine).reason) == (4, "gap")


def test_a_token_proves_whose_it_is_until_it_ends(home: Path) -> None:
    engine = open_database(home)
    token = create_token(engine, ROOT, NOW, "feeder", ADMIN, ["indicators:write"], 1)
    made = list_tokens(engine)[0].id
    found = authenticate(engine, token, NOW)
    assert found == Identity("feeder", ADMIN, ("indicators:write",), id=made, makers=("root",))
    assert authenticate(engine, token[:-1] + "x", NOW) is None
    assert authenticate(engine, token, NOW + 86_400) is None
    revoke_token(engine, ROOT, NOW, list_tokens(engine)[0].id)
    assert authenticate(engine, token, NOW) is None
    assert [entry.action for entry in read_audit(engine)] == ["tokens.create", "tokens.revoke"]


@pytest.mark.parametrize("wrong", ["", "cs", "cs__", "cs_abc_def", "Bearer x", "cs_" + "é" * 12])
def test_what_is_not_a_token_proves_nobody(home: Path, wrong: str) -> None:
    assert authenticate(open_database(home), wrong, NOW) is None


def test_secrets_are_not_kept(home: Path) -> None:
    engine = open_database(home)
    secret = create_token(engine, ROOT, NOW, "someone", READER).rpartition("_")[2]
    engine.dispose()
    for path in home.rglob("*"):
        assert not path.is_file() or secret.encode() not in path.read_bytes(), path
    exported = b"".join(map(msgspec.json.encode, export_everything(open_database(home))))
    assert secret.encode() not in exported
    assert b"digest" not in exported.partition(b'"audit"')[0]


def test_an_export_tells_what_was_decided(home: Path) -> None:
    engine = open_database(home)
    replace_guarded(engine, "top", "popular", [("metro.example", "metro.example")], ROOT, NOW)
    decided = propose(BLOCK, Target(URL, "a.example/x"), "a false page", [], ROOT, NOW)
    add(engine, decided, ROOT, NOW)
    told = {row["table"]: row for row in export_everything(engine)}
    assert told["guard_names"]["name"] == "metro.example"
    assert told["decisions"]["target"] == {"scope": "url", "value": "a.example/x"}
    assert told["decisions"]["reason"] == "a false page"


def test_a_token_wants_a_role_and_scopes_that_exist(home: Path) -> None:
    engine = open_database(home)
    for wrong in (("x", "king"), ("x", READER, ["tokens:write"]), ("\n", READER)):
        with pytest.raises(InputError):
            create_token(engine, ROOT, NOW, *wrong)
    assert list_tokens(engine) == []


def test_a_backup_brings_everything_back(home: Path, tmp_path: Path) -> None:
    engine, clock = open_database(home), SystemClock()
    import_entries(engine, home, clock, "partner", [(HOST, "a.example/")])
    copy = create_backup(home, tmp_path / "copy.sqlite3")
    import_entries(engine, home, clock, "partner", [(HOST, "b.example/")])
    engine.dispose()
    kept = restore_backup(home, copy)
    found = IndicatorLookup(home, clock).find_many([["a.example/"], ["b.example/"]])
    assert [len(answer) for answer in found] == [1, 0]
    assert kept.is_file()
    with pytest.raises(InputError, match="error-backup-exists"):
        create_backup(home, copy)


def test_what_is_no_backup_is_refused_and_nothing_is_lost(home: Path, tmp_path: Path) -> None:
    open_database(home).dispose()
    before = (home / FILE_NAME).read_bytes()
    for content in (b"", b"not a database", before[: len(before) // 2]):
        wrong = tmp_path / "wrong"
        wrong.write_bytes(content)
        with pytest.raises(InputError, match="error-backup"):
            restore_backup(home, wrong)
    assert (home / FILE_NAME).read_bytes() == before


def test_a_store_in_use_is_not_replaced(home: Path, tmp_path: Path) -> None:
    open_database(home).dispose()
    copy = create_backup(home, tmp_path / "copy.sqlite3")
    with in_use(home), pytest.raises(StoreError, match="error-busy"):
        restore_backup(home, copy)
    restore_backup(home, copy)


def test_the_cache_keeps_verdicts_without_names_and_forgets_them(home: Path) -> None:
    engine, clock = open_database(home), SystemClock()
    cache = VerdictCache(home, clock)
    verdict = Verdict(Subject("file", ""), UNKNOWN, 0.0, 1.0)
    cache.put_many({"k" * 64: verdict})
    assert cache.get_many(["k" * 64, "other"]) == {"k" * 64: verdict}
    removed = run_retention(engine, home, clock.now() + 31 * 86_400, 30, 365, 90)
    assert removed.verdicts == 1
    assert cache.get_many(["k" * 64]) == {}


def test_ended_tokens_are_forgotten_in_time(home: Path) -> None:
    engine = open_database(home)
    create_token(engine, ROOT, NOW, "stays", READER)
    create_token(engine, ROOT, NOW, "ends", READER, (), 1)
    assert run_retention(engine, home, NOW + 300 * 86_400, 30, 365, 90).tokens == 0
    assert run_retention(engine, home, NOW + 400 * 86_400, 30, 365, 90).tokens == 1
    assert [token.name for token in list_tokens(engine)] == ["stays"]
