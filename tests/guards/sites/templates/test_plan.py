"""Which paths templates share, and which are asked for only where their software was seen."""

from __future__ import annotations

from cityshield.guards.sites.given import site
from cityshield.guards.sites.templates.model import Template
from cityshield.guards.sites.templates.plan import MOST_MORE, MOST_SHARED, PathPlan
from cityshield.guards.sites.templates.reading import read_template
from tests.guards.sites.templates.written import written

WORDS = "matchers:\n  - type: word\n    words: [parcel]"


def asking(id_: str, paths: list[str], tags: str = "panel") -> Template:
    lines = "\n".join(f'      - "{{{{BaseURL}}}}{path}"' for path in paths)
    data = written(WORDS, tags=tags).replace(b'      - "{{BaseURL}}/"', lines.encode())
    return read_template(data.replace(b"id: parcel-panel", f"id: {id_}".encode()))


COMMON = [asking(f"common-{n}", ["/login"]) for n in range(3)]
SHARED = [asking(f"shared-{n}-{k}", [f"/shared/{n}"]) for n in range(MOST_SHARED) for k in (1, 2)]
SPECIAL = [
    asking("parcel-log", ["/parcel/log"], "parcelcms"),
    asking("two", ["/a", "/b"], "twocms"),
]
HOME = [asking("home", ["/"]), asking("env", ["/.env"])]
PLAN = PathPlan([*HOME, *COMMON, *SHARED, *SPECIAL], ("/.env",))


def test_the_paths_that_complete_most_come_first() -> None:
    assert PLAN.ranked[0] == "/login"
    assert len(PLAN.shared) == MOST_SHARED
    assert [(each.paths, each.complete) for each in PLAN.reach((0, 1, 999))] == [
        (0, 2), (1, 5), (999, PLAN.total),
    ]  # fmt: skip


def test_a_site_is_asked_for_what_its_software_has() -> None:
    plain = PLAN.more_paths(site("town.example", {}))
    assert plain == PLAN.shared
    told = {
        "header": {"headers": ["x-powered-by: ParcelCMS 2.1"]},
        "generator": {"html": "<meta name=generator content='ParcelCMS 3'><p>"},
        "cookie": {"cookies": ["parcelcms=1"]},
        "name": {"templates": [{"id": "any", "sha256": "0", "names": ["parcelcms"]}]},
        "template": {"templates": [{"id": "parcel-log", "sha256": "0"}]},
    }
    for given in told.values():
        assert PLAN.more_paths(site("town.example", given)) == (*plain, "/parcel/log")


def test_words_that_say_nothing_open_no_path() -> None:
    page = {"headers": ["server: panel login apache"]}
    assert PLAN.more_paths(site("town.example", page)) == PLAN.shared


def test_a_site_is_never_asked_for_too_much() -> None:
    every = [asking(f"p{n}", [f"/p/{n}"], "parcelcms") for n in range(500)]
    given = {"headers": ["server: parcelcms"]}
    paths = PathPlan(every).more_paths(site("town.example", given))
    assert len(paths) == len(set(paths)) == MOST_MORE


def test_without_templates_there_is_nothing_to_ask() -> None:
    assert PathPlan([]).more_paths(site("town.example", {})) == ()
