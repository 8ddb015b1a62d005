"""`cityshield sites run` and what follows: judge, report, diff, export, forget."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cityshield.answer import harmless
from cityshield.entrypoints.cli.hosts import Lines
from cityshield.entrypoints.cli.inputs import open_input
from cityshield.entrypoints.cli.main import home_option, language_option
from cityshield.entrypoints.cli.store import acting_identity, open_store, to_json
from cityshield.vocabulary.census import (
    JUDGED,
    PAUSED,
    PROFILES,
    STANDARD,
    VISITED,
    Run,
)
from cityshield.vocabulary.errors import InputError

if TYPE_CHECKING:
    from cityshield.census import Gathering
    from cityshield.runs import Plan, Runs

Say = Callable[..., str]
_SHOWN = 10
_FORMATS = ("csv", "html", "json", "sarif")
_COLLECT_AFTER = 50_000
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
    """Visit the sites of the inventory politely. Their facts are kept and judged."""
    from cityshield import visits
    from cityshield.entrypoints.cli.progress import Progress
    from cityshield.guards.dates import moment
    from cityshield.runs import Wanted

    say, (runs, config) = sayer(language), open_runs(home, "sites:run")
    visitor = None if dry_run else visits.open_visitor(home, config)
    if resume and (targets or older_than or changed_since):
        raise InputError("error-sites-resume")
    if resume:
        this = runs.unfinished()
    else:
        lines = None
        if targets is not None:
            lines = Lines(open_input(targets), "")
        hosts: Iterable[str] | None = None
        if lines is not None:
            hosts = (site.host for site in lines.at_least_one(targets or ""))
        if changed_since is not None:
            hosts = _changed(runs, changed_since, hosts)
        wanted = Wanted(hosts, older_than)
        if dry_run:
            plan = runs.plan(wanted, profile, rate or 0.0)
            click.echo(to_json(plan) if as_json else "\n".join(_planned(plan, say)))
            if lines is not None:
                lines.say_bad(language)
            return 0
        this = runs.start(wanted, profile)
        if lines is not None:
            lines.say_bad(language)
    left = runs.left(this)
    if visitor is None:
        told = [say("sites-left", run=this.id, count=left), *_open(config.sites.windows, say)]
        click.echo(to_json(this) if as_json else "\n".join(told))
        return 0
    if not as_json:
        click.echo(say("sites-run", run=this.id, profile=this.profile, count=left), err=True)
        if (opens_at := runs.opens_at()) is not None:
            click.echo(say("sites-opens", at=moment(opens_at)), err=True)
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
        _note_lists(home, say)
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
    """Print names that RUN came across. They stood in certificates and redirects, out of scope.

    Nothing is visited because of it: whoever may allow visits imports them.
    """
    from cityshield.adapters.history.sights import names_seen
    from cityshield.adapters.store.census import get_run
    from cityshield.adapters.store.sites import look_up
    from cityshield.desks.sites.inventory import host_of

    runs, _ = open_runs(home, "sites:read")
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
    """List every run. When, how much it asked, how far it came, what it takes on the disk."""
    from cityshield.adapters.store.census import list_runs
    from cityshield.guards.dates import moment

    all_runs, _ = open_runs(home, "sites:read")
    for this in list_runs(all_runs.engine):
        sizes = all_runs.folder(this).size_bytes()
        if as_json:
            click.echo(to_json({"run": this, "size_bytes": sizes}))
            continue
        size = f"{sum(sizes.values()) / 1024:,.0f} KiB"
        settled = {VISITED: "", JUDGED: "", PAUSED: f"{this.settled:,}/"}.get(this.state, "–/")
        done = f"{settled}{this.targets:,}"
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
    """Judge the kept facts of RUN with the checks of today. No site is asked anything."""
    from cityshield.adapters.store.census import get_run
    from cityshield.entrypoints.cli.progress import Progress
    from cityshield.visits import open_judge

    runs, config = open_runs(home, "sites:write")
    this = get_run(runs.engine, number)
    guard, _ = open_judge(home, config)
    _collect_less()
    with Progress(total=this.targets) as progress:
        this = runs.judge(this, guard, progress.advance)
    said = sayer(language)("sites-judged", run=this.id, times=this.judgement)
    _note_lists(home, sayer(language))
    click.echo(to_json(this) if as_json else said)


@click.command(epilog="\b\nExample:\n  cityshield sites forget --older-than 365\n")
@click.option("--older-than", type=click.IntRange(0, 36_500), metavar="DAYS",
              help="[default: keep_days of [census] in the settings]")  # fmt: skip
@language_option
@home_option
def forget(older_than: int | None, language: str, home: Path) -> None:
    """Delete the facts and findings of old runs. The newest run and the present state stay."""
    runs, config = open_runs(home, "sites:write")
    days = config.census.keep_days if older_than is None else older_than
    click.echo(sayer(language)("sites-forgotten", count=runs.forget(days)))


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


def open_runs(home: Path, scope: str) -> tuple[Runs, Any]:
    """The runs of a data directory for who may act within a scope, and the settings."""
    from cityshield.adapters.clock import SystemClock
    from cityshield.config import read_config
    from cityshield.runs import Runs

    engine, config = open_store(home), read_config(home)
    by = acting_identity(engine, scope)
    return Runs(engine, home, SystemClock(), config, by), config


def _note_lists(home: Path, say: Say) -> None:
    """Say so where there is no list to compare versions with: nothing found is not "safe"."""
    from cityshield.adapters.knowledge.folder import path_of
    from cityshield.guards.sites.weaknesses import FILE

    if not path_of(home, FILE).exists():
        click.echo(say("lists-none"), err=True)


def sayer(language: str) -> Say:
    """Says sentences in a language, those of reports too."""
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
    return lines + _open(plan.windows, say)


def _open(windows: Sequence[tuple[str, str]], say: Say) -> list[str]:
    """When visits begin, where that is not always."""
    told = ", ".join("-".join(window) for window in windows)
    return [say("sites-plan-windows", windows=told)] if told else []
