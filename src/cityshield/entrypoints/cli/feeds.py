"""`cityshield feeds`: lists of indicators."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from cityshield.adapters.feeds.feed import FORMATS
from cityshield.answer import harmless
from cityshield.desks.decisions.collateral import CLASSES
from cityshield.entrypoints.cli import report, subscriptions
from cityshield.entrypoints.cli.inputs import open_input, say_bad_lines
from cityshield.entrypoints.cli.main import home_option, language_option
from cityshield.entrypoints.cli.speech import pad, speak
from cityshield.entrypoints.cli.store import local_identity, open_store, to_json
from cityshield.entrypoints.cli.subscriptions import require_csv, state_of
from cityshield.vocabulary.indicator import BENIGN_ACTIVITY, MALICIOUS_ACTIVITY

if TYPE_CHECKING:
    from sqlalchemy import Engine


IMPORT_EPILOG = """\b
Examples:
  cityshield feeds import blocklist.txt --source partner --expires 30
  cityshield feeds import hosts.txt --source community --format hosts
  cityshield feeds import digests.txt --source lab --reason "seen in the city"
  cityshield feeds import banks.txt --source own-list --type benign
  cityshield feeds import top-sites.txt --source top-sites --guard popular
  zcat list.gz | cityshield feeds import - --source partner

\b
Formats: plain (a host a line), urls, hosts (hosts file), adblock (||host^), sha256, csv, rpz,
misp, stix, taxii.
Lines that can't be read are reported with their numbers; the others are taken.
"""


@click.group()
def feeds() -> None:
    """Import, subscribe to and compare lists of indicators."""


for command in (
    subscriptions.add,
    subscriptions.sync,
    subscriptions.show,
    subscriptions.release,
    report.report,
):
    feeds.add_command(command)


@feeds.command("import", epilog=IMPORT_EPILOG)
@click.argument("file", metavar="FILE|-")
@click.option("--source", required=True, help="Whose list this is, as verdicts name it.")
@click.option("--format", type=click.Choice(list(FORMATS)), help="[default: told by the lines]")
@click.option("--column", default="", help="Of a CSV, the column to read: its name, or its number.")
@click.option(
    "--expires",
    type=click.IntRange(0, 3650),
    metavar="DAYS",
    help="Forget after; 0 for never.  [default: links 30, hosts 90, files never]",
)
@click.option(
    "--confidence",
    type=click.IntRange(1, 100),
    metavar="PERCENT",
    help="How sure the source is; less than 90 warns.  [default: 100]",
)
@click.option("--reason", default="", help="Why its entries are listed, in the source's words.")
@click.option(
    "--type",
    "type_",
    type=click.Choice([MALICIOUS_ACTIVITY, BENIGN_ACTIVITY]),
    default=MALICIOUS_ACTIVITY,
    show_default=True,
    help="What the source says of its entries.",
)
@click.option("--trusted", is_flag=True, help="Let it count where trusted sources must agree.")
@click.option(
    "--guard",
    type=click.Choice(CLASSES),
    help="Its names are never blocked in DNS; the list takes the place of its former state.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@language_option
@home_option
def import_(
    file: str,
    source: str,
    format: str | None,
    column: str,
    expires: int | None,
    confidence: int | None,
    reason: str,
    type_: str,
    trusted: bool,
    guard: str | None,
    as_json: bool,
    language: str,
    home: Path,
) -> int:
    """Take the entries of a list into the store."""
    from cityshield.adapters.clock import SystemClock
    from cityshield.adapters.sentences.sentences import Sentences
    from cityshield.adapters.store.guarded import trust as trust_source
    from cityshield.config import read_config
    from cityshield.entrypoints.cli.progress import Progress
    from cityshield.imports import import_feed

    require_csv(format, column)
    engine = open_store(home, create=True)
    if guard:
        return _import_guard_list(
            engine, home, file, source, guard, format, column, as_json, language
        )
    with open_input(file) as opened, Progress(opened) as progress:
        report = import_feed(
            engine,
            home,
            SystemClock(),
            local_identity(),
            opened,
            source=source,
            name=file,
            format=format or "",
            column=column,
            type=type_,
            reason=reason,
            expires_days=expires,
            days=msgspec.structs.asdict(read_config(home).expiry),
            confidence=confidence,
            progress=progress.advance,
        )
    if trusted:
        trust_source(engine, source, local_identity(), SystemClock().now(), trusted=True)
    if as_json:
        click.echo(to_json(report))
        return 0
    say = Sentences().say
    words = {"taken": report.taken, "new": report.new, "listed": report.listed}
    click.echo(say("feeds-taken", language, source=source, format=report.format, **words))
    say_bad_lines(report.bad, report.bad_lines, language)
    return 0


def _import_guard_list(
    engine: Engine,
    home: Path,
    file: str,
    source: str,
    guard: str,
    format: str | None,
    column: str,
    as_json: bool,
    language: str,
) -> int:
    from cityshield.adapters.clock import SystemClock
    from cityshield.adapters.sentences.sentences import Sentences
    from cityshield.config import read_config
    from cityshield.desk import Desk
    from cityshield.entrypoints.cli.progress import Progress
    from cityshield.imports import import_guard_list

    desk = Desk(engine, SystemClock(), read_config(home))
    with open_input(file) as opened, Progress(opened) as progress:
        report = import_guard_list(
            desk, local_identity(), opened, source=source, guard=guard, name=file,
            format=format or "", column=column, progress=progress.advance,
        )  # fmt: skip
    if as_json:
        click.echo(to_json(report))
        return 0
    words = {"taken": report.taken, "withdrawn": report.withdrawn}
    click.echo(Sentences().say("feeds-guarded", language, source=source, guard=guard, **words))
    say_bad_lines(report.bad, report.bad_lines, language)
    return 0


@feeds.command(epilog="\b\nExamples:\n  cityshield feeds trust partner\n"
               "  cityshield feeds trust partner --off\n")  # fmt: skip
@click.argument("source")
@click.option("--off", is_flag=True, help="Trust it no longer.")
@language_option
@home_option
def trust(source: str, off: bool, language: str, home: Path) -> None:
    """Let SOURCE count where trusted sources must agree on a block."""
    from cityshield.adapters.sentences.sentences import Sentences
    from cityshield.adapters.store.guarded import trust as trust_source

    now = int(time.time())
    trust_source(open_store(home), source, local_identity(), now, trusted=not off)
    said = "feeds-trusted-no-more" if off else "feeds-trusted"
    click.echo(Sentences().say(said, language, source=source))


@feeds.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@language_option
@home_option
def list_(as_json: bool, language: str, home: Path) -> None:
    """List every source with its entries, its last import, and how its subscription stands."""
    from cityshield.adapters.store.sources import list_with_subscriptions
    from cityshield.guards.dates import day

    say = speak(language)
    for source in list_with_subscriptions(open_store(home)):
        if as_json:
            click.echo(to_json(source))
            continue
        bad = say("feeds-bad-lines", count=source.bad_lines) if source.bad_lines else ""
        role = say("feed-trusted") if source.trusted else ""
        if source.guard:
            role = say("feed-guards", kind=say(f"word-{source.guard}"))
        state = f"({state_of(source.subscribed.standing, say)})" if source.subscribed else ""
        parts = (harmless(source.name), role and f"[{role}]", state, bad)
        name = "  ".join(part for part in parts if part)
        when = pad(day(source.imported_at) if source.imported_at else say("feeds-never"), 10)
        click.echo(f"{when}  {source.entries:>12,}  {name}")


@feeds.command(epilog="\b\nExample:\n  cityshield feeds remove partner\n")
@click.argument("source")
@language_option
@home_option
def remove(source: str, language: str, home: Path) -> None:
    """Delete SOURCE, its entries and its subscription; entries of other sources stay."""
    from cityshield.adapters.clock import SystemClock
    from cityshield.adapters.sentences.sentences import Sentences
    from cityshield.adapters.store.sources import remove_source

    engine = open_store(home)
    count, listed = remove_source(engine, home, SystemClock(), local_identity(), source)
    words = {"count": count, "listed": listed}
    click.echo(Sentences().say("feeds-removed", language, source=source, **words))
