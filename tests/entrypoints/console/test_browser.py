"""The console in a real browser: by keys alone, without JavaScript, and for everybody's eyes."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sqlalchemy import update

from cityshield.adapters.clock import SystemClock
from cityshield.adapters.store.database import open_database, writing
from cityshield.adapters.store.decisions import find, get
from cityshield.adapters.store.tables import appeals
from cityshield.adapters.store.tokens import create_token
from cityshield.appeals import Appeals
from cityshield.config import Config
from cityshield.desk import Desk
from cityshield.imports import import_feed, import_guard_list
from cityshield.vocabulary.appeal import GRANTED, NEED_MORE, OPEN, UPHELD
from cityshield.vocabulary.decision import IN_FORCE, PROPOSED, REFUSED
from cityshield.vocabulary.identity import Identity
from tests.conftest import Live, find_program

pytestmark = pytest.mark.chromium

ROOT = Identity("Root", "admin", how="local")
ANA, BO, DI = Identity("Ana", "analyst"), Identity("Bo", "analyst"), Identity("Di", "analyst")
CLOCK = SystemClock()
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


class City:
    """A service, its store seen from outside, and a token for each person."""

    def __init__(self, home: Path) -> None:
        loose = "[server]\nrate_per_minute = 6000000\nrate_burst = 1000000\n"
        (home / "cityshield.toml").write_text(loose)
        self.engine = open_database(home)
        self.desk = Desk(self.engine, CLOCK, Config())
        self.appeals = Appeals(self.engine, CLOCK, Config())
        listed = BytesIO(b"parcel-desk.example\n")
        import_feed(self.engine, home, CLOCK, ROOT, listed, source="partner")
        popular = BytesIO(b"metro.example\n")
        import_guard_list(self.desk, ROOT, popular, source="top-sites", guard="popular")
        people = {"Ana": "analyst", "Bo": "analyst", "Cy": "reader"}
        now = CLOCK.now()
        self.tokens = {
            name: create_token(self.engine, ROOT, now, name, role) for name, role in people.items()
        }
        self.live = Live(home)
        self.url = f"{self.live.url}/console"

    def propose(self, *names: str, by: Identity = ANA) -> list[int]:
        return [self.desk.propose(name, "block", "asks for card numbers", by).id for name in names]

    def appeal(self, name: str, speaker: str = "owner", by: Identity = ANA) -> int:
        """A new block by two people, and an appeal against it."""
        (number,) = self.propose(name, by=by)
        self.desk.approve(number, DI)
        given = {"purpose": "pots and pans\nand kettles", "control": "dns"}
        appeal, _ = self.appeals.open(
            number,
            speaker,
            "mistake",
            "I sell pots.\nNo cards.",
            contact="ring 555",
            evidence=given,
        )
        return appeal.id

    def due(self, number: int, in_s: int) -> None:
        """Move the clock of an appeal."""
        with writing(self.engine) as connection:
            due = {"due": CLOCK.now() + in_s}
            connection.execute(update(appeals).where(appeals.c.id == number).values(due))

    def answered(self, number: int) -> str:
        return self.appeals.case(number).appeal.state

    def state(self, number: int) -> str:
        return get(self.engine, number).state

    def sign_in(self, page: Page, name: str = "Bo") -> None:
        page.goto(self.url)
        page.fill("#token", self.tokens[name])
        page.press("#token", "Enter")
        page.wait_for_url(self.url)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    made = City(tmp_path_factory.mktemp("console"))
    yield made
    made.live.stop()
    made.engine.dispose()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=find_program("chromium"), args=FLAGS)
        yield opened
        opened.close()


def context(browser: Browser, locale: str = "en-GB", **options: object) -> BrowserContext:
    wanted = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce", **options}
    return browser.new_context(locale=locale, **wanted)  # type: ignore[arg-type]


def focused(page: Page) -> str:
    """The id of what has the focus."""
    return str(page.evaluate("document.activeElement.id"))


def test_a_queue_is_worked_through_by_keys_alone(browser: Browser, city: City) -> None:
    one, two, three, four = city.propose(
        "key-a.example", "key-b.example", "key-c.example", "key-d.example"
    )
    with context(browser) as opened:
        page = opened.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        city.sign_in(page)
        page.goto(f"{city.url}/decisions")
        keys = page.keyboard
        keys.press("/")
        assert focused(page) == "f-text"
        keys.type("key-jxar")  # letters while typing are letters
        expect(page.locator("#found")).to_contain_text("Nothing fits")
        for _ in "jxar":
            keys.press("Backspace")
        expect(page.locator("#found tbody tr")).to_have_count(4)
        assert "text=key-" in page.url
        keys.press("Escape")
        assert focused(page) == f"d{one}"
        assert page.input_value("#f-text") == "key-"
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
        for key, expected in (("j", two), ("j", three), ("k", two), ("k", one), ("k", one)):
            keys.press(key)
            assert focused(page) == f"d{expected}"
        keys.press("?")
        expect(page.locator("dialog")).to_be_visible()
        keys.press("j")
        keys.press("Escape")
        expect(page.locator("dialog")).not_to_be_visible()
        keys.press("j")
        keys.press("Enter")
        page.wait_for_url(f"{city.url}/decisions/{two}")
        page.go_back()
        page.wait_for_selector("#found tbody tr")
        keys.press("j")
        keys.press("x")
        keys.press("j")
        keys.press("x")
        expect(page.locator("#chosen")).to_have_text("Chosen: 2")
        keys.press("a")
        page.wait_for_url("**/confirm?**")
        expect(page.locator(".card")).to_have_count(2)
        expect(page.locator("main")).to_contain_text("asks for card numbers")
        assert page.evaluate("scrollY") == 0  # nobody is led past the evidence
        keys.press("a")
        expect(page.locator(".card--done")).to_have_count(2)
        assert [city.state(number) for number in (one, two, three)] == [IN_FORCE] * 2 + [PROPOSED]
        page.goto(f"{city.url}/decisions?text=key-")
        keys.press("j")
        keys.press("r")
        page.wait_for_url("**/confirm?**")
        assert focused(page) == "reason"
        keys.type("a mistake")
        keys.press("Tab")
        keys.press("Enter")
        expect(page.locator(".card--done")).to_contain_text("Refused")
        assert [city.state(number) for number in (three, four)] == [REFUSED, PROPOSED]
        page.goto(f"{city.url}/decisions/{four}")
        keys.press("a")
        expect(page.locator(".card--done")).to_contain_text("In force now")
        assert not faults


def test_keys_can_be_turned_off(browser: Browser, city: City) -> None:
    city.propose("off.example")
    with context(browser) as opened:
        page = opened.new_page()
        city.sign_in(page)
        page.goto(f"{city.url}/decisions")
        page.click("#show-keys")
        page.uncheck("#keys-on")
        page.keyboard.press("Escape")
        page.reload()
        page.keyboard.press("j")
        page.keyboard.press("?")
        assert focused(page) == ""
        expect(page.locator("dialog")).not_to_be_visible()


def test_choosing_all_and_filtering_keep_what_is_chosen(browser: Browser, city: City) -> None:
    city.propose("kept-a.example", "kept-b.example", "gone.example")
    with context(browser) as opened:
        page = opened.new_page()
        city.sign_in(page)
        page.goto(f"{city.url}/decisions")
        page.check("#all")
        boxes = page.locator("input[name=d]")
        assert boxes.count() == page.locator("input[name=d]:checked").count() > 2
        page.fill("#f-text", "kept-")
        expect(page.locator("#found tbody tr")).to_have_count(2)
        expect(page.locator("#chosen")).to_have_text("Chosen: 2")
        page.select_option("#f-action", "allow")
        expect(page.locator("#found tbody tr")).to_have_count(0)
        expect(page.locator("#chosen")).to_have_text("None chosen")


def test_a_filter_after_the_session_ended_leads_to_signing_in(browser: Browser, city: City) -> None:
    with context(browser) as opened:
        page = opened.new_page()
        city.sign_in(page)
        page.goto(f"{city.url}/decisions")
        opened.clear_cookies()
        page.keyboard.press("/")
        page.keyboard.type("parcel")
        page.wait_for_selector("#token")
        page.fill("#token", city.tokens["Bo"])
        page.press("#token", "Enter")
        page.wait_for_url("**/decisions?**text=parcel")


def test_everything_works_without_javascript(browser: Browser, city: City) -> None:
    one, two, three = city.propose("plain-a.example", "plain-b.example", "plain-c.example")
    with context(browser, java_script_enabled=False) as opened:
        page = opened.new_page()
        city.sign_in(page)
        page.goto(f"{city.url}/decisions")
        assert not page.locator("#all, #show-keys").first.is_visible()
        page.fill("#f-text", "plain-")
        page.click("#filter button")
        assert page.locator("#found tbody tr").count() == 3
        for number in (one, two):
            page.check(f"input[name=d][value='{number}']")
        page.click("button[value=approve]")
        page.click("main form button.button")
        assert page.locator(".card--done").count() == 2
        page.goto(f"{city.url}/decisions?text=plain-")
        page.check("input[name=d]")
        page.click("button[value=end]")
        page.fill("#reason", "a mistake")
        page.click("main form button.button")
        assert [city.state(n) for n in (one, two, three)] == [IN_FORCE, IN_FORCE, REFUSED]
        page.goto(f"{city.url}/decisions/new")
        page.fill("#target", "https://shop.metro.example/pay")
        page.check("input[value=warn]")
        page.fill("#reason", "a false page")
        page.click("button[value=look]")
        assert "metro[.]example (popular, by top-sites)" in page.inner_text("main")
        page.click("button[value=change]")
        page.fill("#reason", "a false page indeed")
        page.click("button[value=look]")
        page.click("button[value=send]")
        made = max(find(city.engine), key=lambda decision: decision.id)
        assert page.url == f"{city.url}/decisions/{made.id}"
        assert (made.action, made.reason) == ("warn", "a false page indeed")
        page.click("a[href*='lang=zh-Hans'].language")
        assert page.locator("html[lang=zh-Hans]").count() == 1
        page.click("form.out button")
        assert page.url == f"{city.url}/sign-in"
        page.goto(f"{city.url}/decisions")
        assert page.locator("#token").count() == 1


def test_appeals_are_answered_by_keys_alone(browser: Browser, city: City) -> None:
    one, two = city.appeal("appeal-a.example"), city.appeal("appeal-b.example")
    city.due(two, -7200)
    with context(browser) as opened:
        page = opened.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        city.sign_in(page)
        page.click("a[href='/console/appeals'] >> nth=0")
        page.wait_for_url(f"{city.url}/appeals")  # until its keys are there
        keys = page.keyboard
        keys.press("/")
        keys.type("appeal-nxax")
        expect(page.locator("#found")).to_contain_text("Nothing fits")
        for _ in "nxax":
            keys.press("Backspace")
        expect(page.locator("#found tbody tr")).to_have_count(2)
        keys.press("Escape")
        assert focused(page) == f"a{two}"  # the overdue first
        for key, expected in (("j", one), ("k", two), ("x", two), ("a", two), ("r", two)):
            keys.press(key)
            assert focused(page) == f"a{expected}"
        keys.press("Enter")
        page.wait_for_url(f"{city.url}/appeals/{two}")
        expect(page.locator(".late")).to_contain_text("late by 2 h")
        expect(page.locator("kbd.hint")).to_have_text(["n", "w", "m", "u"])
        keys.press("?")
        expect(page.locator("dialog")).to_contain_text("uphold the decision")
        keys.press("Escape")
        keys.press("u")
        page.wait_for_url("**/confirm?act=uphold")
        assert focused(page) == "text"
        assert page.evaluate("scrollY") == 0  # nobody is led past the evidence
        keys.type("it still asks for cards")
        keys.press("Tab")
        keys.press("Enter")
        expect(page.locator(".card--done")).to_contain_text("The decision stays")
        assert (city.answered(one), city.answered(two)) == (OPEN, UPHELD)
        assert faults == []


def test_clocks_tick(browser: Browser, city: City) -> None:
    number = city.appeal("tick.example")
    (waits,) = city.propose("tick-too.example")
    with context(browser) as opened:
        page = opened.new_page()
        city.sign_in(page)
        city.due(number, 3600 + 20)
        page.clock.install()
        page.goto(f"{city.url}/appeals?text=tick")
        clock = page.locator(f"#a{number} time")
        expect(clock).to_have_text("1 h 0 min left")
        page.clock.run_for(60_000)
        expect(clock).to_have_text("59 min left")
        page.clock.run_for(59 * 60_000 + 30_000)
        expect(clock).to_have_text("late by 0 min")
        expect(clock).to_have_class("late")
        page.goto(f"{city.url}/decisions?text=tick-too")
        clock = page.locator(f"#d{waits} time")
        page.clock.run_for(26 * 3600_000)
        expect(clock).to_have_text("1 d 2 h")
    with context(browser, java_script_enabled=False) as opened:
        page = opened.new_page()
        city.sign_in(page)
        city.due(number, 3600 + 59)
        page.goto(f"{city.url}/appeals?text=tick")
        assert page.inner_text(f"#a{number} time") == "1 h 0 min left"
    city.appeals.grant(number, "x", "wrong", BO)


def test_appeals_are_answered_without_javascript(browser: Browser, city: City) -> None:
    one, two = city.appeal("still-a.example"), city.appeal("still-b.example", by=BO)
    with context(browser, java_script_enabled=False) as opened:
        page = opened.new_page()
        city.sign_in(page)
        page.goto(f"{city.url}/appeals")
        page.fill("#f-text", "still-")
        page.select_option("#f-state", "open")
        page.click("#filter button")
        assert page.locator("#found tbody tr").count() == 2
        page.click(f"#a{one} a.open")
        assert not page.locator("kbd.hint").first.is_visible()
        assert "I sell pots.\nNo cards." in page.inner_text("main")
        page.click("a[href$='act=ask']")
        page.fill("#text", "since when is it yours?")
        page.click("main form button.button")
        assert city.answered(one) == NEED_MORE
        page.goto(f"{city.url}/appeals/{two}")
        assert page.inner_text("main").count("You had a part in this decision") == 2
        page.click("a[href$='act=wrong']")
        page.fill("#text", "our fault")
        page.click("main form button.button")
        assert city.answered(two) == GRANTED


def test_a_page_elsewhere_signs_nobody_in_or_out_and_approves_nothing(
    browser: Browser, city: City
) -> None:
    """Another origin of the same machine, whose forms a browser sends with all that it has."""
    (number,) = city.propose("forged.example")
    with context(browser) as opened:
        page = opened.new_page()
        city.sign_in(page)
        elsewhere = opened.new_page()
        elsewhere.route("http://elsewhere.test/", lambda route: route.fulfill(
            content_type="text/html",
            body=f"<form method=post action='{city.url}/decisions/act'><input name=act value=approve>"
                 f"<input name=d-{number} value=1><input name=key value=x><button>go</button></form>",
        ))  # fmt: skip
        elsewhere.goto("http://elsewhere.test/")
        elsewhere.click("button")
        elsewhere.wait_for_url("**/act")
        assert "not signed in" in elsewhere.inner_text("main")  # the cookie did not come along
        assert city.state(number) == PROPOSED
        page.reload()
        assert page.locator(".who").count() == 1


@pytest.mark.parametrize(("locale", "scheme"), [("en-GB", "light"), ("zh-CN", "dark"),
                                                ("en-GB", "dark"), ("zh-CN", "light")])  # fmt: skip
def test_axe_finds_nothing_serious_and_nothing_scrolls_sideways(
    browser: Browser, city: City, locale: str, scheme: str
) -> None:
    long = "a-very-long-name-that-does-not-end-" + "x" * 20
    numbers = [decision.id for decision in find(city.engine) if decision.target.value == f"{long}.example"]  # fmt: skip
    (number,) = numbers or city.propose(f"{long}.example", by=BO)
    if not numbers:
        city.desk.propose("https://metro.example/" + "deep/" * 60, "block", "l" * 900, ANA)
        city.propose("parcel-desk.example")
    appeal = city.appeal(f"{locale}-{scheme}-{'long-' * 8}.example".lower(), "visitor")
    own, late = city.appeal(f"own-{locale}-{scheme}.example".lower(), by=BO), 3600 * 9
    city.due(own, -late)
    chosen = "&".join(f"d={each}" for each in range(1, number + 3))
    with context(browser, locale, color_scheme=scheme, bypass_csp=True) as opened:
        page = opened.new_page()
        page.goto(city.url)
        for width in (320, 360, 1280):
            page.set_viewport_size({"width": width, "height": 740})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        look_at(page, "sign-in")
        city.sign_in(page)
        for path in ("", "/decisions", "/decisions?state=all", f"/decisions/{number}",
                     f"/decisions/{number + 1}", "/decisions/new", "/decisions/99999",
                     f"/decisions/confirm?act=approve&{chosen}",
                     f"/decisions/confirm?act=end&{chosen}", "/appeals", "/appeals?state=all",
                     f"/appeals/{appeal}", f"/appeals/{own}", f"/appeals/{own}/confirm?act=mended",
                     f"/appeals/{appeal}/confirm?act=wrong"):  # fmt: skip
            page.goto(city.url + path)
            for width in (320, 360, 1280):
                page.set_viewport_size({"width": width, "height": 740})
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
                if width != 320:
                    look_at(page, f"{path} at {width}")


def look_at(page: Page, name: str) -> None:
    found = Axe().run(page).response["violations"]
    serious = [
        (item["id"], [node["html"][:120] for node in item["nodes"]])
        for item in found
        if item["impact"] in ("serious", "critical")
    ]
    assert serious == [], name
