"""The inventory: taken whole, never forgetful of who said no, told in the export."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cityshield.adapters.store.audit import read_audit
from cityshield.adapters.store.backup import export_everything
from cityshield.adapters.store.database import open_database
from cityshield.adapters.store.permits import Permits
from cityshield.adapters.store.sites import (
    count_sites,
    get_site,
    import_sites,
    list_sites,
    opt_in,
    opt_out,
    refusals,
    remove_sites,
    to_visit,
)
from cityshield.vocabulary.census import Site
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.identity import ADMIN, Identity

BY = Identity("ana", ADMIN, how="local")


@pytest.fixture
def engine(home: Path) -> Engine:
    made = open_database(home)
    found = [Site("a.example", "A", "school", "East"), Site("b.example"), Site("a.example", "A2")]
    done = import_sites(made, BY, 5, found, file="x.csv", authorised_by="Mayor")
    assert (done.taken, done.new, done.duplicates, done.sites) == (3, 2, 1, 2)
    return made


def test_a_later_import_adds_and_keeps_what_it_does_not_say(engine: Engine) -> None:
    found = [Site("a.example", "", "office"), Site("c.example")]
    done = import_sites(engine, BY, 6, found, file="y", authorised_by="Board")
    assert (done.taken, done.new, done.duplicates, done.sites) == (2, 1, 0, 3)
    known = get_site(engine, "a.example")
    assert (known.owner, known.sector, known.authorised_by) == ("A2", "office", "Board")
    assert get_site(engine, "b.example").authorised_by == "Mayor"


def test_an_import_that_breaks_takes_nothing(engine: Engine) -> None:
    def broken() -> Iterator[Site]:
        yield Site("c.example")
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk"):
        import_sites(engine, BY, 6, broken(), file="y", authorised_by="B")
    assert count_sites(engine).sites == 2
    assert [entry.action for entry in read_audit(engine)] == ["sites.import"]


def test_who_opted_out_stays_out_until_taken_back(engine: Engine) -> None:
    opt_out(engine, BY, 6, "a.example", "asked")
    opt_out(engine, BY, 7, "later.example", "asked before it was ever listed")
    found = [Site("a.example"), Site("later.example"), Site("c.example")]
    done = import_sites(engine, BY, 8, found, file="y", authorised_by="B")
    assert (done.sites, done.opted_out) == (4, 2)
    assert [site.host for site, _ in to_visit(engine, None)] == ["b.example", "c.example"]
    asked = ["a.example", "b.example", "nobody.example", "later.example"]
    assert refusals(engine, asked) == {
        "a.example": "opted-out", "later.example": "opted-out", "nobody.example": "out-of-scope",
    }  # fmt: skip
    remove_sites(engine, BY, 9, ["a.example"])
    assert refusals(engine, ["a.example"]) == {"a.example": "out-of-scope"}
    import_sites(engine, BY, 10, [Site("a.example")], file="z", authorised_by="B")
    assert [site.host for site in list_sites(engine, opted_out=True)] == [
        "a.example", "later.example",
    ]  # fmt: skip
    opt_in(engine, BY, 11, "a.example")
    assert refusals(engine, ["a.example"]) == {}
    with pytest.raises(InputError):
        opt_in(engine, BY, 12, "a.example")


def test_every_site_is_found_across_pieces(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cityshield.adapters.store.sites._BATCH", 10)
    monkeypatch.setattr("cityshield.adapters.store.sites._AT_ONCE", 7)
    hosts = [f"site-{number:03}.example" for number in range(95)]
    import_sites(engine, BY, 6, map(Site, hosts), file="y", authorised_by="B")
    found = [site.host for site, _ in to_visit(engine, None)]
    assert found == ["a.example", "b.example", *hosts]
    assert refusals(engine, [*hosts, "x.example"]) == {"x.example": "out-of-scope"}
    assert remove_sites(engine, BY, 7, hosts) == 95
    with pytest.raises(InputError):
        get_site(engine, hosts[0])


def test_the_inventory_is_in_the_export(engine: Engine) -> None:
    opt_out(engine, BY, 6, "a.example", "asked")
    told = [row for row in export_everything(engine) if str(row["table"]).startswith("site")]
    assert {(row["table"], row.get("host", "")) for row in told} == {
        ("site_imports", ""), ("sites", "a.example"), ("sites", "b.example"),
        ("site_opt_outs", "a.example"),
    }  # fmt: skip


def test_a_permit_is_that_of_this_moment(engine: Engine) -> None:
    permits = Permits(engine)
    assert [permits.reason(host) for host in ("a.example", "c.example")] == ["", "out-of-scope"]
    opt_out(engine, BY, 6, "a.example", "the owner called")
    assert permits.reason("a.example") == "opted-out"
    opt_in(engine, BY, 7, "a.example")
    remove_sites(engine, BY, 8, ["b.example"])
    assert [permits.reason(host) for host in ("a.example", "b.example")] == ["", "out-of-scope"]
