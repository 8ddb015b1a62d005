"""`cityshield messages`: train the guard of messages, measure it, read a chat."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from cityshield.entrypoints.cli.main import home_option, language_option
from cityshield.entrypoints.cli.store import to_json
from cityshield.vocabulary.errors import ConfigurationError, InputError

if TYPE_CHECKING:
    from cityshield.guards.messages.evaluate import Evaluation, Share

_PATH = click.Path(path_type=Path)


@click.group()
def messages() -> None:
    """Train the guard of messages, measure it, read a chat."""


@messages.command(
    epilog="\b\nExamples:\n"
    "  cityshield messages evaluate corpus/messages/zh_u.jsonl\n"
    "  cityshield messages evaluate --split test --attacks corpus/messages/*.jsonl\n"
    "\b\nEach line of a file is a JSON object with text and label (fraud or benign), and\n"
    "perhaps type, voice, source, split. Exit status: 0, or 2 for a file that can't be read.\n"
)
@click.argument("files", nargs=-1, required=True, type=_PATH, metavar="FILE...")
@click.option("--split", help="Take only messages of this split: train, tune or test.")
@click.option("--attacks", is_flag=True, help="Spell the fraud as an evader would, too (slow).")
@click.option("--errors", type=click.IntRange(0, 1000), default=10, help="Worst errors to show.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@home_option
def evaluate(
    files: tuple[Path, ...],
    split: str | None,
    attacks: bool,
    errors: int,
    as_json: bool,
    home: Path,
) -> None:
    """Measure the pack in use on labelled messages."""
    from cityshield.entrypoints.cli.progress import Progress
    from cityshield.guards.messages.corpus import read_messages
    from cityshield.guards.messages.evaluate import evaluate as run
    from cityshield.shield import build_shield

    found = [
        message
        for path in files
        for message in read_messages(path)
        if split is None or message.split == split
    ]
    if not found:
        raise InputError("error-corpus", path=str(files[0]))
    reader = build_shield(home, disk=False).rooms.open_reader()
    with Progress(total=len(found)) as progress:
        result = run(reader, found, attacks=attacks, mistakes=errors, progress=progress.step)
    click.echo(to_json(result) if as_json else _table(result))


def _table(result: Evaluation) -> str:
    lines = [
        f"{'':<28}{'texts':>7}  {'recall':<20}{'false alarms':<20}{'precision':<20}"
        f"{'at 0.1 %':<18}{'at 1 %':<18}{'loud':>7}{'ECE':>7}"
    ]
    for group in result.groups:
        at = [group.recall_at.get(level) for level in ("0.1%", "1.0%")]
        lines.append(
            f"{group.name:<28}{group.texts:>7}  {_of(group.recall):<20}"
            f"{_of(group.false_alarms):<20}{_of(group.precision):<20}{_of(at[0]):<18}"
            f"{_of(at[1]):<18}{group.loud.count:>7}{group.calibration_error:>7.3f}"
        )
    if result.types:
        lines += ["", f"types of fraud, F1 (macro {result.types_f1:.3f}):"]
        lines += [f"  {name:<14}{value:.3f}" for name, value in result.types.items()]
    if result.attacks:
        lines += ["", "recall that is kept under attack:"]
        lines += [f"  {name:<28}{_of(value)}" for name, value in result.attacks.items()]
    if result.mistakes:
        lines += ["", "worst errors:"]
        lines += [
            f"  {item.score:>5}  {item.label} {item.type} ({item.voice})  {_line(item.text)}"
            for item in result.mistakes
        ]
    return "\n".join(lines)


def _of(value: Share | None) -> str:
    if value is None or not value.of:
        return "-"
    return f"{value.share:.1%} ({value.low:.1%}-{value.high:.1%})"


def _line(text: str) -> str:
    from cityshield.answer import harmless

    return harmless(" ".join(text.split()), 120)


@messages.command(
    epilog="\b\nExample:\n  cityshield messages talk chat.txt\n"
    "\b\nExit status: 0 benign, 1 suspicious or malicious, 3 unknown.\n"
)
@click.argument("file", type=click.File("r", encoding="utf-8", errors="replace"))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@language_option
@home_option
def talk(file: TextIO, as_json: bool, language: str, home: Path) -> int:
    """Read a chat, one turn a line: the score of each turn, the peak and the trend."""
    from cityshield.shield import build_shield

    shield = build_shield(home, disk=False)
    turns = [line.rstrip("\n") for line in file if line.strip()]
    if not turns:
        raise InputError("error-no-subject")
    found = shield.rooms.open_reader().read_turns(turns)
    if as_json:
        click.echo(
            to_json(
                {
                    "level": found.level,
                    "peak": found.peak / 1000,
                    "peak_turn": found.peak_turn + 1,
                    "trend": found.trend / 1000,
                    "scores": [reading.score / 1000 for reading in found.turns],
                }
            )
        )
    else:
        for number, (turn, reading) in enumerate(zip(turns, found.turns, strict=True), 1):
            bar = "█" * (reading.score // 100)
            click.echo(f"{number:>4}  {reading.score / 1000:.2f}  {bar:<10}  {_line(turn)}")
        word = shield.sentences.say(f"level-{found.level}", language)
        peak = f"{found.peak / 1000:g}"
        trend = f"{found.trend / 1000:+g}"
        click.echo(
            shield.sentences.say(
                "talk-done", language, word=word, peak=peak, turn=found.peak_turn + 1, trend=trend
            )
        )
    return {"benign": 0, "unknown": 3}.get(found.level, 1)


@messages.command(
    epilog="\b\nExample:\n"
    "  cityshield messages train --corpus corpus --public DATA --out model\n"
    "\b\nNeeds the extra: pip install 'cityshield[train]'. The same input gives the same bytes.\n"
)
@click.option("--corpus", type=_PATH, default=Path("corpus"), show_default=True, metavar="DIR")
@click.option("--public", type=_PATH, metavar="DIR", help="Folder of public sets, to add them.")
@click.option("--out", type=_PATH, required=True, metavar="DIR", help="Where the model goes.")
def train(corpus: Path, public: Path | None, out: Path) -> None:
    """Train the model on the corpus; its sections go to DIR, for `pack build --model DIR`."""
    try:
        from cityshield.guards.messages.train import prepare
        from cityshield.guards.messages.train import train as run
    except ImportError as error:
        raise ConfigurationError("error-extra", extra="train", reason=str(error.name)) from error
    from cityshield.entrypoints.cli.progress import Progress
    from cityshield.guards.messages.corpus import read_corpus, read_examples, read_public
    from cityshield.guards.messages.sections import FOLDER, read_fold, read_tells

    found = [message for message in read_corpus(corpus) if message.split != "test"]
    found += read_examples(FOLDER)
    if public is not None:
        found += [message for message in read_public(public) if message.split == "train"]
    fold = read_fold()
    table = read_tells(fold)
    with Progress(total=len(found)) as progress:
        rows = prepare(found, fold, table, attacked=True, progress=progress.step)
    trained = run(rows, sorted(table.silenced), lambda line: click.echo(line, err=True))
    out.mkdir(parents=True, exist_ok=True)
    for name, content in trained._asdict().items():
        (out / name).write_bytes(content)
    click.echo(f"{out}: {_sizes(list(trained._asdict().items()))}")


def _sizes(sections: Sequence[tuple[str, bytes]]) -> str:
    return ", ".join(f"{name} {len(content):,} bytes" for name, content in sections)
