"""The real collection: how much of it is taken, and the same hits as trying each template."""

from __future__ import annotations

import time
from collections import Counter
from functools import cache

import msgspec
import pytest
from benchmarks.templates import home_templates, hostile_pages, make_pages

from benchmarks import naive_templates
from cityshield.adapters.knowledge.templates import compile_templates
from cityshield.adapters.sites.paths import TIER_1
from cityshield.guards.check import Check, discover
from cityshield.guards.sites.given import site
from cityshield.guards.sites.templates.engine import Engine
from cityshield.guards.sites.templates.known import Known, silent_ids
from cityshield.guards.sites.templates.model import Compiled, Template
from cityshield.guards.sites.templates.plan import PathPlan
from cityshield.rooms import GUARDS_FOLDER
from tests.conftest import data_folder
from tests.guards.sites.templates.written import seen

pytestmark = pytest.mark.data


@cache
def collection() -> Compiled:
    folder = data_folder()
    assert folder is not None
    return compile_templates(folder / "sites" / "nuclei-templates.tar.gz")


@cache
def home() -> tuple[list[Template], Engine]:
    templates = home_templates()
    engine = Engine(templates)
    engine.prepare()
    return templates, engine


def the_check() -> Check:
    checks = discover("sites", GUARDS_FOLDER / "sites" / "checks")
    return next(each for each in checks if each.name == "template")


def test_nine_in_ten_are_taken_and_the_others_have_a_reason() -> None:
    compiled = collection()
    assert len(compiled.templates) + len(compiled.refusals) == 3033
    assert len(compiled.templates) >= 2700
    kinds = Counter(each.protocol for each in compiled.templates)
    assert (kinds["dns"], kinds["ssl"]) == (15, 29)
    reasons = Counter(each.reason for each in compiled.refusals)
    assert reasons.keys() == {
        "attack", "headers", "variables", "path", "several-answers", "method", "record", "writes",
        "matcher", "out-of-band", "extractor", "tags", "protocol", "function",
    }  # fmt: skip
    assert all(each.file.endswith(".yaml") for each in compiled.refusals)


def test_nothing_that_was_taken_asks_for_more_than_a_plain_page() -> None:
    for each in collection().templates:
        for question in each.questions:
            if each.protocol == "http":
                assert all(path.startswith("/") and ".." not in path for path in question.asks)


def test_shared_paths_complete_most_of_what_can_be() -> None:
    plan = PathPlan(collection().templates)
    complete = [each.complete for each in plan.reach((0, 20, 50, 200))]
    assert complete == sorted(complete)
    assert complete[0] >= 900
    assert complete[-1] >= complete[0] + 400


@pytest.mark.slow
def test_the_hits_are_those_of_trying_each() -> None:
    templates, engine = home()
    pages = make_pages(templates, 36)
    told = [engine.match(page) for page in pages]
    assert sum(len(each.hits) for each in told) > 60
    for page, outcome in zip(pages, told, strict=True):
        assert not outcome.is_cut
        assert outcome.hits == naive_templates.hits_of(templates, page, linear=True)


@pytest.mark.slow
def test_python_finds_the_same_where_it_comes_to_an_end() -> None:
    """`re` for the patterns, on small pages, for on a large one it takes seconds."""
    templates, engine = home()
    for page in make_pages(templates, 24)[::6]:
        assert engine.match(page).hits == naive_templates.hits_of(templates, page)


def test_a_page_takes_milliseconds_even_a_hostile_one() -> None:
    templates, engine = home()
    pages = make_pages(templates, 100)
    began = time.process_time()
    for page in pages:
        engine.match(page)
    assert time.process_time() - began < 100 / 100  # a third of what is promised
    for page in hostile_pages(templates):
        began = time.process_time()
        engine.match(page)
        assert time.process_time() - began < 0.25


WELL_KEPT = (
    b"<!doctype html><html lang=en><title>City library</title><h1>Open daily</h1>"
    b"<script src=/js/app.js integrity=sha384-x></script><a href=/login>Sign in</a>"
    b"<form action=/search><input name=q></form><footer>Copyright 2026 City library. "
    b"Call 010-12345678, mail library@town.example</footer>"
)


def test_a_well_kept_site_has_no_finding() -> None:
    """Neither its home page, nor its records and its certificate."""
    compiled = collection()
    engine = Engine(compiled.templates)
    check = the_check()
    known = Known(msgspec.json.encode(compiled), check.card()["data"])
    for path in ("/", "/login", "/robots.txt", *TIER_1):
        for status in (200, 404):
            for hit in engine.match(seen(WELL_KEPT, status, path=path)).hits:
                about = known.get(hit.id)
                assert about is None or about.severity == "none", (path, status, hit)
    assert list(known.records.hits_of(site("city-library.example", {}))) == []


def test_what_is_never_told_is_among_them() -> None:
    check = the_check()
    ids = {each.id for each in collection().templates}
    assert silent_ids(check.card()["data"]).keys() <= ids
