"""Lines in, lines out: a request body read line by line, judged in batches as it comes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from litestar import Request

from cityshield.config import Server
from cityshield.vocabulary.errors import InputError

_BATCH_LINES = 64
_UNIT_BYTES = 16 * 1024
_LINE_EXTRA = 4096


class BulkLine(NamedTuple):
    """A line of the request by its number from 1, or what is wrong with it."""

    number: int
    raw: bytes
    error: InputError | None = None


class Places:
    """Who runs a bulk check: so many at once, one for each client."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._clients: set[str] = set()

    def take(self, client: str) -> None:
        """Take the client's place; InputError when it has one or all are taken."""
        if client in self._clients or len(self._clients) >= self._most:
            raise InputError("error-rate", seconds=5)
        self._clients.add(client)

    def leave(self, client: str) -> None:
        """Give the client's place back."""
        self._clients.discard(client)


Answer = Callable[[Sequence[BulkLine]], Awaitable[bytes]]


async def read_bulk(
    request: Request[Any, Any, Any], settings: Server, answer: Answer
) -> AsyncIterator[bytes]:
    """Answers to the lines of a request, in order, a batch at a time; blank lines are skipped.

    The client's meter is charged as the body comes in: one that is out of units is slowed down,
    not refused; one that lets us wait too long is ended with what was answered. Memory holds one
    line and one batch, whatever the body's length.
    """
    longest = settings.max_text_bytes + _LINE_EXTRA
    batch: list[BulkLine] = []
    size = 0
    async for line in _lines(_metered(request, settings.time_s), longest, settings.max_text_bytes):
        if line.error is None and not line.raw.strip():
            continue
        batch.append(line)
        size += len(line.raw)
        if len(batch) >= _BATCH_LINES or size >= longest:
            yield await answer(batch)
            batch, size = [], 0
            await asyncio.sleep(0)
    if batch:
        yield await answer(batch)


async def _metered(request: Request[Any, Any, Any], patience_s: float) -> AsyncIterator[bytes]:
    """The body as it comes in; InputError when we have waited too long for it.

    The client may let us wait `patience_s` seconds in sum, and one more for each KiB it has sent.
    """
    state = request.scope.get("state", {})
    meter, client = state.get("meter"), state.get("client", "")
    units, left_s = 1.0, patience_s
    chunks = aiter(request.stream())
    while True:
        asked = time.monotonic()
        try:
            async with asyncio.timeout(left_s):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise InputError("error-time") from None
        left_s += len(chunk) / 1024 - (time.monotonic() - asked)
        units += len(chunk) / _UNIT_BYTES
        if meter is not None and units >= 1:
            await meter.slow_down(client, units)
            units = 0.0
        yield chunk


async def _lines(
    chunks: AsyncIterator[bytes], longest: int, most_bytes: int
) -> AsyncIterator[BulkLine]:
    """Lines of a stream of bytes; the middle of one that is too long is not kept."""

    def line(raw: bytes, *, is_long: bool) -> BulkLine:
        error = InputError("error-text-long", kib=most_bytes >> 10)
        return BulkLine(number, b"", error) if is_long else BulkLine(number, raw)

    number, rest, skipping = 1, b"", False
    try:
        async for chunk in chunks:
            *ended, rest = (rest + chunk).split(b"\n")
            for raw in ended:
                yield line(raw, is_long=skipping or len(raw) > longest)
                number, skipping = number + 1, False
            if len(rest) > longest:
                rest, skipping = b"", True
    except InputError as error:
        yield BulkLine(number, b"", error)
        return
    if rest or skipping:
        yield line(rest, is_long=skipping)
