"""`cityshield sites run` and what follows: judge, report, diff, export, forget."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cityshield.answer import harmless
from cityshield.entrypoints.cli.hosts import Lines, open_list
from cityshield.entrypoints.cli.main import home_option, language_option
from cityshield.entrypoints.cli.output import aligned, write_whole
from cityshield.entrypoints.cli.store import acting_identity, open_store, to_json
from cityshield.vocabulary.census import (
    JUDGED,
    PROFILES,
    STANDARD,
    VISITED,
    Difference,
    Figures,
    Run,
)
from cityshield.vocabulary.errors import InputError

if TYPE_CHECKING:
    from cityshield.census import Gathering
    from cityshield.runs import Plan, Runs
    from cityshield.visits import Words

Say = Callable[..., str]
_SHOWN = 10
_FORMATS = ("csv", "html", "json", "sarif")
_COLLECT_AFTER = 20_000
"""Objects: there are thousands of visits under way at once, of which hardly any leaves circles."""

_NOT_WHOLE = 3


@click.command(epilog="""\b
Examples:
  cityshield sites run --dry-run
  cityshield sites run --profile quick
  cityshield sites run --targets schools.txt --older-than 30 --rate 20
  cityshield sites run --changed-since 3
  cityshield sites run --resume

\b
Ctrl-C pauses: visits under way are ended and recorded. Pressed twice, it stops at once. Either way
--resume goes on with the sites that have no facts yet.
Exit status: 0 every site has facts or a reason, 3 paused, 2 error.
""")  # fmt: skip
@click.option("--targets", metavar="FILE|-", help="Only the sites of this list that are in scope.")
@click.option("--profile", type=click.Choice(PROFILES), default=STANDARD, show_default=True,
              help="How much is asked of each site.")  # fmt: skip
@click.option("--older-than", type=click.IntRange(1, 3650), metavar="DAYS",
              help="Leave out what was visited in the last DAYS.")  # fmt: skip
@click.option("--changed-since", type=click.IntRange(1), metavar="RUN",
              help="Only what the newest run saw change since RUN.")  # fmt: skip
@click.option("--rate", type=click.FloatRange(0.01, 10_000), default=None, metavar="N",
              help="Begin N visits a second at most; politeness is kept besides.")  # fmt: skip
@click.option("--resume", is_flag=True, help="Go on with the newest run that is not finished.")
@click.option("--dry-run", is_flag=True, help="Say what would be visited, and visit nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@language_option
@home_option
def run(
    targets: str | None,
    profile: str,
    older_than: int | None,
    changed_since: int | None,
    rate: float | None,
    resume: bool,
    dry_run: bool,
    as_json: bool,
    language: str,
    home: Path,
) -> int:
    """Visit the sites of the inventory politely, keep the facts, and judge them."""
    from cityshield import visits
    from cityshield.entrypoints.cli.progress import Progress
    from cityshield.runs import Wanted

    say, (runs, config) = _say(language), _runs(home, "sites:run")
    visitor = None if dry_run else visits.open_visitor(home, config)
    if resume and (targets or older_than or changed_since):
        raise InputError("error-sites-resume")
    if resume:
        this = runs.unfinished()
    else:
        lines = None
        if targets is not None:
            lines = Lines(open_list(targets), "")
        hosts: Iterable[str] | None = None
        if lines is not None:
            hosts = (site.host for site in lines.at_least_one(targets or ""))
        if changed_since is not None:
            hosts = _changed(runs, changed_since, hosts)
        wanted = Wanted(hosts, older_than)
        if dry_run:
            plan = runs.plan(wanted, profile, rate or 0.0)
            click.echo(to_json(plan) if as_json else "\n".join(_planned(plan, say)))
            return 0
        this = runs.start(wanted, profile)
        if lines is not None:
            lines.say_bad(language)
    left = runs.left(this)
    if visitor is None:
        click.echo(to_json(this) if as_json else say("sites-left", run=this.id, count=left))
        return 0
    if not as_json:
        click.echo(say("sites-run", run=this.id, profile=this.profile, count=left), err=True)
    with Progress(total=left) as progress:
        this = _stoppable(
            lambda started: runs.visit(
                this,
                visitor,
                rate=rate or 0.0,
                progress=progress.advance,
                started=started,
                cut_off=lambda is_so: click.echo(
                    say("sites-cut-off" if is_so else "sites-back"), err=True
                ),
            ),
            say,
        )
    if this.state == VISITED:
        judge, _ = visits.open_judge(home, config)
        with Progress(total=this.targets) as progress:
            this = runs.judge(this, judge, progress.advance)
    if as_json:
        click.echo(to_json(this))
    elif this.state == JUDGED:
        click.echo(say("sites-run-done", run=this.id, count=this.targets))
    else:
        words = {"run": this.id, "done": this.settled, "count": this.targets}
        click.echo(say("sites-run-paused", **words))
    return 0 if this.state == JUDGED else _NOT_WHOLE


@click.command(epilog="""\b
Examples:
  cityshield sites names 3 --below city.example
  cityshield sites names 3 --below city.example | \\
    cityshield sites import - --authorised-by 'City order 12/2026'
""")  # fmt: skip
@click.argument("number", metavar="RUN", type=click.IntRange(1))
@click.option("--below", multiple=True, metavar="DOMAIN", help="Only names at or below it.")
@language_option
@home_option
def names(number: int, below: tuple[str, ...], language: str, home: Path) -> None:
    """Print names that RUN came across in certificates and redirects, and that are not in scope.

    Nothing is visited because of it: whoever may allow visits imports them.
    """
    from cityshield.adapters.history.sights import names_seen
    from cityshield.adapters.store.census import get_run
    from cityshield.adapters.store.sites import look_up
    from cityshield.desks.sites.inventory import host_of

    runs, _ = _runs(home, "sites:read")
    ends = tuple(f".{domain.lower().strip('.')}" for domain in below)
    for piece in names_seen(runs.folder(get_run(runs.engine, number))):
        hosts = [host for host in map(host_of, piece) if host]
        known = look_up(runs.engine, hosts)
        for host in hosts:
            if host not in known and (not ends or f".{host}".endswith(ends)):
                click.echo(host)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@language_option
@home_option
def runs(as_json: bool, language: str, home: Path) -> None:
    """List every run: when, how much it asked, how far it came, what it takes on the disk."""
    from cityshield.adapters.store.census import list_runs
    from cityshield.guards.dates import moment

    all_runs, _ = _runs(home, "sites:read")
    for this in list_runs(all_runs.engine):
        sizes = all_runs.folder(this).size_bytes()
        if as_json:
            click.echo(to_json({"run": this, "size_bytes": sizes}))
            continue
        size = f"{sum(sizes.values()) / (1 << 20):,.1f} MiB"
        done = f"{this.targets:,}" if this.state in (VISITED, JUDGED) else f"–/{this.targets:,}"
        click.echo(
            f"{this.id:>5}  {moment(this.started_at)}  {this.profile:<8}  {this.state:<7}  "
            f"{done:>10}  {size:>10}  {harmless(this.by, 80)}"
        )


@click.command(epilog="\b\nExample:\n  cityshield sites judge 3\n")
@click.argument("number", metavar="RUN", type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@language_option
@home_option
def judge(number: int, as_json: bool, language: str, home: Path) -> None:
    """Judge the kept facts of RUN with the checks of today; no site is asked anything."""
    from cityshield.adapters.store.census import get_run
    from cityshield.entrypoints.cli.progress import Progress
    from cityshield.visits import open_judge

    runs, config = _runs(home, "sites:write")
    this = get_run(runs.engine, number)
    guard, _ = open_judge(home, config)
    _collect_less()
    with Progress(total=this.targets) as progress:
        this = runs.judge(this, guard, progress.advance)
    said = _say(language)("sites-judged", run=this.id, times=this.judgement)
    click.echo(to_json(this) if as_json else said)


@click.command(epilog="""\b
Examples:
  cityshield sites report 3
  cityshield sites report 3 --html report.html --lang zh
""")  # fmt: skip
@click.argument("number", metavar="RUN", type=click.IntRange(1))
@click.option("--html", "path", metavar="FILE", help="Write a page with charts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@language_option
@home_option
def report(number: int, path: str | None, as_json: bool, language: str, home: Path) -> None:
    """Say what RUN found: grades, the most frequent faults, whose sites they are on."""
    from cityshield.adapters.history.figures import figures_of

    runs, config = _runs(home, "sites:read")
    this = runs.judged(number)
    figures = figures_of(runs.folder(this), this)
    about = _about(home, config, runs, this, language)
    if path is not None:
        write_whole(path, [_page(figures, about, language, config.operator.name)])
    if as_json:
        click.echo(to_json(figures))
        return
    say = _say(language)
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
    """Say what changed from one RUN to another: what is new, what is gone."""
    from cityshield.adapters.history.figures import difference_of

    runs, config = _runs(home, "sites:read")
    first, second = runs.judged(before), runs.judged(after)
    made = difference_of(runs.folder(first), first, runs.folder(second), second)
    if as_json:
        click.echo(to_json(made))
        return
    about = _about(home, config, runs, second, language)
    for line in _compared(made, about, _say(language)):
        click.echo(line)


@click.command(epilog="""\b
Examples:
  cityshield sites export 3 --format sarif --output findings.sarif
  cityshield sites export 3 --format csv > findings.csv
""")  # fmt: skip
@click.argument("number", metavar="RUN", type=click.IntRange(1))
@click.option("--format", "format_", type=click.Choice(_FORMATS), required=True)
@click.option("--output", metavar="FILE", help="Write there instead of to standard output.")
@language_option
@home_option
def export(number: int, format_: str, output: str | None, language: str, home: Path) -> None:
    """Write the findings of RUN for other programs; html is the report."""
    from cityshield.adapters.history.figures import figures_of, tell
    from cityshield.adapters.reports import rows
    from cityshield.visits import open_judge

    runs, config = _runs(home, "sites:read")
    this = runs.judged(number)
    folder = runs.folder(this)
    about = _about(home, config, runs, this, language)
    if format_ == "html":
        pieces = iter([_page(figures_of(folder, this), about, language, config.operator.name)])
    elif format_ == "sarif":
        words = open_judge(home, config)[1]

        def say(check: str, args: dict[str, str]) -> str:
            return words(check, language, args).what

        pieces = rows.as_sarif(tell(folder, this), _rules(runs, this, about), say, this)
    else:
        pieces = rows.WRITERS[format_](tell(folder, this))
    if output is not None:
        write_whole(output, pieces)
        return
    for piece in pieces:
        sys.stdout.write(piece)


@click.command(epilog="\b\nExample:\n  cityshield sites forget --older-than 365\n")
@click.option("--older-than", type=click.IntRange(0, 36_500), metavar="DAYS",
              help="[default: keep_days of [census] in the settings]")  # fmt: skip
@language_option
@home_option
def forget(older_than: int | None, language: str, home: Path) -> None:
    """Delete the facts and findings of old runs; the newest run and the present state stay."""
    runs, config = _runs(home, "sites:write")
    days = config.census.keep_days if older_than is None else older_than
    click.echo(_say(language)("sites-forgotten", count=runs.forget(days)))


def _changed(runs: Runs, since: int, hosts: Iterable[str] | None) -> Iterator[str]:
    """The hosts that the newest run saw change since another; of `hosts`, if there are any."""
    from cityshield.adapters.history.sights import changed_hosts
    from cityshield.adapters.store.census import get_run, list_runs

    before = get_run(runs.engine, since)
    newest = next((run for run in list_runs(runs.engine) if run.state == JUDGED), None)
    if newest is None or newest.id <= before.id:
        raise InputError("error-sites-no-newer", run=since)
    changed = changed_hosts(runs.folder(before), runs.folder(newest))
    return changed if hosts is None else iter(sorted(set(hosts).intersection(changed)))


def _runs(home: Path, scope: str) -> tuple[Runs, Any]:
    from cityshield.adapters.clock import SystemClock
    from cityshield.config import read_config
    from cityshield.runs import Runs

    engine, config = open_store(home), read_config(home)
    by = acting_identity(engine, scope)
    return Runs(engine, home, SystemClock(), config, by), config


def _say(language: str) -> Say:
    from cityshield.adapters.reports.page import SENTENCES
    from cityshield.adapters.sentences.sentences import FOLDER, Sentences

    sentences = Sentences((FOLDER, SENTENCES))

    def say(sentence: str, **words: str | int) -> str:
        return sentences.say(sentence, language, **words)

    return say


def _collect_less() -> None:
    """Spare what was compiled and what is under way from being looked through again and again."""
    import gc

    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)


def _stoppable(
    begin: Callable[[Callable[[Gathering], None]], Coroutine[Any, Any, Run]], say: Say
) -> Run:
    """Run to the end, or until somebody interrupts: at first gently, then at once."""
    import asyncio

    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    if sys.platform != "win32":  # there it does not exist
        from uvloop import new_event_loop as loop_factory

    async def main() -> Run:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        stopped = False

        def started(gathering: Gathering) -> None:
            def interrupt() -> None:
                nonlocal stopped
                if stopped and task is not None:
                    task.cancel()
                    return
                stopped = True
                gathering.stop()
                click.echo("\n" + say("sites-pausing"), err=True)

            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, interrupt)

        return await begin(started)

    _collect_less()
    try:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            return runner.run(main())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def _about(home: Path, config: Any, runs: Runs, this: Run, language: str) -> dict[str, Any]:
    """What there is to say of each check that found something in a run."""
    from cityshield.adapters.history.figures import samples
    from cityshield.visits import open_judge

    words: Words = open_judge(home, config)[1]
    return {
        check: words(check, language, args)
        for check, args in samples(runs.folder(this), this).items()
    }


def _page(figures: Figures, about: dict[str, Any], language: str, operator: str) -> str:
    from cityshield.adapters.reports.census import render

    said = {check: (item.what, item.now) for check, item in about.items()}
    return render(figures, said, _say(language), language, operator)


def _rules(runs: Runs, this: Run, about: dict[str, Any]) -> list[Any]:
    from cityshield.adapters.history.figures import figures_of
    from cityshield.adapters.reports.rows import Rule

    counts = figures_of(runs.folder(this), this).checks
    return [
        Rule(item.check, item.severity, said.what, said.why, said.now, said.cwe)
        for item in counts
        if (said := about[item.check])
    ]


def _planned(plan: Plan, say: Say) -> list[str]:
    lines = [
        say("sites-plan", visits=plan.visits, profile=plan.profile),
        say("sites-plan-asks", requests=plan.requests, connections=plan.connections),
    ]
    if plan.takes_s is not None:
        lines.append(say("sites-plan-takes", minutes=-(-plan.takes_s // 60)))
    left_out = plan.out_of_scope + plan.opted_out + plan.fresh
    if left_out:
        words = {"outside": plan.out_of_scope, "out": plan.opted_out, "fresh": plan.fresh}
        lines.append(say("sites-plan-without", **words))
    return lines


def _told(figures: Figures, about: dict[str, Any], say: Say) -> list[str]:
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
    checks = [
        [severity_word(item.severity, say), f"{item.sites:,}",
         harmless(about[item.check].what, 100), item.check]
        for item in figures.checks[:_SHOWN]
    ]  # fmt: skip
    head = [
        say("report-census-severity"),
        say("report-census-sites"),
        say("report-census-what"),
        "",
    ]
    lines += ["", *_table(head, checks)]
    if figures.parked or figures.for_sale or figures.alike:
        words = {"parked": figures.parked, "for_sale": figures.for_sale, "alike": figures.alike}
        lines += ["", say("report-census-same", **words, pages=figures.alike_pages)]
    if figures.politeness is not None:
        lines += ["", politeness_word(figures.politeness, say)]
    return lines


def _compared(made: Difference, about: dict[str, Any], say: Say) -> list[str]:
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
    head = [
        say("report-census-severity"), say("report-census-new"), say("report-census-gone"),
        say("report-census-still"), say("report-census-what"), "",
    ]  # fmt: skip
    rows = [
        [severity_word(item.severity, say), f"{item.new:,}", f"{item.gone:,}", f"{item.still:,}",
         harmless(about[item.check].what if item.check in about else item.check, 100), item.check]
        for item in made.checks
    ]  # fmt: skip
    return [*lines, "", *_table(head, rows)]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table whose first column holds words; of a wide one, the last two as well."""
    last = len(head) - 1
    left = frozenset({0, last - 1, last} if last > 1 else {0})
    return ["  " + line for line in aligned([head, *rows], left)]
