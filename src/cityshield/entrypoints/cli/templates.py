"""`cityshield sites templates`: community templates, imported, listed, explained."""

from __future__ import annotations

import time
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cityshield.answer import harmless
from cityshield.entrypoints.cli.main import home_option, language_option
from cityshield.entrypoints.cli.output import aligned
from cityshield.entrypoints.cli.store import acting_identity, open_store, to_json
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.finding import SEVERITIES

if TYPE_CHECKING:
    from cityshield.guards.sites.templates.model import Compiled, Refusal, Template

_REACH = (0, 20, 50, 200)


@click.group(epilog="""\b
A template is a file in the language of nuclei that describes how to recognise something on a site.
CityShield ships none. It takes those that only look: plain requests, DNS, certificates.
""")  # fmt: skip
def templates() -> None:
    """Import community templates. See which were taken, and why the others were not."""


@templates.command("import", epilog="""\b
Examples:
  cityshield sites templates import nuclei-templates.tar.gz
  cityshield sites templates import my-templates/ --refused

\b
What is imported takes the place of what was there before. Answers are held against it at the next
visit of a site; what DNS and certificates say, at once.
""")  # fmt: skip
@click.argument("source", metavar="FILE|DIR", type=click.Path(path_type=Path))
@click.option("--refused", is_flag=True, help="Name every file that is refused.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@language_option
@home_option
def import_(source: Path, refused: bool, as_json: bool, language: str, home: Path) -> None:
    """Read the templates in an archive (tar, zip), a folder or a file, and put them in use."""
    from cityshield.adapters.knowledge.templates import compile_templates, keep
    from cityshield.adapters.sentences.sentences import Sentences
    from cityshield.adapters.store.audit import record
    from cityshield.adapters.store.database import writing
    from cityshield.entrypoints.cli.progress import Progress

    engine = open_store(home, create=True)
    by = acting_identity(engine, "sites:write")
    with Progress() as progress:
        compiled = compile_templates(source, progress.advance)
    keep(home, compiled)
    taken = len(compiled.templates)
    with writing(engine) as connection:
        detail: dict[str, str | int | None] = {"templates": taken, "version": compiled.version}
        record(connection, by, "sites.templates", int(time.time()), detail)
    if as_json:
        click.echo(to_json({"version": compiled.version, "taken": taken,
                            "refused": compiled.refusals}))  # fmt: skip
        return
    say = Sentences().say
    kinds = Counter(each.protocol for each in compiled.templates)
    click.echo(say("templates-taken", language, count=taken, pages=kinds["http"],
                   names=kinds["dns"], certificates=kinds["ssl"]))  # fmt: skip
    if compiled.refusals:
        click.echo(say("templates-refused", language, count=len(compiled.refusals)))
        _say_refused(compiled, refused, language)


@templates.command("list")
@click.option("--severity", type=click.Choice(SEVERITIES), help="Only those of one severity.")
@click.option("--refused", is_flag=True, help="Those that were refused instead, with the reason.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@language_option
@home_option
def list_(severity: str | None, refused: bool, as_json: bool, language: str, home: Path) -> None:
    """List the templates in use, or those that were refused."""
    compiled = _kept(home)
    if refused:
        if as_json:
            for each in compiled.refusals:
                click.echo(to_json(each))
        else:
            _say_refused(compiled, True, language)
        return
    for template in compiled.templates:
        if severity in (None, template.severity):
            click.echo(to_json(_about(template)) if as_json else _line(template))


@templates.command(epilog="\b\nExample:\n  cityshield sites templates show parcel-panel\n")
@click.argument("id_", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, the conditions included.")
@language_option
@home_option
def show(id_: str, as_json: bool, language: str, home: Path) -> None:
    """Show one template: what it asks for, and whether it is told when it is true."""
    from cityshield.adapters.sentences.sentences import Sentences

    template = next((each for each in _kept(home).templates if each.id == id_), None)
    if template is None:
        raise InputError("error-templates-id", id=id_[:100])
    if as_json:
        click.echo(to_json(template))
        return
    say = Sentences().say
    click.echo(_line(template))
    asks = ", ".join(dict.fromkeys(ask for each in template.questions for ask in each.asks if ask))
    click.echo("  " + say("templates-asks", language, protocol=template.protocol,
                          asks=harmless(asks or "–", 400)))  # fmt: skip
    click.echo(
        "  " + say("templates-file", language, file=harmless(template.file), sha256=template.sha256)
    )
    if template.reference:
        click.echo("  " + say("templates-reference", language, host=template.reference))
    click.echo("  " + say(f"templates-told-{_told(template)}", language))


@templates.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@language_option
@home_option
def plan(as_json: bool, language: str, home: Path) -> None:
    """Say how many templates the home page completes, and how many each further path does."""
    from cityshield.adapters.sentences.sentences import Sentences
    from cityshield.adapters.sites.paths import TIER_1
    from cityshield.guards.sites.templates.plan import PathPlan

    paths = PathPlan(_kept(home).templates, TIER_1)
    reached = list(paths.reach(_REACH))
    if as_json:
        click.echo(to_json({"pages": paths.total, "reach": reached, "shared": paths.shared}))
        return
    say = Sentences().say
    click.echo(say("templates-plan", language, count=paths.total, own=len(TIER_1)))
    for line in aligned([(f"+{each.paths}", str(each.complete)) for each in reached], frozenset()):
        click.echo(f"  {line}")
    click.echo(say("templates-plan-shared", language, paths=" ".join(paths.shared) or "–"))


@templates.command()
@language_option
@home_option
def remove(language: str, home: Path) -> None:
    """Take all templates out of use."""
    from cityshield.adapters.knowledge.templates import forget
    from cityshield.adapters.sentences.sentences import Sentences
    from cityshield.adapters.store.audit import record
    from cityshield.adapters.store.database import writing

    engine = open_store(home)
    by = acting_identity(engine, "sites:write")
    forget(home)
    with writing(engine) as connection:
        record(connection, by, "sites.templates", int(time.time()), {"templates": 0})
    click.echo(Sentences().say("templates-removed", language))


def _kept(home: Path) -> Compiled:
    """The templates in use; who may read the inventory may read them."""
    from cityshield.adapters.knowledge.templates import read_kept

    acting_identity(open_store(home), "sites:read")
    compiled = read_kept(home)
    if compiled is None:
        raise InputError("error-templates-nothing")
    return compiled


def _say_refused(compiled: Compiled, each_file: bool, language: str) -> None:
    """The refusal list: each reason with how often, or every file with its reason."""
    from cityshield.adapters.sentences.sentences import Sentences

    say = Sentences().say
    if not each_file:
        counts = Counter(each.reason for each in compiled.refusals)
        rows = [(str(n), say(f"template-{reason}", language)) for reason, n in counts.most_common()]
        for line in aligned(rows):
            click.echo(f"  {line}")
        return
    for refusal in compiled.refusals:
        click.echo(f"  {_place(refusal)}  {say(f'template-{refusal.reason}', language)}"
                   + (f": {harmless(refusal.detail, 120)}" if refusal.detail else ""))  # fmt: skip


def _place(refusal: Refusal) -> str:
    file = harmless(refusal.file, 160)
    return f"{file}:{refusal.line}" if refusal.line else file


def _line(template: Template) -> str:
    return f"{template.severity:<8}  {template.id}  {harmless(template.name, 100)}"


def _about(template: Template) -> dict[str, object]:
    asks = [ask for each in template.questions for ask in each.asks]
    return {
        "id": template.id, "name": template.name, "severity": template.severity,
        "protocol": template.protocol, "asks": asks, "told": _told(template),
        "file": template.file, "sha256": template.sha256,
    }  # fmt: skip


def _told(template: Template) -> str:
    """Whether a template becomes a finding: `yes`, `inventory`, or the reason why never."""
    if reason := _silent().get(template.id):
        return reason
    return "inventory" if template.severity == SEVERITIES[0] else "yes"


@cache
def _silent() -> dict[str, str]:
    """The templates that are never told, with the reason."""
    from cityshield.guards.check import read_toml
    from cityshield.guards.sites.templates.known import silent_ids
    from cityshield.rooms import GUARDS_FOLDER

    card = read_toml(GUARDS_FOLDER / "sites" / "checks" / "template.toml")
    return silent_ids(card["data"])
