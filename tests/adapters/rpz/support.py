"""A zone kept in memory, and its server in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dns.message
import dns.query

from cityshield.adapters.rpz.server import ZoneServer
from cityshield.adapters.rpz.settings import ZoneSettings
from cityshield.ports.zone import Change, Record

ZONE = "cityshield.rpz"


class MemoryZone:
    """The `Zone` port over states that the test sets."""

    def __init__(self, *names: str) -> None:
        self.states: dict[int, dict[str, int]] = {1: dict.fromkeys(names, 1)}
        self.waiting = False
        self.told: Callable[[], object] = lambda: None

    def change(self, **records: int | None) -> int:
        held = dict(self.states[self.serial()])
        for owner, policy in records.items():
            name = owner.replace("_", ".")
            if policy is None:
                del held[name]
            else:
                held[name] = policy
        serial = self.serial() + 1
        self.states[serial] = held
        self.told()
        return serial

    def serial(self) -> int:
        return max(self.states)

    def records(self) -> tuple[int, Iterator[Record]]:
        serial = self.serial()
        return serial, (Record(*item) for item in sorted(self.states[serial].items()))

    def changes(self, since: int) -> tuple[int, Iterator[Change]] | None:
        if since not in self.states:
            return None
        old, new = self.states[since], self.states[self.serial()]
        names = sorted(old.keys() | new.keys())
        changed = [n for n in names if old.get(n) != new.get(n)]
        return self.serial(), (Change(n, old.get(n), new.get(n)) for n in changed)

    def is_waiting(self) -> bool:
        return self.waiting

    def publish(self) -> int | None:
        return None


@contextmanager
def serving(zone: MemoryZone, **settings: object) -> Iterator[ZoneServer]:
    """The server on a port of its own, until the block ends."""
    server = ZoneServer(zone, ZoneSettings(port=0, **settings))  # type: ignore[arg-type]
    zone.told = lambda: setattr(server, "_serial", zone.serial())
    ready = threading.Event()
    ends: list[Callable[[], object]] = []

    async def run() -> None:
        end = asyncio.Event()
        loop = asyncio.get_running_loop()
        ends.append(lambda: loop.call_soon_threadsafe(end.set))
        async with server.listening():
            ready.set()
            await end.wait()

    thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield server
    finally:
        ends[0]()
        thread.join(10)


def ask(
    server: ZoneServer, type_: str, name: str = ZONE, *, tcp: bool = False
) -> dns.message.Message:
    """One question and its answer."""
    query = dns.message.make_query(name, type_)
    host, port = server.addresses[0]
    send = dns.query.tcp if tcp else dns.query.udp
    return send(query, host, timeout=5, port=port)
