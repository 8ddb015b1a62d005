"""`cityshield sites`: the inventory of websites, and runs through them."""

from __future__ import annotations

import time
from pathlib import Path

import click
from msgspec.structs import asdict

from cityshield.answer import harmless
from cityshield.desks.sites.inventory import FORMATS, host_of
from cityshield.entrypoints.cli import census, tell
from cityshield.entrypoints.cli.hosts import Lines
from cityshield.entrypoints.cli.inputs import open_input
from cityshield.entrypoints.cli.main import home_option, language_option
from cityshield.entrypoints.cli.store import acting_identity, open_store, to_json
from cityshield.entrypoints.cli.templates import templates
from cityshield.entrypoints.cli.versions import versions
from cityshield.vocabulary.census import Known
from cityshield.vocabulary.errors import InputError

_SHOWN = 5

WHO = """\b
A site is visited only when it was imported, with a word on who allows it, and has not opted out.
Who acts is the user of this machine, or the holder of the token in CITYSHIELD_TOKEN; only an
operator changes the inventory or starts a run.
"""


@click.group(epilog=WHO)
def sites() -> None:
    """Keep an inventory of websites; visit, judge, compare and report them."""


for command in (
    census.run,
    census.runs,
    census.names,
    census.judge,
    tell.report,
    tell.diff,
    tell.export,
    census.forget,
    templates,
    versions,
):
    sites.add_command(command)


@sites.command("import", epilog="""\b
Examples:
  cityshield sites import sites.txt --authorised-by 'City order 12/2026'
  cityshield sites import sites.csv --authorised-by 'Agreement with the school board'
  cityshield sites import city.zone --authorised-by 'The owner of the zone'

\b
Formats: plain (a host or an address a line), csv (columns by name: host, owner, sector, district;
or 网站, 单位, 行业, 区县), zone (a zone file: names that have an address).
Lines that can't be read are reported with their numbers; the others are taken.
""")  # fmt: skip
@click.argument("file", metavar="FILE|-")
@click.option("--authorised-by", required=True, metavar="TEXT",
              help="Who allows that these sites are visited, in words.")  # fmt: skip
@click.option("--format", type=click.Choice(FORMATS), help="[default: told by the lines]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@language_option
@home_option
def import_(
    file: str, authorised_by: str, format: str | None, as_json: bool, language: str, home: Path
) -> None:
    """Take the sites of a list into the inventory."""
    from cityshield.adapters.sentences.sentences import Sentences
    from cityshield.adapters.store.sites import import_sites
    from cityshield.entrypoints.cli.progress import Progress

    if not authorised_by.strip() or len(authorised_by) > 2000:
        raise InputError("error-sites-authorised")
    engine = open_store(home, create=True)
    by = acting_identity(engine, "sites:write")
    with open_input(file) as opened, Progress(opened) as progress:
        lines = Lines(opened, format or "")
        done = import_sites(
            engine, by, int(time.time()), lines.at_least_one(file), file=Path(file).name,
            authorised_by=authorised_by.strip(), progress=progress.advance,
        )  # fmt: skip
    if as_json:
        bad = [{"number": line.number, "start": line.start} for line in lines.bad]
        click.echo(to_json({**asdict(done), "bad_lines": lines.bad_lines, "bad": bad}))
        return
    words = {"taken": done.taken, "new": done.new, "sites": done.sites}
    click.echo(Sentences().say("sites-taken", language, **words))
    if done.duplicates:
        click.echo(Sentences().say("sites-duplicates", language, count=done.duplicates))
    lines.say_bad(language)


@sites.command("list")
@click.option("--opted-out", is_flag=True, help="Only those that are never visited.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@language_option
@home_option
def list_(opted_out: bool, as_json: bool, language: str, home: Path) -> None:
    """List the inventory. Of each site the last visit, the grade, and whose it is."""
    from cityshield.adapters.store.sites import list_sites

    engine = open_store(home)
    acting_identity(engine, "sites:read")
    for site in list_sites(engine, opted_out=opted_out):
        click.echo(to_json(site) if as_json else _line(site, language))


@sites.command()
@click.argument("host")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@language_option
@home_option
def show(host: str, as_json: bool, language: str, home: Path) -> None:
    """Show one site. Who allows visits, what is wrong with it, and since when."""
    from cityshield.adapters.sentences.sentences import Sentences
    from cityshield.adapters.store.census import findings_of
    from cityshield.adapters.store.sites import get_site
    from cityshield.guards.dates import day

    engine = open_store(home)
    acting_identity(engine, "sites:read")
    site = get_site(engine, _host(host))
    found = findings_of(engine, site.host)
    if as_json:
        click.echo(to_json({"site": site, "findings": found}))
        return
    say = Sentences().say
    click.echo(_line(site, language))
    who = harmless(site.authorised_by, 200)
    click.echo("  " + say("sites-authorised", language, who=who))
    for item in found:
        since, last = day(item.first_seen), day(item.last_seen)
        known = say("sites-finding", language, first=since, last=last, run=item.run)
        if item.gone_at is not None:
            known = say("sites-finding-gone", language, first=since, gone=day(item.gone_at))
        place = harmless(item.location, 80)
        click.echo(f"  {item.severity:<8}  {item.check}  {place}  {known}")


@sites.command(epilog="""\b
Examples:
  cityshield sites optout shop.example --reason 'asked by the owner, 2026-11-25'
  cityshield sites optout shop.example --below --reason 'asked by the owner, 2026-11-25'
  cityshield sites optout shop.example --off
""")  # fmt: skip
@click.argument("host")
@click.option("--reason", default="", help="Why; required, for it is the owner's word.")
@click.option("--below", is_flag=True, help="Names below it that are in the inventory, too.")
@click.option("--off", is_flag=True, help="Let it be visited again.")
@language_option
@home_option
def optout(host: str, reason: str, below: bool, off: bool, language: str, home: Path) -> None:
    """Have HOST never visited again. It holds for a run that is under way too."""
    from cityshield.adapters.sentences.sentences import Sentences
    from cityshield.adapters.store.sites import listed_below, opt_in, opt_out

    engine = open_store(home, create=True)
    by, now, name = acting_identity(engine, "sites:write"), int(time.time()), _host(host)
    if off:
        opt_in(engine, by, now, name)
    elif not reason.strip():
        raise click.MissingParameter(param_hint="--reason", param_type="option")
    else:
        opt_out(engine, by, now, name, reason.strip()[:2000])
    say = Sentences().say
    click.echo(say("sites-opted-in" if off else "sites-opted-out", language, host=name))
    others = [] if off else listed_below(engine, name)
    for other in others if below else ():
        opt_out(engine, by, now, other, reason.strip()[:2000])
        click.echo(say("sites-opted-out", language, host=other))
    if others and not below:
        shown = ", ".join(others[:_SHOWN])
        click.echo(say("sites-below-stay", language, count=len(others), hosts=shown), err=True)


@sites.command(epilog="\b\nExample:\n  cityshield sites remove old.example\n")
@click.argument("hosts", metavar="HOST...", nargs=-1, required=True)
@language_option
@home_option
def remove(hosts: tuple[str, ...], language: str, home: Path) -> None:
    """Take sites out of the inventory. They are out of scope then."""
    from cityshield.adapters.sentences.sentences import Sentences
    from cityshield.adapters.store.sites import remove_sites

    engine = open_store(home)
    by = acting_identity(engine, "sites:write")
    count = remove_sites(engine, by, int(time.time()), [_host(host) for host in hosts])
    click.echo(Sentences().say("sites-removed", language, count=count))


def _host(text: str) -> str:
    host = host_of(text)
    if host is None:
        raise InputError("error-sites-host", text=text[:200])
    return host


def _line(site: Known, language: str) -> str:
    """A site in one line."""
    from cityshield.adapters.sentences.sentences import Sentences
    from cityshield.guards.dates import day

    when = f"{'–':<10}" if site.visited_at is None else day(site.visited_at)
    state = site.reason or site.grade or "–"
    whose = "  ".join(
        harmless(word, 80) for word in (site.owner, site.sector, site.district) if word
    )
    out = ""
    if site.opted_out_at is not None:
        why = harmless(site.opt_out_reason, 200)
        out = Sentences().say("sites-is-out", language, day=day(site.opted_out_at), reason=why)
    return "  ".join(part for part in (when, f"{state:<4}", site.host, whose, out) if part)
