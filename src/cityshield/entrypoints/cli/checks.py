"""`cityshield checks` and `cityshield explain`: the catalogue."""

from __future__ import annotations

from pathlib import Path

import click

from cityshield.entrypoints.cli.main import home_option, language_option
from cityshield.entrypoints.cli.store import to_json
from cityshield.shield import build_shield
from cityshield.vocabulary.errors import InputError

CHECKS_EPILOG = """\b
Examples:
  cityshield checks
  cityshield checks --json
  cityshield checks --test --checks my-checks/
"""

folders_option = click.option(
    "--checks",
    "folders",
    multiple=True,
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Add the checks in a folder.",
)


@click.command(epilog=CHECKS_EPILOG)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@click.option("--test", is_flag=True, help="Run the examples of every check.")
@folders_option
@language_option
@home_option
def checks(as_json: bool, test: bool, folders: tuple[Path, ...], language: str, home: Path) -> int:
    """List every check, or test their examples."""
    from cityshield.catalogue import catalogue

    shield = build_shield(home, disk=False, folders=folders)
    if test:
        from cityshield.examples import run_examples

        count, problems = run_examples(shield.checks())
        for problem in problems:
            words = {"check": problem.check, "problem": problem.problem}
            click.echo(shield.sentences.say("examples-broken", language, **words), err=True)
        if not problems:
            click.echo(shield.sentences.say("examples-sound", language, count=count))
        return 1 if problems else 0
    for card in catalogue(shield, language):
        if as_json:
            click.echo(to_json(card))
        else:
            click.echo(f"{card.id:<40} {card.measure:>8}  {card.what}")
    return 0


@click.command(epilog="\b\nExample:\n  cityshield explain links.lookalike\n")
@click.argument("check", metavar="CHECK")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@folders_option
@language_option
@home_option
def explain(check: str, as_json: bool, folders: tuple[Path, ...], language: str, home: Path) -> int:
    """Say what a check looks for, why that matters, and what to do."""
    from cityshield.catalogue import catalogue

    shield = build_shield(home, disk=False, folders=folders)
    name = check.partition(":")[0]
    card = next((card for card in catalogue(shield, language) if card.id == name), None)
    if card is None:
        raise InputError("error-check-name", name=check)
    if as_json:
        click.echo(to_json(card))
        return 0
    click.echo(f"{card.id}  {card.measure}")
    for text in (card.what, card.why, f"→ {card.now}"):
        click.echo(f"  {text}")
    for mark, examples in (("+", card.hits), ("-", card.misses)):
        for example in examples:
            click.echo(f"  {mark} {example}")
    return 0
