"""The page of statistics in a real browser, and the same figures as open data."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from cityshield.adapters.clock import SystemClock
from cityshield.adapters.sentences.sentences import Sentences
from cityshield.adapters.store.database import open_database
from cityshield.appeals import Appeals
from cityshield.config import Config
from cityshield.desk import Desk
from cityshield.entrypoints.pages.routes import FOLDER
from cityshield.entrypoints.pages.statistics import KEPT_S, Kept
from cityshield.vocabulary.errors import StoreError
from cityshield.vocabulary.identity import Identity
from tests.conftest import Live, find_program

ANA, BO, CY = (Identity(name, "analyst") for name in ("ana", "bo", "cy"))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    live = Live(tmp_path_factory.mktemp("empty"))
    yield live
    live.stop()


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Three blocks, of which one ended by an appeal as wrong, and an appeal that waits."""
    home = tmp_path_factory.mktemp("city")
    (home / "cityshield.toml").write_text('[operator]\nname = "Test City <CERT>"\n')
    engine = open_database(home)
    desk = Desk(engine, SystemClock(), Config())
    appeals = Appeals(engine, SystemClock(), Config())
    for name in ("a.example", "b.example", "c.example"):
        desk.approve(desk.propose(name, "block", "secret-reason", ANA).id, BO)
    for number in (1, 2):
        appeals.open(
            number, "owner", "mistake", "zebra-text", contact="lion@x.example", evidence={}
        )
    appeals.grant(1, "our fault", "wrong", CY)
    engine.dispose()
    live = Live(home)
    yield live
    live.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=find_program("chromium"), args=["--no-sandbox"]
        )
        yield opened
        opened.close()


def get(live: Live, path: str, **headers: str) -> httpx.Response:
    return httpx.get(live.url + path, headers={"accept-language": "en", **headers}, timeout=30)


async def test_figures_are_counted_once_and_the_old_ones_serve_meanwhile(home: Path) -> None:
    service = At(home)
    kept = Kept(service)  # type: ignore[arg-type]
    first, second = await asyncio.gather(kept.figures(), kept.figures())
    assert first is second
    service.at += KEPT_S - 1
    assert await kept.figures() is first
    service.at += 1
    assert await kept.figures() is first
    while await kept.figures() is first:
        await asyncio.sleep(0.01)
    newer = await kept.figures()
    assert newer.at == service.at
    (home / "cityshield.sqlite3").unlink()
    service.at += KEPT_S
    assert await kept.figures() is newer
    while kept._counting is not None:
        await asyncio.sleep(0.01)
    with pytest.raises(StoreError):
        await Kept(service).figures()  # type: ignore[arg-type]
    service.engine.dispose()


@pytest.mark.chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_the_page_is_for_everybody(
    browser: Browser, city: Live, empty: Live, lang: str, scheme: str
) -> None:
    for live, charts in ((city, 4), (empty, 0)):
        context = browser.new_context(
            locale=lang, color_scheme=scheme, viewport={"width": 320, "height": 700}
        )
        page = context.new_page()
        page.goto(f"{live.url}/statistics")
        assert page.locator("svg.chart").count() == charts
        for summary in page.locator("details.behind summary").all():
            summary.click()
        found = Axe().run(page).response["violations"]
        assert not [v["id"] for v in found if v["impact"] in ("serious", "critical")]
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert "statistics-" not in page.inner_text("body")
        unknown = "unknown" if lang == "en" else "未知"
        assert unknown in page.inner_text("main").lower()
        context.close()


def test_every_chart_has_its_numbers_in_a_table_behind_it(city: Live) -> None:
    page = get(city, "/statistics").text
    assert page.count('<svg class="chart"') == page.count('<details class="behind"') == 4
    assert '<th scope="row">Granted: the block was wrong</th><td>1</td>' in page
    assert '<th scope="row">An appeal was granted</th><td>1</td>' in page
    assert "Test City &lt;CERT&gt;" in page
    assert "style=" not in page


def test_json_and_csv_say_the_same_and_nothing_of_anybody(city: Live) -> None:
    told = get(city, "/statistics.json")
    figures = told.json()
    assert figures["licence"] == "CC BY 4.0"
    assert figures["operator"] == "Test City <CERT>"
    assert figures["in_force"] == [
        {"action": "block", "origin": "reviewed", "scope": "host", "count": 2}
    ]
    assert (figures["ever"], figures["wrong"], figures["wrong_per_10000"]) == (3, 1, 3333.33)
    assert figures["medians"]["appeal_to_decision_s"] is None
    sheet = get(city, "/statistics.csv")
    assert sheet.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(StringIO(sheet.text)))
    assert rows[0] == ["figure", "of", "value"]
    for row in (
        ["licence", "", "CC BY 4.0"],
        ["in_force", "block/reviewed/host", "2"],
        ["ends", "appeal", "1"],
        ["appeals", "open", "1"],
        ["wrong_per_10000", "", "3333.33"],
        ["median", "appeal_to_decision_s", "unknown"],
        ["median", "proposal_to_force_s", "0"],
    ):
        assert row in rows
    weeks = [row[2] for row in rows if row[0] == "made"]
    assert sum(map(int, weeks)) == 3 and len(weeks) == len(figures["weeks"])
    for text in (told.text, sheet.text, get(city, "/statistics").text):
        for word in ("a.example", "b.example", "zebra", "lion", "ana", "secret-reason", "owner"):
            assert word not in text, word


@pytest.mark.parametrize("path", ["/statistics", "/statistics.json", "/statistics.csv"])
def test_what_was_not_changed_is_not_sent_again(city: Live, path: str) -> None:
    first = get(city, path)
    assert first.headers["cache-control"] == "public, max-age=600"
    assert get(city, path).content == first.content
    for known in (first.headers["etag"], f'"x", W/{first.headers["etag"]}'):
        again = get(city, path, **{"if-none-match": known})
        assert (again.status_code, again.content) == (304, b"")
    assert get(city, path, **{"if-none-match": '"x"'}).status_code == 200


class At:
    """What `Kept` asks of a service: a store, and a clock that the test moves."""

    def __init__(self, home: Path) -> None:
        self.engine = open_database(home)
        self.clock = self
        self.at = 1_800_000_000

    def now(self) -> int:
        return self.at


def test_one_is_said_as_one() -> None:
    say = Sentences((FOLDER / "sentences",)).say
    for count, told in (
        ("1", "1 block was ever"),
        ("0", "0 blocks were"),
        ("1,234", "1,234 blocks were"),
    ):
        assert told in say("statistics-wrong-how", "en", count=count)
    assert "deleted 1 day after" in say("appeal-keeps", "en", days="1")
