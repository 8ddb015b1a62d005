"""`cityshield sites report` and what else tells of a run: diff, export."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cityshield.answer import harmless
from cityshield.entrypoints.cli.census import Say, open_runs, sayer
from cityshield.entrypoints.cli.main import home_option, language_option
from cityshield.entrypoints.cli.output import aligned, write_whole
from cityshield.entrypoints.cli.store import to_json
from cityshield.vocabulary.census import Difference, Figures, Run

if TYPE_CHECKING:
    from cityshield.adapters.history.run import RunFolder
    from cityshield.adapters.reports.rows import Rule
    from cityshield.visits import About, Words

_SHOWN = 10
_LONGEST = 240
_FORMATS = ("csv", "html", "json", "sarif")


@click.command(epilog="""\b
Examples:
  cityshield sites report
  cityshield sites report 3
  cityshield sites report 3 --html report.html --lang zh
""")  # fmt: skip
@click.argument("number", metavar="[RUN]", type=click.IntRange(1), required=False)
@click.option("--html", "path", metavar="FILE", help="Write a page with charts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@language_option
@home_option
def report(number: int | None, path: str | None, as_json: bool, language: str, home: Path) -> None:
    """Say what RUN found, by default the newest. Grades, faults, whose sites they are on."""
    from cityshield.adapters.history.figures import figures_of
    from cityshield.visits import open_judge

    runs, config = open_runs(home, "sites:read")
    this = runs.judged(number)
    figures = figures_of(runs.folder(this), this)
    about = _about(open_judge(home, config)[1], runs.folder(this), this, language)
    if path is not None:
        write_whole(path, [_page(figures, about, language, config.operator.name)])
    if as_json:
        click.echo(to_json(figures))
        return
    say = sayer(language)
    for line in _told(figures, about, say):
        click.echo(line)
    if path is not None:
        click.echo(say("report-written", path=harmless(path, 500)))


@click.command(epilog="\b\nExample:\n  cityshield sites diff 3 4\n")
@click.argument("before", metavar="RUN", type=click.IntRange(1))
@click.argument("after", metavar="RUN", type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@language_option
@home_option
def diff(before: int, after: int, as_json: bool, language: str, home: Path) -> None:
    """Say what changed from one RUN to another. What is new, and what is gone."""
    from cityshield.adapters.history.figures import difference_of
    from cityshield.visits import open_judge

    runs, config = open_runs(home, "sites:read")
    first, second = runs.judged(before), runs.judged(after)
    made = difference_of(runs.folder(first), first, runs.folder(second), second)
    if as_json:
        click.echo(to_json(made))
        return
    about = _about(open_judge(home, config)[1], runs.folder(second), second, language)
    for line in _compared(made, about, sayer(language)):
        click.echo(line)


@click.command(epilog="""\b
Examples:
  cityshield sites export 3 --format sarif --output findings.sarif
  cityshield sites export 3 --format csv > findings.csv
""")  # fmt: skip
@click.argument("number", metavar="[RUN]", type=click.IntRange(1), required=False)
@click.option("--format", "format_", type=click.Choice(_FORMATS), required=True)
@click.option("--output", metavar="FILE", help="Write there instead of to standard output.")
@language_option
@home_option
def export(number: int | None, format_: str, output: str | None, language: str, home: Path) -> None:
    """Write the findings of RUN for other programs. By default the newest; html is the report."""
    from cityshield.adapters.history.figures import figures_of, tell
    from cityshield.adapters.reports import rows
    from cityshield.visits import open_judge

    runs, config = open_runs(home, "sites:read")
    this = runs.judged(number)
    folder = runs.folder(this)
    words = open_judge(home, config)[1]

    def say(check: str, args: dict[str, str]) -> str:
        return words(check, language, args).what

    if format_ in rows.WRITERS:
        pieces = rows.WRITERS[format_](tell(folder, this), say)
    else:
        about, figures = _about(words, folder, this, language), figures_of(folder, this)
        if format_ == "html":
            pieces = iter([_page(figures, about, language, config.operator.name)])
        else:
            pieces = rows.as_sarif(tell(folder, this), _rules(figures, about), say, this)
    if output is not None:
        write_whole(output, pieces)
        return
    for piece in pieces:
        sys.stdout.write(piece)


def _about(words: Words, folder: RunFolder, this: Run, language: str) -> dict[str, About]:
    """What there is to say of each check that found something in a run."""
    from cityshield.adapters.history.figures import samples

    return {check: words(check, language, args) for check, args in samples(folder, this).items()}


def _page(figures: Figures, about: dict[str, About], language: str, operator: str) -> str:
    from cityshield.adapters.reports.census import render

    said = {check: (item.what, item.now) for check, item in about.items()}
    return render(figures, said, sayer(language), language, operator)


def _rules(figures: Figures, about: dict[str, About]) -> list[Rule]:
    from cityshield.adapters.reports.rows import Rule

    return [
        Rule(item.check, item.severity, said.what, said.why, said.now, said.cwe)
        for item in figures.checks
        if (said := about[item.check])
    ]


def _told(figures: Figures, about: dict[str, About], say: Say) -> list[str]:
    """A report in lines."""
    from cityshield.adapters.reports.census import politeness_word, reason_word, severity_word

    lines = [
        say("report-census-lead", run=figures.run.id, count=figures.run.targets,
            judged=figures.judged),
        "",
        *_table([say("report-census-grade"), say("report-census-sites")],
                [[grade or "–", f"{count:,}"] for grade, count in figures.grades.items()]),
    ]  # fmt: skip
    if figures.reasons:
        rows = [[reason_word(name, say), f"{count:,}"] for name, count in figures.reasons.items()]
        lines += ["", *_table([say("report-census-why"), say("report-census-sites")], rows)]
    if figures.broken_into:
        lines += ["", say("report-census-broken-lead", count=figures.broken_into)]
    if figures.checks:
        shown = figures.checks[:_SHOWN]
        head = ["report-census-severity", "report-census-sites", "report-census-check"]
        checks = [
            [severity_word(item.severity, say), f"{item.sites:,}", item.check] for item in shown
        ]
        table = _table([say(word) for word in head], checks)
        lines += ["", say("report-census-first-short")]
        lines += _explained(table, [item.check for item in shown], about)
    elif figures.judged:
        lines += ["", say("report-census-clean")]
    if figures.parked or figures.for_sale or figures.alike:
        words = {"parked": figures.parked, "for_sale": figures.for_sale, "alike": figures.alike}
        lines += ["", say("report-census-same", **words, pages=figures.alike_pages)]
    if figures.politeness is not None:
        lines += ["", politeness_word(figures.politeness, say)]
    return lines


def _compared(made: Difference, about: dict[str, About], say: Say) -> list[str]:
    """A comparison in lines."""
    from cityshield.adapters.reports.census import severity_word

    words = {"before": made.before, "after": made.after, "count": made.compared}
    lines = [
        say("report-census-compared", **words),
        say("report-census-moved", better=made.better, worse=made.worse),
    ]
    if made.only_before or made.only_after:
        lines.append(say("report-census-only", before=made.only_before, after=made.only_after))
    if made.less_asked:
        lines.append(say("report-census-less-asked"))
    if not made.checks:
        return lines
    head = [
        say("report-census-severity"), say("report-census-new"), say("report-census-gone"),
        say("report-census-still"), say("report-census-check"),
    ]  # fmt: skip
    rows = [
        [severity_word(item.severity, say), f"{item.new:,}", f"{item.gone:,}", f"{item.still:,}",
         item.check]
        for item in made.checks
    ]  # fmt: skip
    checks = [item.check for item in made.checks]
    return [*lines, "", *_explained(_table(head, rows), checks, about)]


def _explained(table: Sequence[str], checks: Sequence[str], about: dict[str, About]) -> list[str]:
    """A table with what its checks found in words, each below its row: both fit a terminal."""
    lines = list(table[:1])
    for row, check in zip(table[1:], checks, strict=True):
        lines.append(row)
        if check in about:
            lines.append("      " + harmless(about[check].what, _LONGEST))
    return lines


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table whose first column holds words; of a wide one, the last as well."""
    left = frozenset({0, len(head) - 1} if len(head) > 2 else {0})
    return ["  " + line for line in aligned([head, *rows], left)]
