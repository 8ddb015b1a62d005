"""When the automatic tier has something new to look at."""

from __future__ import annotations

from pathlib import Path

from cityshield.adapters.store.database import open_database
from cityshield.adapters.store.guarded import trust
from cityshield.adapters.store.indicators import import_entries
from cityshield.adapters.store.listings import agreement_of
from tests.adapters.store.test_indicators import Clock, hosts
from tests.adapters.store.test_store import ROOT


def test_only_trusted_sources_give_it_something_to_look_at(home: Path) -> None:
    engine, clock = open_database(home), Clock()
    import_entries(engine, home, clock, "rumour", hosts("a.example"))
    assert agreement_of(engine) == ""
    import_entries(engine, home, clock, "partner", hosts("a.example"))
    trust(engine, "partner", ROOT, clock.now(), trusted=True)
    before = agreement_of(engine)
    assert before
    clock.time += 10
    import_entries(engine, home, clock, "rumour", hosts("b.example"))
    assert agreement_of(engine) == before
    import_entries(engine, home, clock, "partner", hosts("b.example"))
    after = agreement_of(engine)
    assert after != before
    trust(engine, "rumour", ROOT, clock.now(), trusted=True)
    assert agreement_of(engine) != after
