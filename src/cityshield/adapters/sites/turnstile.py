"""Where requests wait until the budget lets them begin."""

from __future__ import annotations

import asyncio
from collections import deque
from time import monotonic

from cityshield.adapters.sites.budget import Budget, Keys

_SHORT_S = 2.0


class Overdrawn(Exception):
    """The wait would be longer than it is worth."""


class Turnstile:
    """Lets in who has room, in the order of coming for each key."""

    def __init__(self, budget: Budget, longest_wait_s: float) -> None:
        self.budget = budget
        self._longest_wait_s = longest_wait_s
        self._queues: dict[str, deque[asyncio.Future[None]]] = {}

    async def enter(self, keys: Keys, first: bool = False) -> None:
        """Wait for a place with all keys, and take it. `first` goes before all others."""
        full = self.budget.enter(keys)
        while full:
            queue = self._queues.setdefault(full, deque())
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            if first:
                queue.appendleft(turn)
            else:
                queue.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done():  # the turn was ours, so somebody else has it now
                    self._wake(full)
                raise
            was = full
            full = self.budget.enter(keys)
            if full and full != was:
                self._wake(was)
            first = True

    def leave(self, keys: Keys) -> None:
        """Give the place back to those who wait."""
        self.budget.leave(keys)
        for key in keys:
            self._wake(key)

    async def begin(self, keys: Keys) -> float:
        """Wait, with a place, until one more request may begin: since when. Raises Overdrawn."""
        while (delay := self.budget.delay(keys, now := monotonic())) > 0:
            if delay > self._longest_wait_s:
                raise Overdrawn
            if delay <= _SHORT_S:
                await asyncio.sleep(delay)
            else:
                await self._wait_outside(keys, delay)
        return now

    async def _wait_outside(self, keys: Keys, delay: float) -> None:
        """Let others use the place meanwhile: who makes us wait for long must not stop the run."""
        self.leave(keys)
        try:
            await asyncio.sleep(delay)
            await self.enter(keys, first=True)
        except asyncio.CancelledError:
            self.budget.hold(keys)  # for whoever has a place gives it back
            raise

    def _wake(self, key: str) -> None:
        queue = self._queues.get(key)
        while queue:
            turn = queue.popleft()
            if not turn.done():
                turn.set_result(None)
                break
        if queue is not None and not queue:
            del self._queues[key]
