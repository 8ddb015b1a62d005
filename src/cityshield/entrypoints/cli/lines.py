"""Lines judged many at a time: bytes in, finished output out, in this process or in several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from cityshield.config import Config
from cityshield.guards.sites.grade import NO_GRADE, grade_of
from cityshield.shield import Shield, build_shield, complete, kind_of
from cityshield.vocabulary.finding import CRITICAL, HIGH
from cityshield.vocabulary.subject import SITE, Subject
from cityshield.vocabulary.verdict import RANK, UNKNOWN, Verdict

FOUND, IGNORANT = 1, 2
"""What a verdict may add to the exit status, as bits."""

_BATCH_LINES = 512
_BATCH_BYTES = 1 << 20
_LONGEST_LINE_BYTES = 16 << 20
_encode = msgspec.json.Encoder().encode


class Wanted(NamedTuple):
    """How lines are taken and told."""

    kind: str | None
    as_json: bool
    language: str
    fail_on: str


class LineJudge:
    """Answers a batch of lines with a byte of status bits and the output for it."""

    def __init__(self, shield: Shield, wanted: Wanted) -> None:
        self._shield = shield
        self._wanted = wanted

    def __call__(self, batch: bytes) -> bytes:
        """The answer to lines that are joined by line feeds."""
        return self._tell(complete(self._shield.check_many(self._subjects(batch))))

    def give_up(self, batch: bytes) -> bytes:
        """The answer to lines that nobody came to judge."""
        from cityshield.adapters.runners.local import not_judged

        return self._tell(not_judged(self._subjects(batch), "crashed"))

    def _subjects(self, batch: bytes) -> list[Subject]:
        kind = self._wanted.kind
        lines = batch.decode("utf-8", "replace").split("\n")
        return [Subject(kind or kind_of(line), line) for line in lines]

    def _tell(self, verdicts: Sequence[Verdict]) -> bytes:
        status = 0
        for verdict in verdicts:
            status |= status_of(verdict, self._wanted.fail_on)
        if self._wanted.as_json:
            speak, language = self._shield.speak, self._wanted.language
            told = [_encode(speak(verdict, language)) for verdict in verdicts]
            return b"%c%b\n" % (status, b"\n".join(told))
        return b"%c%b" % (status, "".join(map(_row, verdicts)).encode("utf-8", "replace"))


def status_of(verdict: Verdict, fail_on: str) -> int:
    """What a verdict adds to the exit status."""
    found = FOUND if RANK[verdict.level] >= RANK[fail_on] else 0
    if verdict.subject.kind == SITE:
        return _status_of_site(verdict) | found
    return found | (IGNORANT if verdict.level == UNKNOWN or verdict.coverage < 1 else 0)


def _status_of_site(verdict: Verdict) -> int:
    """A site is never benign: its severe weaknesses count, and that it got a grade."""
    severe = any(item.severity in (HIGH, CRITICAL) for item in verdict.findings)
    return (FOUND if severe else 0) | (IGNORANT if grade_of(verdict) == NO_GRADE else 0)


def judge_lines(
    batches: Iterable[bytes],
    shield: Shield,
    wanted: Wanted,
    home: Path,
    folders: Sequence[Path],
    jobs: int,
) -> Iterator[tuple[int, bytes]]:
    """For each batch, in order, how many lines it has and the answer to it."""
    judge = LineJudge(shield, wanted)
    if jobs == 1:
        for batch in batches:
            yield batch.count(b"\n") + 1, judge(batch)
        return
    from cityshield.adapters.runners.local import answer_in_processes

    build = partial(_build, home, shield.config, folders, wanted)
    for batch, answer in answer_in_processes(build, batches, jobs):
        yield batch.count(b"\n") + 1, answer or judge.give_up(batch)


def _build(home: Path, config: Config, folders: Sequence[Path], wanted: Wanted) -> LineJudge:
    return LineJudge(build_shield(home, config, disk=True, folders=folders), wanted)


def read_batches(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file, joined by line feeds, some hundred at a time."""
    batch: list[bytes] = []
    size = 0
    for line in _lines(file):
        batch.append(line)
        size += len(line)
        if len(batch) >= _BATCH_LINES or size >= _BATCH_BYTES:
            yield b"\n".join(batch)
            batch, size = [], 0
    if batch:
        yield b"\n".join(batch)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Each line without its end; of a line longer than 16 MiB its beginning."""
    while raw := file.readline(_LONGEST_LINE_BYTES):
        rest = raw
        while not rest.endswith(b"\n") and (rest := file.readline(_LONGEST_LINE_BYTES)):
            pass
        yield raw.rstrip(b"\r\n")


def _row(verdict: Verdict) -> str:
    from cityshield.answer import harmless

    return f"{verdict.level}\t{verdict.score:g}\t{harmless(verdict.subject.value, 2000)}\n"
