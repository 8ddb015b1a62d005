"""`cityshield doctor`: what works, what is missing, how to mend it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from cityshield.catalogue import catalogue
from cityshield.config import read_config
from cityshield.entrypoints.cli.main import home_option, language_option
from cityshield.entrypoints.cli.store import to_json
from cityshield.shield import Shield, build_shield
from cityshield.vocabulary.errors import CityShieldError

OK, MISSING, BROKEN = "ok", "missing", "broken"
_LATE_S = 86_400
"""When a feed is overdue by so much, nothing fetches feeds."""


class Examined(msgspec.Struct, frozen=True):
    """One thing that was looked at: its state, what was seen, and how to mend it."""

    name: str
    state: str
    seen: str
    mend: str = ""


@click.command(epilog="\b\nExit status: 0 nothing is broken, 1 something is.\n")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@language_option
@home_option
def doctor(as_json: bool, language: str, home: Path) -> int:
    """Say what works, what is missing, and how to mend it."""
    shield = build_shield(home, disk=False)
    say = shield.sentences.say
    broken = False
    for item in _examine(shield, home, language):
        broken |= item.state == BROKEN
        if as_json:
            click.echo(to_json(item))
            continue
        colour = {OK: "green", MISSING: "yellow", BROKEN: "red"}[item.state]
        state = click.style(say(f"doctor-{item.state}", language), fg=colour, bold=True)
        click.echo(f"{say(f'doctor-{item.name}', language)}: {state}  {item.seen}")
        if item.mend and item.state != OK:
            click.echo(f"  → {item.mend}")
    return 1 if broken else 0


def _examine(shield: Shield, home: Path, language: str) -> Iterator[Examined]:
    say = shield.sentences.say
    version = ".".join(map(str, sys.version_info[:3]))
    yield Examined("python", OK, f"{version}  {sys.executable}")
    yield Examined("locale", OK, language)
    if not home.is_dir():
        yield Examined("home", MISSING, str(home), say("doctor-home-mend", language))
    else:
        yield Examined("home", OK, str(home))
        yield from _examine_store(shield, home, language)
    yield _examine_pack(shield, home, language)
    yield _examine_rules(shield, home, language)
    yield _examine_checks(shield, language)
    known = {card.id for card in catalogue(shield, language)}
    unknown = [
        name
        for name in shield.config.weights
        if name not in known and not name.startswith("files.rules/")
    ]
    if unknown:
        seen = shield.sentences.say("doctor-weights-unknown", language, names=", ".join(unknown))
        mend = shield.sentences.say("doctor-weights-mend", language)
        yield Examined("weights", BROKEN, seen, mend)


def _examine_store(shield: Shield, home: Path, language: str) -> Iterator[Examined]:
    from cityshield.adapters.store.audit import verify
    from cityshield.adapters.store.database import FILE_NAME, open_database
    from cityshield.adapters.store.lookup import IndicatorLookup
    from cityshield.adapters.store.place import has_store

    say = shield.sentences.say
    if not has_store(home):
        yield Examined("store", MISSING, str(home / FILE_NAME), say("doctor-home-mend", language))
    else:
        try:
            audited = verify(open_database(home, create=False))
        except CityShieldError as error:
            seen = say(error.sentence, language, **error.args_for_sentence)
            yield Examined("store", BROKEN, seen, say("doctor-store-mend", language))
            return
        yield Examined("store", OK, str(home / FILE_NAME))
        if audited.broken_at is None:
            seen = say("audit-sound", language, count=audited.entries, digest=audited.digest[:16])
            yield Examined("audit", OK, seen)
        else:
            reason = say(f"audit-reason-{audited.reason}", language)
            seen = say("audit-broken", language, seq=audited.broken_at, reason=reason)
            yield Examined("audit", BROKEN, seen, say("doctor-audit-mend", language))
        yield from _examine_feeds(shield, home, language)
    indicators = shield.rooms.indicators
    count = len(indicators) if isinstance(indicators, IndicatorLookup) else 0
    mend = say("doctor-indicators-mend", language)
    if count:
        yield Examined("indicators", OK, say("doctor-indicators-count", language, count=count))
    else:
        yield Examined("indicators", MISSING, say("doctor-indicators-none", language), mend)


def _examine_feeds(shield: Shield, home: Path, language: str) -> Iterator[Examined]:
    """Whether subscriptions are fetched in their time, and what is held or fails."""
    import time

    from cityshield.adapters.store.database import open_database
    from cityshield.adapters.store.subscriptions import list_subscribed

    say = shield.sentences.say
    feeds = list_subscribed(open_database(home, create=False))
    if not feeds:
        return
    held = [feed.name for feed in feeds if feed.standing.held]
    failing = [feed.name for feed in feeds if feed.standing.failures]
    late_s = int(time.time()) - min(feed.due for feed in feeds)
    counts = {"count": len(feeds), "held": len(held), "failing": len(failing)}
    seen = say("doctor-feeds-seen", language, **counts)
    if late_s > _LATE_S:
        yield Examined("feeds", MISSING, seen, say("doctor-feeds-late", language))
    elif names := [*held, *failing]:
        mend = say("doctor-feeds-mend", language, name=names[0])
        yield Examined("feeds", MISSING, seen, mend)
    else:
        yield Examined("feeds", OK, seen)


def _examine_pack(shield: Shield, home: Path, language: str) -> Examined:
    from cityshield.adapters.clock import SystemClock
    from cityshield.adapters.packs.shelf import Shelf

    say = shield.sentences.say
    shelf = Shelf(home, SystemClock())
    header = shelf.current().header
    seen = say("doctor-pack-version", language, version=header.version, expires=header.expires)
    problems = [say(item.sentence, language, **item.args_for_sentence) for item in shelf.problems]
    mend = say("doctor-pack-mend", language)
    return Examined("pack", BROKEN if problems else OK, "; ".join([seen, *problems]), mend)


def _examine_rules(shield: Shield, home: Path, language: str) -> Examined:
    from cityshield.adapters.yara.rules import YaraRules

    say = shield.sentences.say
    rules, mend = shield.rooms.rules, say("doctor-rules-mend", language)
    if not isinstance(rules, YaraRules) or not len(rules):
        folder = read_config(home).files.rules or str(home / "rules")
        return Examined("rules", MISSING, say("doctor-rules-none", language, path=folder), mend)
    problems = rules.problems()
    seen = "; ".join([say("doctor-rules-count", language, count=len(rules)), *problems[:10]])
    return Examined("rules", BROKEN if problems else OK, seen, mend)


def _examine_checks(shield: Shield, language: str) -> Examined:
    from cityshield.examples import run_examples

    say = shield.sentences.say
    count, problems = run_examples(shield.checks())
    if problems:
        seen = "; ".join(f"{item.check}: {item.problem}" for item in problems[:10])
        return Examined("checks", BROKEN, seen, say("doctor-checks-mend", language))
    words = {"count": len(shield.checks()), "examples": count}
    return Examined("checks", OK, say("doctor-checks-count", language, **words))
