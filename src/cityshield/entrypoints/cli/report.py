"""`cityshield feeds report`: what each feed is worth beside the others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cityshield.answer import harmless
from cityshield.entrypoints.cli.main import home_option, language_option
from cityshield.entrypoints.cli.output import aligned, write_whole
from cityshield.entrypoints.cli.store import open_store, to_json
from cityshield.vocabulary.report import STALE_DAYS, FeedReport

if TYPE_CHECKING:
    from cityshield.adapters.reports.page import Say

_LONGEST_NAME = 28


@click.command(
    epilog="\b\nExamples:\n  cityshield feeds report\n"
    "  cityshield feeds report --html report.html --lang zh\n"
)
@click.option("--html", "path", metavar="FILE", help="Write a page with charts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@language_option
@home_option
def report(path: str | None, as_json: bool, language: str, home: Path) -> None:
    """Compare the feeds: what only one knows, who is first, guarded names, freshness."""
    from cityshield.adapters.clock import SystemClock
    from cityshield.adapters.reports.page import SENTENCES, render
    from cityshield.adapters.sentences.sentences import Sentences
    from cityshield.adapters.store.report import keep_report, make_report
    from cityshield.config import read_config
    from cityshield.desk import Desk
    from cityshield.entrypoints.cli.progress import Progress

    engine, config, clock = open_store(home), read_config(home), SystemClock()
    is_guarded = Desk(engine, clock, config).guard_of_hosts()
    with Progress() as progress:
        made = make_report(engine, clock.now(), is_guarded, progress.advance)
    keep_report(home, made)
    sentences = Sentences((SENTENCES,))

    def say(sentence: str, **words: str | int) -> str:
        return sentences.say(sentence, language, **words)

    if path is not None:
        write_whole(path, [render(made, say, language, config.operator.name)])
    if as_json:
        click.echo(to_json(made))
        return
    for line in _table(made, say):
        click.echo(line)
    if path is not None:
        click.echo(say("report-written", path=harmless(path, 500)))


def _table(made: FeedReport, say: Say) -> list[str]:
    """The figures of each feed, then the overlap."""
    from cityshield.adapters.reports.page import percent, shares, span
    from cityshield.guards.dates import day

    if not made.feeds:
        return [say("report-none")]
    head = [
        "", say("report-feed"), say("report-entries"), say("report-hosts"), say("report-only-here"),
        say("report-first-on"), say("report-lead-time"), say("report-guarded"),
        say("report-stale", days=STALE_DAYS), say("report-changed-at"),
    ]  # fmt: skip
    names = [harmless(feed.name, _LONGEST_NAME) for feed in made.feeds]
    rows = [
        [
            str(number), name, f"{feed.entries:,}", f"{feed.hosts:,}",
            percent(feed.only_here, feed.hosts),
            percent(feed.first, feed.compared) if feed.compared else "–",
            span(feed.lead_s, say), f"{feed.guarded:,}", percent(feed.stale, feed.hosts),
            day(feed.changed_at),
        ]
        for number, (name, feed) in enumerate(zip(names, made.feeds, strict=True), 1)
    ]  # fmt: skip
    overlap = [
        [str(number), name, *("·" if share == 1 and place == number - 1 else percent(share)
                              for place, share in enumerate(row))]
        for number, (name, row) in enumerate(zip(names, shares(made), strict=True), 1)
    ]  # fmt: skip
    numbers = ["", say("report-feed"), *map(str, range(1, len(names) + 1))]
    return [*aligned([head, *rows]), "", say("report-short"), *aligned([numbers, *overlap])]
