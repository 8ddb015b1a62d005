"""`cityshield backup`, `export` and `retention`: the store's life."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from cityshield.entrypoints.cli.main import home_option, language_option
from cityshield.entrypoints.cli.store import local_identity, open_store, to_json
from cityshield.vocabulary.errors import InputError

_FILE = click.Path(path_type=Path)


@click.group()
def backup() -> None:
    """Copy and restore the store."""


@backup.command()
@click.argument("file", type=_FILE, required=False)
@language_option
@home_option
def create(file: Path | None, language: str, home: Path) -> None:
    """Copy the store to FILE [default: backups/ in the data directory], also while it is used."""
    from cityshield.adapters.sentences.sentences import Sentences
    from cityshield.adapters.store.audit import record_alone
    from cityshield.adapters.store.backup import create_backup

    engine, now = open_store(home), int(time.time())
    made = create_backup(home, file)
    record_alone(engine, local_identity(), "backup.create", now, {"file": str(made)})
    click.echo(Sentences().say("backup-made", language, path=str(made)))


@backup.command()
@click.argument("file", type=_FILE)
@language_option
@home_option
def restore(file: Path, language: str, home: Path) -> None:
    """Put the backup FILE in the place of the store; what was there is kept beside it."""
    from cityshield.adapters.sentences.sentences import Sentences
    from cityshield.adapters.store.audit import record_alone
    from cityshield.adapters.store.backup import restore_backup

    if not file.is_file():
        raise InputError("error-file", path=str(file), reason="no such file")
    kept = restore_backup(home, file)
    now = int(time.time())
    record_alone(open_store(home), local_identity(), "backup.restore", now, {"file": str(file)})
    words = {"path": str(file), "kept": str(kept)}
    click.echo(Sentences().say("backup-restored", language, **words))


@click.command(epilog="\b\nExample:\n  cityshield export > everything.jsonl\n")
@home_option
def export(home: Path) -> None:
    """Write everything but the verdict cache as JSON Lines, without the digests of tokens."""
    from cityshield.adapters.store.audit import record_alone
    from cityshield.adapters.store.backup import export_everything

    engine = open_store(home)
    record_alone(engine, local_identity(), "export", int(time.time()), {})
    for row in export_everything(engine):
        sys.stdout.write(to_json(row) + "\n")


@click.command()
@language_option
@home_option
def retention(language: str, home: Path) -> None:
    """Delete what has had its time; a running service does it by itself."""
    from cityshield.adapters.sentences.sentences import Sentences
    from cityshield.adapters.store.retention import run_retention
    from cityshield.config import read_config

    limits = read_config(home).retention
    removed = run_retention(
        open_store(home),
        home,
        int(time.time()),
        limits.verdicts_days,
        limits.revoked_tokens_days,
        limits.appeals_days,
        local_identity(),
    )
    words = {
        "indicators": removed.indicators,
        "verdicts": removed.verdicts,
        "tokens": removed.tokens,
        "appeals": removed.appeals,
        "sessions": removed.sessions,
    }
    click.echo(Sentences().say("retention-done", language, **words))
