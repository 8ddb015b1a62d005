"""Hashes by prefix over a real store."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from cityshield.adapters.clock import SystemClock
from cityshield.adapters.store.database import open_database
from cityshield.adapters.store.hashes import PREFIX_BYTES, find_hashes
from cityshield.adapters.store.indicators import import_entries
from cityshield.config import Config
from cityshield.desk import Desk
from cityshield.vocabulary.identity import Identity
from cityshield.vocabulary.indicator import HOST, URL

ANA, BO = Identity("ana", "analyst"), Identity("bo", "analyst")
CLOCK = SystemClock()
LISTED = ["www.shop.example/", "shop.example/", "shop.example/pay", "shop.example/pay?x=1"]


@pytest.mark.parametrize(
    ("scope", "target", "left"),
    [
        ("domain", "shop.example", []),
        ("host", "shop.example", ["www.shop.example/"]),
        ("url", "http://shop.example/pay", ["shop.example/", "www.shop.example/"]),
    ],
)
def test_what_is_allowed_is_left_out_with_all_that_it_takes_in(
    home: Path, scope: str, target: str, left: list[str]
) -> None:
    engine = open_database(home)
    entries = [(HOST if value.endswith("/") else URL, value) for value in LISTED]
    import_entries(engine, home, CLOCK, "partner", entries)
    desk = Desk(engine, CLOCK, Config())
    desk.approve(desk.propose(target, "allow", "ours", ANA, scope=scope).id, BO)
    digests = {value: sha256(value.encode()) for value in LISTED}
    prefixes = [digest.digest()[:PREFIX_BYTES] for digest in digests.values()]
    found = {each.hash for each in find_hashes(engine, prefixes, CLOCK.now())}
    assert sorted(v for v in LISTED if digests[v].hexdigest() in found) == left
