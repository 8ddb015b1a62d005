"""`cityshield feeds add`, `sync`, `show` and `release`: feeds that are fetched by themselves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cityshield.adapters.feeds.feed import FORMATS
from cityshield.answer import harmless
from cityshield.desks.decisions.collateral import CLASSES
from cityshield.entrypoints.cli.main import home_option, language_option
from cityshield.entrypoints.cli.speech import Say, pad, speak
from cityshield.entrypoints.cli.store import local_identity, open_store, to_json
from cityshield.guards.dates import moment
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.indicator import BENIGN_ACTIVITY, MALICIOUS_ACTIVITY
from cityshield.vocabulary.subscription import (
    FAILED,
    HELD,
    TAKEN,
    Standing,
    Subscribed,
    Subscription,
    Sync,
)

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cityshield.sync import Synced, Syncing

_HOUR_S = 3600
_TAXII = "taxii+"
_SHOWN_SYNCS = 10

ADD_EPILOG = """\b
Examples:
  cityshield feeds add partner https://feeds.example/hosts.txt --every 6 --expires 14
  cityshield feeds add links https://feeds.example/urls.csv.gz --column url --trusted
  cityshield feeds add top-sites https://feeds.example/top.zip --guard popular
  cityshield feeds add shared taxii+https://taxii.example/root/collections/1/

\b
Lists packed as gzip, bzip2, xz or zstd are unpacked, and a zip that holds one file.
"""

SYNC_EPILOG = """\b
Examples:
  cityshield feeds sync --due
  cityshield feeds sync partner

\b
Exit status: 0 all went well, 1 something is held for review, 2 something failed.
"""


@click.command(epilog=ADD_EPILOG)
@click.argument("name")
@click.argument("url")
@click.option("--every", type=click.IntRange(1, 8760), default=24, show_default=True,
              metavar="HOURS", help="How often it is fetched.")  # fmt: skip
@click.option("--expires", type=click.IntRange(1, 3650), default=30, show_default=True,
              metavar="DAYS", help="Forget what it no longer lists after.")  # fmt: skip
@click.option("--confidence", type=click.IntRange(1, 100), default=100, show_default=True,
              metavar="PERCENT", help="How sure it is; less than 90 warns.")  # fmt: skip
@click.option("--format", type=click.Choice(list(FORMATS)), help="[default: told by the lines]")
@click.option("--column", default="", help="Of a CSV, the column to read: its name, or its number.")
@click.option("--reason", default="", help="Why its entries are listed, in the source's words.")
@click.option("--type", "type_", type=click.Choice([MALICIOUS_ACTIVITY, BENIGN_ACTIVITY]),
              default=MALICIOUS_ACTIVITY, show_default=True,
              help="What the source says of its entries.")  # fmt: skip
@click.option("--trusted", is_flag=True, help="Let it count where trusted sources must agree.")
@click.option("--guard", type=click.Choice(CLASSES), help="Its names are never blocked in DNS.")
@click.option("--sha256", "digest", default="", metavar="DIGEST|URL",
              help="Take only the document with this digest, or one published.")  # fmt: skip
@click.option("--key", default="", help="Take only what this minisign key signed (URL.minisig).")
@click.option("--taxii", is_flag=True, help="It is a TAXII 2.1 collection; or write taxii+https://")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@language_option
@home_option
def add(
    name: str,
    url: str,
    every: int,
    expires: int,
    confidence: int,
    format: str | None,
    column: str,
    reason: str,
    type_: str,
    trusted: bool,
    guard: str | None,
    digest: str,
    key: str,
    taxii: bool,
    as_json: bool,
    language: str,
    home: Path,
) -> None:
    """Subscribe to the list at URL; NAME is how verdicts cite it."""
    from cityshield.adapters.sentences.sentences import Sentences

    require_csv(format, column)
    subscription = Subscription(
        url.removeprefix(_TAXII),
        every_s=every * _HOUR_S,
        expires_days=expires,
        confidence=confidence,
        format=format or "",
        column=column,
        type=type_,
        reason=reason,
        guard=guard or "",
        digest=digest,
        key=key,
        taxii=taxii or url.startswith(_TAXII),
    )
    engine = open_store(home, create=True)
    made = _syncing(home, engine).add(name, subscription, trusted=trusted)
    if as_json:
        click.echo(to_json(made))
        return
    click.echo(Sentences().say("feeds-added", language, name=harmless(name), hours=every))


@click.command(epilog=SYNC_EPILOG)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--due", is_flag=True, help="Only those whose time has come.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@language_option
@home_option
def sync(names: tuple[str, ...], due: bool, as_json: bool, language: str, home: Path) -> int:
    """Fetch feeds and take what they list: all, those named, or those that are due."""
    from cityshield.entrypoints.cli.progress import Progress

    syncing = _syncing(home, open_store(home))
    feeds = syncing.choose(names, due=due)
    results = set()
    with Progress(total=len(feeds)) as progress:
        for number, synced in enumerate(syncing.sync(feeds), 1):
            progress.advance(number)
            results.add(synced.sync.result)
            if as_json:
                click.echo(to_json(synced))
            else:
                _say_synced(synced, language, home)
    if not feeds and not as_json:
        from cityshield.adapters.sentences.sentences import Sentences

        click.echo(Sentences().say("feeds-sync-none", language))
    return 2 if FAILED in results else 1 if HELD in results else 0


@click.command(epilog="\b\nExample:\n  cityshield feeds release partner\n")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@language_option
@home_option
def release(name: str, as_json: bool, language: str, home: Path) -> None:
    """Take what was held of the feed NAME, after you looked at it."""
    from cityshield.adapters.sentences.sentences import Sentences

    synced = _syncing(home, open_store(home)).release(name)
    if as_json:
        click.echo(to_json(synced))
        return
    sync = synced.sync
    words = {"entries": sync.entries, "new": sync.new, "gone": sync.gone}
    click.echo(Sentences().say("feeds-released", language, name=harmless(name), **words))


@click.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@language_option
@home_option
def show(name: str, as_json: bool, language: str, home: Path) -> None:
    """Show all of one subscription: its terms, how it stands, its last tries."""
    from cityshield.adapters.store.subscriptions import get_subscribed, read_syncs

    engine, say = open_store(home), speak(language)
    feed = get_subscribed(engine, name)
    if as_json:
        syncs = read_syncs(engine, feed.id, 100)
        click.echo(to_json({"feed": feed, "syncs": syncs}))
        return
    for label, value in _facts(feed, say, home):
        click.echo(f"{pad(say(f'feed-{label}'), 12)} {harmless(value, 500)}")
    for each in read_syncs(engine, feed.id, _SHOWN_SYNCS):
        click.echo("  " + _sync_line(each, say))


def require_csv(format: str | None, column: str) -> None:
    """Raise InputError for a column of what has none."""
    if column and format not in (None, "csv"):
        raise InputError("error-column")


def state_of(standing: Standing, say: Say) -> str:
    """How a feed stands, in a word or two."""
    if standing.held is not None:
        return say("feed-state-held", reason=say(f"word-{standing.held.reason}"))
    if standing.result == FAILED and standing.failures > 1:
        return say("feed-state-failed", count=standing.failures)
    return say(f"word-{standing.result}") if standing.result else say("feed-state-new")


def _syncing(home: Path, engine: Engine) -> Syncing:
    from cityshield.adapters.clock import SystemClock
    from cityshield.config import read_config
    from cityshield.sync import Syncing

    return Syncing(engine, home, SystemClock(), read_config(home), local_identity())


def _say_synced(synced: Synced, language: str, home: Path) -> None:
    from cityshield.adapters.sentences.sentences import Sentences
    from cityshield.adapters.store.subscriptions import held_path

    say, sync, standing = Sentences().say, synced.sync, synced.standing
    name, held = harmless(synced.name), standing.held
    words: dict[str, str | int] = {"name": name, "entries": sync.entries}
    if sync.result == FAILED:
        error = harmless(say(standing.error, language, **standing.error_args), 1000)
        said = say("feeds-sync-failed", language, name=name, error=error, due=moment(synced.due))
        click.echo(said, err=True)
    elif sync.result == HELD and held is not None:
        before = standing.good.entries if standing.good else 0
        click.echo(say(f"feeds-sync-held-{held.reason}", language, before=before, **words))
        path = str(held_path(home, synced.id))
        click.echo("  " + say("feeds-sync-held-now", language, name=name, path=path))
    else:
        words |= {"new": sync.new, "gone": sync.gone} if sync.result == TAKEN else {}
        click.echo(say(f"feeds-sync-{sync.result}", language, **words))


def _facts(feed: Subscribed, say: Say, home: Path) -> list[tuple[str, str]]:
    """What is known of a feed, as label and value."""
    from cityshield.adapters.store.subscriptions import held_path

    said, standing = feed.subscription, feed.standing
    good, held = standing.good, standing.held
    guards = say("feed-guards", kind=say(f"word-{said.guard}")) if said.guard else ""
    facts = [
        ("url", ("taxii+" if said.taxii else "") + said.url),
        ("state", state_of(standing, say)),
        ("next", moment(feed.due)),
        ("every", say("feed-hours", count=f"{said.every_s / _HOUR_S:g}")),
        ("expires", say("feed-days", count=said.expires_days)),
        ("role", guards or say(f"word-{said.type}")),
        ("trusted", say("word-yes") if feed.trusted else ""),
        ("format", " ".join(part for part in (said.format, said.column) if part)),
        ("reason", said.reason),
        ("sha256", said.digest),
        ("key", said.key),
        ("tried", moment(standing.tried_at) if standing.tried_at else ""),
    ]
    if standing.error:
        facts.append(("error", say(standing.error, **standing.error_args)))
    if good is not None:
        times = {"at": moment(good.at), "changed": moment(good.changed_at)}
        facts += [
            ("entries", f"{good.entries:,}"),
            ("listed", say("feed-listed-at", **times)),
            ("etag", good.etag),
            ("modified", good.last_modified),
            ("document", good.sha256),
        ]
    if held is not None:
        words = {"at": moment(held.at), "reason": say(f"word-{held.reason}")}
        facts += [
            ("held", say("feed-held-at", count=held.entries, **words)),
            ("held-file", str(held_path(home, feed.id))),
        ]
    facts.append(("added-after", standing.added_after))
    return [(label, value) for label, value in facts if value]


def _sync_line(sync: Sync, say: Say) -> str:
    status = str(sync.status) if sync.status else ""
    result = pad(say(f"word-{sync.result}"), 9)
    counts = {"count": f"{sync.entries:>10,}", "new": f"{sync.new:,}", "gone": f"{sync.gone:,}"}
    line = f"{moment(sync.at)}  {result} {status:<3} {say('feed-counts', **counts)}"
    return "  ".join(part for part in (line, sync.error) if part)
