"""Whoever has no room waits, in order, and nobody waits for another's trouble."""

from __future__ import annotations

import asyncio

import pytest

from cityshield.adapters.sites import budget as budgets
from cityshield.adapters.sites import turnstile as turnstiles
from cityshield.adapters.sites.budget import ALL, Budget, keys_of
from cityshield.adapters.sites.settings import Limit, SitesSettings
from cityshield.adapters.sites.turnstile import Overdrawn, Turnstile

WIDE = Limit(100, 10_000)
A, B = keys_of("192.0.2.1", "a.example"), keys_of("192.0.2.2", "b.example")


def turnstile(**limits: Limit) -> Turnstile:
    given = {"address": WIDE, "network": WIDE, "domain": WIDE, "all": WIDE, **limits}
    return Turnstile(Budget(SitesSettings(**given)), 60)


async def test_who_comes_first_is_served_first_and_others_are_not_held_up() -> None:
    gate, order = turnstile(address=Limit(1, 1000)), []

    async def visit(name: str, keys: tuple[str, ...]) -> None:
        await gate.enter(keys)
        order.append(name)
        await asyncio.sleep(0.01)
        gate.leave(keys)

    await asyncio.gather(visit("a1", A), visit("a2", A), visit("a3", A), visit("b1", B))
    assert order == ["a1", "b1", "a2", "a3"]
    assert gate._queues == {}
    assert gate.budget.in_flight(ALL) == 0


async def test_many_that_share_some_keys_all_come_to_their_turn() -> None:
    gate = turnstile(address=Limit(2, 10_000), domain=Limit(1, 10_000), all=Limit(3, 10_000))
    most: dict[str, int] = {}

    async def visit(number: int) -> None:
        keys = keys_of(f"192.0.2.{number % 5}", f"{number % 7}.example")
        await gate.enter(keys)
        for key in keys:
            most[key] = max(most.get(key, 0), gate.budget.in_flight(key))
        await asyncio.sleep(0)
        gate.leave(keys)

    async with asyncio.timeout(5):
        await asyncio.gather(*map(visit, range(500)))
    assert most[ALL] == 3
    assert max(count for key, count in most.items() if key[0] == "d") == 1
    assert gate._queues == {}


async def test_who_is_called_off_while_waiting_leaves_no_hole() -> None:
    gate = turnstile(address=Limit(1, 1000))
    await gate.enter(A)
    waiting = [asyncio.create_task(gate.enter(A)) for _ in range(3)]
    await asyncio.sleep(0)
    gate.leave(A)
    waiting[0].cancel()  # in the very moment that its turn came
    await asyncio.gather(waiting[0], return_exceptions=True)
    async with asyncio.timeout(1):
        await waiting[1]
    assert not waiting[2].done()
    waiting[2].cancel()


async def test_who_makes_us_wait_for_long_does_not_stop_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(budgets, "_FIRST_PAUSE_S", 0.3)
    monkeypatch.setattr(turnstiles, "_SHORT_S", 0.1)
    gate = turnstile(all=Limit(1, 1000))
    await gate.enter(A)
    gate.budget.learn(A, await gate.begin(A), 503, 0.1)
    gate.budget.end(A, 0)
    busy = asyncio.create_task(gate.begin(A))
    async with asyncio.timeout(0.2):
        await gate.enter(B)
        await gate.begin(B)
    gate.leave(B)
    await busy
    assert gate.budget.in_flight(ALL) == 1
    gate.budget.learn(A, 0, 503, 0.1)
    busy = asyncio.create_task(gate.begin(A))
    await asyncio.sleep(0)
    busy.cancel()
    await asyncio.gather(busy, return_exceptions=True)
    gate.leave(A)
    assert gate.budget.in_flight(ALL) == 0


async def test_a_wait_that_is_not_worth_it_is_not_begun() -> None:
    gate = turnstile()
    await gate.enter(A)
    gate.budget.learn(A, await gate.begin(A), 429, 0.1, 3600)
    with pytest.raises(Overdrawn):
        await gate.begin(A)
