"""`cityshield sites versions`: lists of known weaknesses and of support, for judging versions."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cityshield.answer import harmless
from cityshield.entrypoints.cli.main import home_option, language_option
from cityshield.entrypoints.cli.store import acting_identity, open_store, to_json
from cityshield.vocabulary.errors import InputError, StoreError

if TYPE_CHECKING:
    from cityshield.adapters.knowledge.lists import Taken
    from cityshield.guards.sites.weaknesses import Compiled

_LOCK_NAME = "knowledge.lock"
_KIND_WORDS = {
    "kev": "lists-kind-kev",
    "cve": "lists-kind-cve",
    "lifecycle": "lists-kind-lifecycle",
}
_REASON_WORDS = {
    "damaged": "lists-reason-damaged",
    "too-large": "lists-reason-too-large",
    "unreadable": "lists-reason-unreadable",
    "strange": "lists-reason-strange",
    "no-number": "lists-reason-no-number",
}
_OLD_DAYS = 60


@click.group()
def versions() -> None:
    """Import lists that versions are compared with. They are of servers and content systems."""


@versions.command("import", epilog="""\b
Examples:
  cityshield sites versions import known_exploited_vulnerabilities.json
  cityshield sites versions import cvelistV5-main/cves/ endoflife/
  cityshield sites versions import vulnrichment.jsonl.gz

\b
Lists: CVE records (CVE JSON 5: one a file, one a line in .jsonl, or an array), CISA's KEV (JSON or
CSV), endoflife.date (one product a file, named as there, or all in one). Each may be packed (.gz,
.zip); of a folder every .json, .jsonl and .csv is read.
What can't be read is reported with its place; the rest is taken. A later import takes the place of
what it speaks of.
""")  # fmt: skip
@click.argument("paths", metavar="FILE|DIR...", nargs=-1, required=True, type=Path)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@language_option
@home_option
def import_(paths: tuple[Path, ...], as_json: bool, language: str, home: Path) -> None:
    """Take lists in, so that sites are judged by them from now on."""
    from cityshield.adapters.knowledge.lists import import_lists
    from cityshield.adapters.store.audit import record_alone
    from cityshield.adapters.store.place import locked
    from cityshield.entrypoints.cli.progress import Progress

    engine = open_store(home, create=True)
    by, now = acting_identity(engine, "sites:write"), int(time.time())
    try:
        with locked(home / _LOCK_NAME, wait=False), Progress() as progress:
            taken = import_lists(home, paths, now, progress.advance)
    except BlockingIOError:
        raise StoreError("error-lists-busy") from None
    if taken.entries:
        detail: dict[str, str | int | None] = {**taken.entries, "weaknesses": taken.weaknesses}
        record_alone(engine, by, "sites.versions", now, detail)
    if as_json and taken.entries:
        click.echo(to_json(taken))
        return
    _say_taken(taken, language)
    if not taken.entries:
        raise InputError("error-lists-nothing")


@versions.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@language_option
@home_option
def list_(as_json: bool, language: str, home: Path) -> None:
    """List what was imported, how old it is, and which software it speaks of."""
    from cityshield.adapters.knowledge.lists import read_lists
    from cityshield.adapters.sentences.sentences import Sentences
    from cityshield.guards.dates import day
    from cityshield.guards.sites.software import products

    engine = open_store(home)
    acting_identity(engine, "sites:read")
    known, say = read_lists(home), Sentences().say
    if as_json:
        click.echo(to_json({"sources": known.sources, "products": _counts(known)}))
        return
    if not known.sources:
        click.echo(say("lists-none", language))
        return
    for source in known.sources:
        words = {"entries": f"{source.entries:,}", "used": f"{source.used:,}"}
        kind, name = say(_KIND_WORDS[source.kind], language), harmless(source.name, 80)
        click.echo(say("lists-source", language, day=day(source.at), kind=kind, file=name, **words))
    for name, counts in _counts(known).items():
        title = products()[name].title
        click.echo("  " + say("lists-product", language, name=title, **counts))
    newest = {source.kind: source.at for source in known.sources}
    for kind, word in _KIND_WORDS.items():
        if kind not in newest:
            click.echo(say("lists-without", language, kind=say(word, language)), err=True)
        elif (days := (int(time.time()) - newest[kind]) // 86_400) > _OLD_DAYS:
            click.echo(say("lists-old", language, days=days, kind=say(word, language)), err=True)


def _counts(known: Compiled) -> dict[str, dict[str, int]]:
    names = sorted(known.weaknesses.keys() | known.cycles.keys())
    return {
        name: {
            "weaknesses": len(known.weaknesses.get(name, ())),
            "exploited": sum(each.id in known.exploited for each in known.weaknesses.get(name, ())),
            "branches": len(known.cycles.get(name, ())),
        }
        for name in names
    }


def _say_taken(taken: Taken, language: str) -> None:
    from cityshield.adapters.sentences.sentences import Sentences

    say = Sentences().say
    for kind, count in taken.entries.items():
        words = {"count": f"{count:,}", "used": f"{taken.used.get(kind, 0):,}"}
        click.echo(say("lists-taken", language, kind=say(_KIND_WORDS[kind], language), **words))
    if taken.entries:
        size = f"{taken.size_bytes / 1024:,.0f} KiB"
        click.echo(say("lists-known", language, weaknesses=f"{taken.weaknesses:,}", size=size))
    if not taken.rejected:
        return
    click.echo(say("lists-bad", language, count=taken.rejected), err=True)
    for item in taken.bad:
        why = say(_REASON_WORDS[item.reason], language, detail=harmless(item.detail, 200))
        file, place = harmless(item.file, 80), harmless(item.place, 120) or "–"
        said = say("lists-bad-place", language, file=file, place=place, reason=why)
        click.echo(f"  {said}", err=True)
    if more := taken.rejected - len(taken.bad):
        click.echo(f"  {say('lists-bad-more', language, count=more)}", err=True)
