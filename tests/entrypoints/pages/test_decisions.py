"""The page in the place of a blocked name, and the public page of a decision, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from cityshield.adapters.clock import SystemClock
from cityshield.adapters.store.database import open_database
from cityshield.config import Config
from cityshield.desk import Desk
from cityshield.vocabulary.identity import Identity
from tests.conftest import Live, find_program

ANA, BO = Identity("ana", "analyst"), Identity("bo", "analyst")
REASON = "asks for card numbers <b>in our name</b>"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service with a block, a warning, an open proposal, and a block that ended: 1 to 4."""
    home = tmp_path_factory.mktemp("city")
    (home / "cityshield.toml").write_text(
        '[operator]\nname = "Test City CERT"\ncontact = "help@cert.example"\n'
    )
    engine = open_database(home)
    desk = Desk(engine, SystemClock(), Config())
    desk.propose("parcel-desk.example", "block", REASON, ANA, scope="domain")
    desk.propose("https://docs.example/forms/1", "warn", REASON, ANA)
    desk.propose("open.example", "block", REASON, ANA)
    desk.propose("cleaned.example", "block", REASON, ANA)
    for number in (1, 2, 4):
        desk.approve(number, BO)
    desk.end(4, "the owner has cleaned it", BO)
    engine.dispose()
    live = Live(home)
    yield live
    live.stop()


@pytest.fixture(scope="module")
def browser(city: Live) -> Iterator[Browser]:
    """A browser whose resolver leads every name of `.example` to the service."""
    rules = f"--host-resolver-rules=MAP *.example 127.0.0.1:{city.port}"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=find_program("chromium"), args=["--no-sandbox", rules]
        )
        yield opened
        opened.close()


@pytest.mark.chromium
@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize(("lang", "words"), [
    ("en", ["Stopped", "Test City CERT stops", "2 people looked", "Close this page",
            "In force since", "Until", "help@cert.example", "decision 1"]),
    ("zh-CN", ["已拦截", "Test City CERT 拦下了", "2 个人看过", "关掉这一页", "起生效", "最迟到",
               "help@cert.example", "决定 1"]),
])  # fmt: skip
def test_who_opens_a_blocked_name_is_told_what_why_and_how_to_appeal(
    browser: Browser, lang: str, words: list[str], javascript: bool
) -> None:
    context = browser.new_context(locale=lang, java_script_enabled=javascript)
    page = context.new_page()
    failed: list[str] = []
    page.on("requestfailed", lambda request: failed.append(request.url))
    answer = page.goto("http://shop.parcel-desk.example/pay?card=1")
    assert answer is not None and answer.status == 403
    told = page.inner_text("main")
    for word in words:
        assert word in told, told
    assert REASON in told
    assert "ana" not in told and "bo " not in told
    assert page.locator("svg.cat--alarm").count() == 1
    assert not failed
    if javascript:
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert colour == "rgb(251, 250, 247)"  # the style came, from the blocked host itself
    context.close()


@pytest.mark.chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_axe_finds_nothing_serious_and_nothing_scrolls_sideways(
    browser: Browser, city: Live, lang: str, scheme: str, tmp_path: Path
) -> None:
    addresses = [f"{city.url}/decisions/{number}" for number in (1, 2, 3, 4)]
    for address in (*addresses, "http://parcel-desk.example/"):
        context = browser.new_context(
            locale=lang, color_scheme=scheme, viewport={"width": 320, "height": 700}
        )
        page = context.new_page()
        page.goto(address)
        found = Axe().run(page).response["violations"]
        assert not [v["id"] for v in found if v["impact"] in ("serious", "critical")], address
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        context.close()


def test_each_state_has_its_page(city: Live) -> None:
    for number, word, cat in (
        (1, "Stopped", "alarm"),
        (2, "Careful", "alert"),
        (3, "Under review", "curious"),
        (4, "No longer in force", "curious"),
    ):
        page = httpx.get(f"{city.url}/decisions/{number}?lang=en")
        assert page.status_code == 200
        assert word in page.text and f"cat--{cat}" in page.text, number
    assert "the owner has cleaned it" in page.text
    assert "&lt;b&gt;in our name" in page.text
    assert httpx.get(f"{city.url}/decisions/99").status_code == 404
    assert httpx.get(f"{city.url}/decisions/0").status_code in (400, 404)


@pytest.mark.parametrize("host", ["docs.example", "open.example", "cleaned.example", "example",
                                  "127.0.0.1", "xn--", "a" * 300 + ".example",
                                  "[::1]", "parcel-desk.example.test"])  # fmt: skip
def test_other_hosts_get_the_usual_page(city: Live, host: str) -> None:
    answer = httpx.get(city.url, headers={"host": host, "accept-language": "en"})
    assert answer.status_code == 200
    assert "Got something odd?" in answer.text


def test_the_block_page_answers_whatever_is_asked_of_the_host(city: Live) -> None:
    for method, path in (("POST", "/"), ("GET", "/api/v1/checks"), ("HEAD", "/x"), ("PUT", "/%00")):
        host = {"host": "Parcel-Desk.example.:8080", "accept-language": "zh"}
        answer = httpx.request(method, f"{city.url}{path}", headers=host)
        assert answer.status_code == 403
        assert method == "HEAD" or "已拦截" in answer.text
        assert "content-security-policy" in answer.headers
    style = httpx.get(f"{city.url}/static/page.css", headers={"host": "parcel-desk.example"})
    assert style.status_code == 200
