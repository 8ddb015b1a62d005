"""`cityshield decisions`: what is blocked, warned of and allowed."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cityshield.answer import harmless
from cityshield.entrypoints.cli.main import home_option, language_option
from cityshield.entrypoints.cli.output import write_whole
from cityshield.entrypoints.cli.store import acting_identity, open_store, to_json
from cityshield.vocabulary.decision import (
    ACTIONS,
    BLOCK,
    IN_FORCE,
    PROPOSED,
    SCOPES,
    STATES,
    Decision,
)
from cityshield.vocabulary.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cityshield.desk import Desk

_EXPORTS = (
    "adblock", "csv", "dnsmasq", "domains", "hosts", "json", "misp", "rpz", "squid", "stix",
)  # fmt: skip
_RESOLVERS = ("bind", "dnsmasq", "knot", "powerdns", "unbound")
_WRITE = "decisions:write"

WHO = """\b
Who acts is the user of this machine, or the holder of the token in CITYSHIELD_TOKEN. A block
needs two different people; on a name that others depend on, three, and only for the one link.
"""


@click.group(epilog=WHO)
def decisions() -> None:
    """Block, warn of and allow links; approve, enforce, export."""


@decisions.command(
    epilog="\b\nExamples:\n"
    "  cityshield decisions add parcel-desk.example --reason 'asks for card numbers'\n"
    "  cityshield decisions add https://docs.example/forms/1 --action warn --reason 'phishing'\n"
    "  cityshield decisions add parcel-desk.example --scope domain --days 30 --reason 'new hosts'\n"
)
@click.argument("target", metavar="LINK|NAME")
@click.option("--reason", required=True, help="Why; the people affected will read it.")
@click.option("--action", type=click.Choice(ACTIONS), default=BLOCK, show_default=True)
@click.option(
    "--scope", type=click.Choice(SCOPES), help="[default: url with a path, host without one]"
)
@click.option("--evidence", multiple=True, help="What it rests on (repeatable).")
@click.option("--days", type=click.IntRange(1, 366), default=90, show_default=True)
@click.option("--dry-run", is_flag=True, help="Count it and show it, but do not enforce it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@language_option
@home_option
def add(
    target: str,
    reason: str,
    action: str,
    scope: str | None,
    evidence: tuple[str, ...],
    days: int,
    dry_run: bool,
    as_json: bool,
    language: str,
    home: Path,
) -> None:
    """Propose a decision on a link or a name; your own approval is the first."""
    engine = open_store(home, create=True)
    by = acting_identity(engine, _WRITE)
    decision = _desk(home, engine).propose(
        target, action, reason, by,
        scope=scope or "", evidence=evidence, days=days, dry_run=dry_run,
    )  # fmt: skip
    _show(decision, language, as_json)


@decisions.command(epilog="\b\nExample:\n  cityshield decisions approve 17 18 19\n")
@click.argument("numbers", metavar="ID...", type=click.IntRange(1), nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@language_option
@home_option
def approve(numbers: tuple[int, ...], as_json: bool, language: str, home: Path) -> None:
    """Approve proposals; each is in force once enough different people did."""
    engine = open_store(home)
    by, desk = acting_identity(engine, _WRITE), _desk(home, engine)
    for number in numbers:
        _show(desk.approve(number, by), language, as_json)


@decisions.command(epilog="\b\nExample:\n  cityshield decisions remove 17 --reason 'cleaned'\n")
@click.argument("numbers", metavar="ID...", type=click.IntRange(1), nargs=-1, required=True)
@click.option("--reason", required=True, help="Why it ends.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@language_option
@home_option
def remove(numbers: tuple[int, ...], reason: str, as_json: bool, language: str, home: Path) -> None:
    """End what is in force, or refuse what is proposed; one person is enough."""
    engine = open_store(home)
    by, desk = acting_identity(engine, _WRITE), _desk(home, engine)
    for number in numbers:
        _show(desk.end(number, reason, by), language, as_json)


@decisions.command("list")
@click.option("--state", "states", type=click.Choice(STATES), multiple=True,
              help="[default: proposed and in-force]")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@home_option
def list_(states: tuple[str, ...], as_json: bool, home: Path) -> None:
    """List decisions, the oldest first."""
    from cityshield.adapters.store.decisions import find

    for decision in find(open_store(home), states=states or (PROPOSED, IN_FORCE)):
        click.echo(to_json(decision) if as_json else _line(decision))


@decisions.command()
@click.argument("number", metavar="ID", type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@language_option
@home_option
def show(number: int, as_json: bool, language: str, home: Path) -> None:
    """Show one decision: who, why, since and until when."""
    from cityshield.adapters.store.decisions import get

    _show(get(open_store(home), number), language, as_json)


@decisions.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@language_option
@home_option
def automatic(as_json: bool, language: str, home: Path) -> None:
    """Block what trusted sources agree on and nothing guards; end blocks of guarded names."""
    from cityshield.adapters.sentences.sentences import Sentences

    engine = open_store(home)
    acting_identity(engine, _WRITE)
    ran = _desk(home, engine).run_automatic()
    if as_json:
        click.echo(to_json(ran))
        return
    import msgspec

    words = msgspec.structs.asdict(ran)
    click.echo(Sentences().say("decisions-automatic", language, **words))


@decisions.command(
    epilog="\b\nExamples:\n"
    "  cityshield decisions export --format hosts\n"
    "  cityshield decisions export --format rpz --output /etc/knot-resolver/cityshield.zone\n"
    "  cityshield decisions export --all /srv/open-data\n"
)
@click.option("--format", "format_", type=click.Choice(_EXPORTS), default="json", show_default=True)
@click.option("--output", metavar="FILE", help="Write there, whole or not at all [default: print].")
@click.option("--all", "folder", metavar="DIR", help="Write every format into a folder.")
@home_option
def export(format_: str, output: str | None, folder: str | None, home: Path) -> None:
    """Write the decisions in force; the same decisions give the same bytes."""
    from cityshield.adapters.exports.export import About, formats, in_order
    from cityshield.adapters.store.decisions import expire_due, find, last_change
    from cityshield.config import read_config

    config = read_config(home)
    engine = open_store(home)
    expire_due(engine, int(time.time()))
    listed = in_order(list(find(engine, states=(IN_FORCE,))))
    operator = config.operator
    about = About(operator.name, operator.contact, config.decisions.licence, last_change(engine))
    if folder is not None:
        for name, write in formats().items():
            write_whole(os.path.join(folder, f"decisions.{name}"), write(listed, about))
    elif output is not None:
        write_whole(output, formats()[format_](listed, about))
    else:
        for piece in formats()[format_](listed, about):
            sys.stdout.write(piece)


@decisions.command(epilog="\b\nExit status: 0 sound, 1 not.\n")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@language_option
@home_option
def verify(as_json: bool, language: str, home: Path) -> int:
    """Check that each decision, the zone and the audit agree with each other."""
    from cityshield.adapters.sentences.sentences import Sentences

    engine, say = open_store(home), Sentences().say
    checked, faults = _desk(home, engine).verify()
    for fault in faults:
        said = say(f"fault-{fault.kind}", language, id=fault.id, value=harmless(fault.value, 300))
        click.echo(to_json(fault) if as_json else said, err=not as_json)
    if not as_json:
        click.echo(say("decisions-verified", language, count=checked, faults=len(faults)))
    return 1 if faults else 0


@decisions.command(epilog="\b\nSettings: [zone] in cityshield.toml in the data directory.\n")
@language_option
@home_option
def serve(language: str, home: Path) -> None:
    """Serve the block zone to resolvers (AXFR, IXFR, NOTIFY) until stopped with Ctrl+C."""
    import asyncio

    from cityshield.adapters.clock import SystemClock
    from cityshield.adapters.rpz.server import ZoneServer
    from cityshield.adapters.sentences.sentences import Sentences
    from cityshield.adapters.store.database import open_database
    from cityshield.adapters.store.zone import StoredZone
    from cityshield.config import read_config

    settings = read_config(home).zone
    zone = StoredZone(open_database(home, pooled=False), SystemClock().now, settings.shape)
    server = ZoneServer(zone, settings)

    async def run() -> None:
        async with server.listening():
            for host, port in server.addresses:
                said = Sentences().say("zone-serves", language, zone=settings.name, host=host,
                                       port=str(port))  # fmt: skip
                click.echo(said, err=True)
            await server.run()

    asyncio.run(run())


@decisions.command(epilog="\b\nExample:\n  cityshield decisions resolver unbound\n")
@click.argument("name", type=click.Choice(_RESOLVERS))
@home_option
def resolver(name: str, home: Path) -> None:
    """Print the configuration with which a resolver takes the block zone."""
    from cityshield.adapters.rpz.resolvers import configuration
    from cityshield.config import read_config

    click.echo(configuration(name, read_config(home).zone), nl=False)


@decisions.command(
    epilog="\b\nExamples:\n"
    "  cityshield decisions probe --resolver 127.0.0.1\n"
    "  cityshield decisions probe --resolver 192.0.2.53@53 parcel-desk.example\n"
    "\b\nExit status: 0 all held, 1 something is not, 3 no answer, or no zone to be seen.\n"
)
@click.argument("names", metavar="[NAME...]", nargs=-1)
@click.option("--resolver", "address", required=True, metavar="ADDR[@PORT]")
@click.option("--most", type=click.IntRange(1, 100_000), default=100, show_default=True,
              help="How many names in force to ask for, the newest first.")  # fmt: skip
@click.option("--timeout", "timeout_s", type=click.FloatRange(0.1, 60), default=2.0)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@language_option
@home_option
def probe(
    names: tuple[str, ...],
    address: str,
    most: int,
    timeout_s: float,
    as_json: bool,
    language: str,
    home: Path,
) -> int:
    """Ask a resolver, from outside, whether it holds what was decided."""
    from cityshield.adapters.rpz.probe import HELD, NO_ANSWER, state_of
    from cityshield.adapters.rpz.probe import probe as ask
    from cityshield.adapters.sentences.sentences import Sentences
    from cityshield.config import read_config

    engine, say, settings = open_store(home), Sentences().say, read_config(home).zone
    host, port = _address(address)
    desk = _desk(home, engine)
    serial = state_of(host, port, timeout_s)
    newest = desk.zone.serial()
    results = []
    for name, blocked in desk.names_to_probe(names, most):
        found = ask(host, port, name, blocked=blocked, blocked_to=settings.blocked_to,
                    timeout_s=timeout_s)  # fmt: skip
        results.append(found.result)
        if as_json:
            click.echo(to_json(found))
        elif found.result != HELD or names:
            said = say(f"probe-{found.result}", language, name=found.name, answer=found.answer)
            click.echo(said)
    state = "none" if serial is None else "newest" if serial == newest else "older"
    if not as_json:
        words = {"held": results.count(HELD), "count": len(results)}
        click.echo(say(f"probe-state-{state}", language, serial=str(serial), newest=str(newest)))
        click.echo(say("probe-summary", language, **words))
    if any(result not in (HELD, NO_ANSWER) for result in results) or state == "older":
        return 1
    return 3 if NO_ANSWER in results or serial is None else 0


def _desk(home: Path, engine: Engine) -> Desk:
    from cityshield.adapters.clock import SystemClock
    from cityshield.config import read_config
    from cityshield.desk import Desk

    return Desk(engine, SystemClock(), read_config(home))


def _address(text: str) -> tuple[str, int]:
    from ipaddress import ip_address

    host, _, port = text.partition("@")
    try:
        number = int(port or 53)
        if not 0 < number < 65_536:
            raise ValueError
        return str(ip_address(host)), number
    except ValueError as error:
        raise InputError("error-resolver", text=text[:100]) from error


def _line(decision: Decision) -> str:
    from cityshield.guards.dates import day

    until = f"until {day(decision.expires)}" if decision.expires else ""
    if decision.state == PROPOSED:
        until = f"{len(decision.approvals)} of {decision.needed} approvals"
    dry = " (dry run)" if decision.dry_run else ""
    target = f"{decision.target.scope} {harmless(decision.target.value, 200)}"
    head = f"{decision.id:>8}  {decision.state:<9} {decision.action:<5} {target}{dry}"
    return f"{head}  {until}  {harmless(decision.reason, 120)}"


def _show(decision: Decision, language: str, as_json: bool) -> None:
    if as_json:
        click.echo(to_json(decision))
        return
    from cityshield.adapters.sentences.sentences import Sentences
    from cityshield.guards.dates import day

    say = Sentences().say
    click.echo(_line(decision))
    for approval in decision.approvals:
        words = {"name": harmless(approval.name, 100), "day": day(approval.at)}
        click.echo("          " + say("decision-approved", language, **words))
    for text in decision.evidence:
        click.echo("          " + say("decision-evidence", language, text=harmless(text, 300)))
    if decision.state == PROPOSED:
        missing = decision.needed - len(decision.approvals)
        click.echo("          " + say("decision-waits", language, count=missing))
    if decision.end_reason:
        said = say("decision-ended", language, reason=harmless(decision.end_reason, 300))
        click.echo("          " + said)
