"""Judging in other processes of this machine, each with its own shield, each under a deadline.

A worker is asked for one batch at a time over a pipe. One that is late or dies is killed and
replaced, and its batch comes back as unknown, with the reason.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import signal
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any, Protocol

import msgspec

from cityshield.vocabulary.subject import Subject
from cityshield.vocabulary.verdict import UNKNOWN, Failure, Verdict

_MEMORY_BYTES = 4 << 30
_encode = msgspec.msgpack.Encoder().encode
_decode_subjects = msgspec.msgpack.Decoder(list[Subject]).decode
_decode_verdicts = msgspec.msgpack.Decoder(list[Verdict]).decode


class Judge(Protocol):
    """What a worker builds for itself."""

    def check_many(self, subjects: Sequence[Subject]) -> Coroutine[Any, Any, list[Verdict]]:
        """A verdict for each subject."""
        ...


Build = Callable[[], Judge]
Answer = Callable[[bytes], bytes]


class LocalRunner:
    """The `Runner` port over worker processes, started at the first batch.

    `build` makes a worker's judge and must be picklable; it runs once in each worker.
    """

    def __init__(self, build: Build, workers: int) -> None:
        self._answer = partial(_judging, build)
        self._free: asyncio.Queue[_Worker | None] = asyncio.Queue()
        for _ in range(workers):
            self._free.put_nowait(None)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="runner")
        self._closed = False

    async def check_many(self, subjects: Sequence[Subject], time_s: float) -> list[Verdict]:
        """One verdict for each subject; waiting for a free worker counts towards the time."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + time_s
        try:
            worker = await asyncio.wait_for(self._free.get(), time_s)
        except TimeoutError:
            return not_judged(subjects, "out-of-time")
        try:
            if worker is None or not worker.is_alive():
                worker = await loop.run_in_executor(self._threads, _Worker, self._answer)
            asked = loop.run_in_executor(self._threads, worker.ask, _encode(subjects))
            left_s = max(0.1, deadline - loop.time())
            return _decode_verdicts(await asyncio.wait_for(asyncio.shield(asked), left_s))
        except TimeoutError:
            if worker is not None:
                worker.kill()
            return not_judged(subjects, "out-of-time")
        except (EOFError, OSError, msgspec.DecodeError):
            if worker is not None:
                worker.kill()
            return not_judged(subjects, "crashed")
        except asyncio.CancelledError:
            if worker is not None:
                worker.kill()
            raise
        finally:
            if self._closed and worker is not None:
                worker.kill()
            self._free.put_nowait(worker)

    def close(self) -> None:
        """End all workers."""
        self._closed = True
        while not self._free.empty():
            worker = self._free.get_nowait()
            if worker is not None:
                worker.kill()
        self._threads.shutdown(wait=False)


class _Worker:
    """One worker process, seen from its owner."""

    def __init__(self, build: Callable[[], Answer]) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, build), daemon=True)
        # Ctrl+C is for the owner, who ends its workers; a blocked signal stays so in the child.
        resource_tracker.ensure_running()  # its start would unblock the signal
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        self._asking = threading.Lock()

    def is_alive(self) -> bool:
        return self._process.is_alive()

    def ask(self, question: bytes) -> bytes:
        with self._asking:
            self._pipe.send_bytes(question)
            return self._pipe.recv_bytes()

    def kill(self) -> None:
        self._process.kill()
        self._process.join(5)


def _work(pipe: Connection, build: Callable[[], Answer]) -> None:
    """Answer questions until the pipe closes; one that takes too much memory with nothing."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    answer = build()
    while True:
        try:
            question = pipe.recv_bytes()
        except (EOFError, KeyboardInterrupt):
            return
        try:
            answered = answer(question)
        except (MemoryError, RecursionError):
            answered = b""
        pipe.send_bytes(answered)


def _judging(build: Build) -> Answer:
    """Answer subjects with verdicts, both as MessagePack."""
    judge = build()

    def answer(question: bytes) -> bytes:
        return _encode(asyncio.run(_check(judge, _decode_subjects(question))))

    return answer


async def _check(judge: Judge, subjects: Sequence[Subject]) -> list[Verdict]:
    return await judge.check_many(subjects)


def answer_in_processes(
    build: Callable[[], Answer], questions: Iterable[bytes], processes: int
) -> Iterator[tuple[bytes, bytes]]:
    """Each question with its answer, in order, from several processes; few wait at a time.

    For bulk work without deadlines. The answer is empty when the worker died of the question;
    another one takes its place.
    """
    free: SimpleQueue[_Worker | None] = SimpleQueue()
    for _ in range(processes):
        free.put(None)
    pending: deque[tuple[bytes, Future[bytes]]] = deque()
    try:
        with ThreadPoolExecutor(processes) as threads:
            for question in questions:
                pending.append((question, threads.submit(_ask, free, build, question)))
                if len(pending) > 2 * processes:
                    asked, future = pending.popleft()
                    yield asked, future.result()
            for asked, future in pending:
                yield asked, future.result()
    finally:
        while not free.empty():
            if worker := free.get():
                worker.kill()


def _ask(free: SimpleQueue[_Worker | None], build: Callable[[], Answer], question: bytes) -> bytes:
    """Have a free worker answer; one that dies leaves its place to a new one."""
    worker = free.get()
    try:
        worker = worker or _Worker(build)
        return worker.ask(question)
    except (EOFError, OSError):
        if worker is not None:
            worker.kill()
        worker = None
        return b""
    finally:
        free.put(worker)


def not_judged(subjects: Sequence[Subject], reason: str) -> list[Verdict]:
    """Unknown verdicts for subjects that nobody came to judge."""
    failed = (Failure("runner", reason),)
    return [Verdict(subject.bare(), UNKNOWN, 0.0, 0.0, failed=failed) for subject in subjects]
