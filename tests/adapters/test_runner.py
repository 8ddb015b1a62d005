"""Judging in other processes: in time, or said not to be."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence

from cityshield.adapters.runners.local import Answer, LocalRunner, answer_in_processes
from cityshield.vocabulary.subject import Subject
from cityshield.vocabulary.verdict import BENIGN, UNKNOWN, Verdict


class Moody:
    """A judge that does what its subject says."""

    async def check_many(self, subjects: Sequence[Subject]) -> list[Verdict]:
        for subject in subjects:
            if subject.value == "sleep":
                time.sleep(60)
            if subject.value == "die":
                os.kill(os.getpid(), 9)
            if subject.value == "raise":
                raise RuntimeError(subject.value)
        return [Verdict(subject, BENIGN, 0.0, 1.0) for subject in subjects]


def subject(value: str) -> Subject:
    return Subject("message", value)


async def ask(runner: LocalRunner, value: str, time_s: float = 20) -> Verdict:
    return (await runner.check_many([subject(value)], time_s))[0]


async def test_a_worker_that_is_late_or_dies_is_replaced() -> None:
    runner = LocalRunner(Moody, workers=1)
    try:
        assert (await ask(runner, "fine")).level == BENIGN
        for value, reason in (("sleep", "out-of-time"), ("die", "crashed"), ("raise", "crashed")):
            verdict = await ask(runner, value, 2 if value == "sleep" else 20)
            assert verdict.level == UNKNOWN
            assert verdict.coverage == 0
            assert [failure.reason for failure in verdict.failed] == [reason]
            assert (await ask(runner, "fine")).level == BENIGN
    finally:
        runner.close()


async def test_waiting_for_a_free_worker_counts() -> None:
    runner = LocalRunner(Moody, workers=1)
    try:
        await ask(runner, "fine")
        slow = asyncio.create_task(ask(runner, "sleep", 4))
        await asyncio.sleep(0.1)
        late = await ask(runner, "fine", 0.5)
        assert [failure.reason for failure in late.failed] == ["out-of-time"]
        await slow
    finally:
        runner.close()


def moody_answers() -> Answer:
    """What a bulk worker builds: it says which process answered, or does what it is told."""

    def answer(question: bytes) -> bytes:
        if question == b"die":
            os.kill(os.getpid(), 9)
        if question == b"much":
            raise MemoryError
        return question + b" %d" % os.getpid()

    return answer


def test_bulk_answers_come_in_order_and_only_the_batch_that_kills_is_lost() -> None:
    questions = [b"%d" % number for number in range(40)]
    questions[5] = questions[6] = questions[20] = b"die"
    questions[30] = b"much"
    answers = list(answer_in_processes(moody_answers, questions, 2))
    assert [asked for asked, _ in answers] == questions
    lost = [place for place, (_, answer) in enumerate(answers) if not answer]
    assert lost == [5, 6, 20, 30]
    for asked, answer in answers:
        assert not answer or answer.split()[0] == asked
