"""Walks down the street of hostile servers with the real gatherer, and tells what came of it.

Run as a program, so that its memory and its time are its own; prints one JSON object.
"""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from pathlib import Path
from time import monotonic, process_time

import msgspec

from cityshield.adapters.clock import SystemClock
from cityshield.adapters.sites import resolver
from cityshield.adapters.sites.gatherer import Gatherer
from cityshield.adapters.sites.settings import Limit, SitesSettings
from cityshield.guards.sites.facts import SiteFacts
from cityshield.guards.sites.fingerprints import more_paths
from cityshield.guards.sites.page import read_page
from tests.adapters.sites.farm import registrable
from tests.adapters.sites.scope import Scope

_FAST = Limit(1000, 100_000)


class Walked(msgspec.Struct):
    """What a walk gave: facts by house, when each was there, and what all of it cost."""

    facts: dict[str, SiteFacts]
    done_s: dict[str, float]
    took_s: float
    cpu_s: float
    before_kib: int
    most_kib: int


async def walk(houses: list[str], plain: int, secure: int, mail: int, names: int) -> Walked:
    settings = SitesSettings(
        address=Limit(2, 1000), domain=_FAST, network=_FAST, all=_FAST, agent="CityShield (+https://shield.example/)",
        resolvers=(f"127.0.0.1:{names}",), plain_port=plain, secure_port=secure, mail_port=mail,
        connect_s=4, time_s=6, slow_s=3, patience_s=6,
    )  # fmt: skip
    gatherer = Gatherer(
        settings,
        Scope(["*.street.example"]),
        lets=lambda address: address.startswith("127.0.0."),
        registrable=registrable,
        read_page=partial(read_page),
        clock=SystemClock(),
        more_paths=more_paths,
        profile="full",
        secret=b"a key of this test",
    )
    before = most_kib()
    began, cpu = monotonic(), process_time()
    facts: dict[str, SiteFacts] = {}
    done: dict[str, float] = {}
    async for each in gatherer.visit([f"{house}.street.example" for house in houses]):
        house = each.host.partition(".")[0]
        facts[house], done[house] = each, monotonic() - began
    return Walked(facts, done, monotonic() - began, process_time() - cpu, before, most_kib())


def most_kib() -> int:
    """The most memory that this program has had; what `getrusage` tells is its parent's too."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


if __name__ == "__main__":
    resolver._TRIES_S = (1.0, 1.0, 2.0)
    ports = [int(text) for text in sys.argv[1:5]]
    told = asyncio.run(walk(sys.argv[5:], *ports))
    sys.stdout.buffer.write(msgspec.json.encode(told))
