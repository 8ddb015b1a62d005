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
    """A line of the request by its number from 1; None for one that is too long."""

    number: int
    raw: bytes | None


Answer = Callable[[Sequence[BulkLine]], Awaitable[bytes]]


async def read_bulk(
    request: Request[Any, Any, Any], settings: Server, answer: Answer
) -> AsyncIterator[bytes]:
    """Answers to the lines of a request, in order, a batch at a time; blank lines are skipped.

    The client's meter is charged as the body comes in: one that is out of units is slowed down,
    not refused. Memory holds one line and one batch, whatever the body's length.
    """
    longest = settings.max_text_bytes + _LINE_EXTRA
    batch: list[BulkLine] = []
    size = 0
    async for line in _lines(_metered(request, settings.time_s), longest):
        if line.raw is not None and not line.raw.strip():
            continue
        batch.append(line)
        size += len(line.raw or b"")
        if len(batch) >= _BATCH_LINES or size >= longest:
            yield await answer(batch)
            batch, size = [], 0
            await asyncio.sleep(0)
    if batch:
        yield await answer(batch)


async def _metered(request: Request[Any, Any, Any], idle_s: float) -> AsyncIterator[bytes]:
    """The body as it comes in; InputError when nothing comes for so long."""
    state = request.scope.get("state", {})
    meter, client = state.get("meter"), state.get("client", "")
    units = 1.0
    chunks = aiter(request.stream())
    while True:
        try:
            async with asyncio.timeout(idle_s):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise InputError("error-time") from None
        units += len(chunk) / _UNIT_BYTES
        while meter is not None and units >= 1:
            wait = meter.wait_s(client, units, time.monotonic())
            if not wait:
                units = 0.0
                break
            await asyncio.sleep(min(wait, 5.0))
        yield chunk


async def _lines(chunks: AsyncIterator[bytes], longest: int) -> AsyncIterator[BulkLine]:
    """Lines of a stream of bytes; the middle of one that is too long is not kept."""
    number, rest, skipping = 1, b"", False
    async for chunk in chunks:
        *ended, rest = (rest + chunk).split(b"\n")
        for raw in ended:
            yield BulkLine(number, None if skipping or len(raw) > longest else raw)
            number, skipping = number + 1, False
        if len(rest) > longest:
            rest, skipping = b"", True
    if rest or skipping:
        yield BulkLine(number, None if skipping else rest)
