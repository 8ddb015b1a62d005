"""Appeals as people meet them: forms in a real browser, an address of their own, hostile input."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import update

from cityshield.adapters.clock import SystemClock
from cityshield.adapters.store.audit import read_audit
from cityshield.adapters.store.database import open_database, writing
from cityshield.adapters.store.tables import appeals as appeals_table
from cityshield.adapters.store.tokens import create_token
from cityshield.appeals import Appeals
from cityshield.config import Config
from cityshield.desk import Desk
from cityshield.desks.decisions.appeals import MOST_VOICES
from cityshield.vocabulary.identity import Identity
from tests.conftest import Live, find_program, run_cli

ANA, BO = Identity("ana", "analyst"), Identity("bo", "analyst")
ROOT = Identity("root", "admin", how="local")
SHIELD = "http://shield.example"
FORM = {"who": "owner", "claim": "mistake", "text": "This is my shop"}
HEADERS = {"accept-language": "en"}


class City:
    """A service with blocks 1 to 4, of which the last has ended, and the desks on its store."""

    def __init__(self, home: Path) -> None:
        home.mkdir(exist_ok=True)
        (home / "cityshield.toml").write_text(
            '[operator]\nname = "Test City CERT"\ncontact = "help@cert.example"\n'
            f'address = "{SHIELD}"\n'
            "[server]\nrate_per_minute = 6000000\nrate_burst = 1000000\n"
        )
        self.home = home
        self.engine = open_database(home)
        self.desk = Desk(self.engine, SystemClock(), Config())
        self.appeals = Appeals(self.engine, SystemClock(), Config())
        for name in ("parcel-desk.example", "shop.example", "many.example", "over.example"):
            number = self.desk.propose(name, "block", "asks <b>for</b> cards", ANA).id
            self.desk.approve(number, BO)
        self.desk.end(4, "cleaned", BO)
        self.live = Live(home)
        self.url = self.live.url

    def post(self, path: str, data: object = None, **headers: str) -> httpx.Response:
        given = {"data": data} if isinstance(data, dict) else {"content": data}
        return httpx.post(self.url + path, headers={**HEADERS, **headers}, timeout=30, **given)  # type: ignore[arg-type]

    def send(self, number: int = 2, **fields: str) -> httpx.Response:
        return self.post(f"/decisions/{number}/appeal", {**FORM, **fields})

    def blocked(self) -> set[str]:
        self.desk.zone.publish()
        return {record.owner for record in self.desk.zone.records()[1]}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    made = City(tmp_path_factory.mktemp("city"))
    yield made
    made.live.stop()


@pytest.fixture(scope="module")
def browser(city: City) -> Iterator[Browser]:
    rules = f"--host-resolver-rules=MAP *.example 127.0.0.1:{city.live.port}"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=find_program("chromium"), args=["--no-sandbox", rules]
        )
        yield opened
        opened.close()


@pytest.mark.chromium
@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_from_the_block_to_the_appeal_to_a_zone_without_the_name(
    browser: Browser, tmp_path: Path, lang: str
) -> None:
    own = City(tmp_path / "own")
    rules = f"--host-resolver-rules=MAP *.example 127.0.0.1:{own.live.port}"
    mine = browser.browser_type.launch(
        executable_path=find_program("chromium"), args=["--no-sandbox", rules]
    )
    try:
        assert "parcel-desk.example" in own.blocked()
        page = mine.new_context(locale=lang, java_script_enabled=False).new_page()
        page.goto("http://parcel-desk.example/pay")
        page.click("a.quiet")
        assert page.url.startswith(f"{SHIELD}/decisions/1/appeal")
        page.check("input[value=owner]")
        page.check("input[value=cleaned]")
        page.click("button[type=submit]")
        page.fill("#text", "A kit was in /old.\nIt is gone.")
        page.fill("#e-found", "a kit <script>alert(1)</script>")
        page.fill("#contact", "me@person.example")
        page.click("button[type=submit]")
        assert page.url.startswith(f"{SHIELD}/appeals/")
        told = page.inner_text("main")
        assert "It is gone." in told and "<script>alert(1)</script>" in told
        assert "_cityshield.parcel-desk.example" in told
        assert ("due in 3 days" if lang == "en" else "还有 3 天") in told
        own.appeals.ask(1, "Which files?", BO)
        page.reload()
        assert "Which files?" in page.inner_text("main")
        page.fill("#text", "those of May")
        page.check("input[value=dns]")
        page.click("button[type=submit]")
        assert "those of May" in page.inner_text("main")
        assert own.appeals.read(1, BO).voices[0].evidence["control"] == "dns"
        shown = httpx.get(f"{own.url}/decisions/1", headers=HEADERS).text
        assert "An appeal is open since" in shown
        for word in ("person.example", "those of May", "It is gone"):
            assert word not in shown
        token = create_token(own.engine, ROOT, SystemClock().now(), "Cy", "analyst")
        done = run_cli(
            "appeals", "grant", "1", "--outcome", "mended", "--reason", "the kit is gone",
            home=own.home, env={"CITYSHIELD_TOKEN": token},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        assert "parcel-desk.example" not in own.blocked()
        page.reload()
        assert "the kit is gone" in page.inner_text("main")
        assert page.locator("svg.cat--relieved").count() == 1
        answer = page.goto("http://parcel-desk.example/")
        assert answer is not None and answer.status == 200
        ended = httpx.get(f"{own.url}/decisions/1", headers=HEADERS).text
        assert "the kit is gone" in ended and "An appeal is open" not in ended
        assert all("person.example" not in repr(entry) for entry in read_audit(own.engine))
    finally:
        mine.close()
        said = own.live.stop()
    assert "person.example" not in said


@pytest.mark.chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_axe_finds_nothing_serious_and_nothing_scrolls_sideways(
    browser: Browser, city: City, lang: str, scheme: str
) -> None:
    long = "x" * 300
    appeal, open_ = city.appeals.open(2, "owner", "cleaned", long, evidence={"found": long})
    asked_one, asked = city.appeals.open(2, "visitor", "mistake", "hello", evidence={})
    city.appeals.ask(asked_one.id, long, BO)
    paths = (
        "/decisions/2/appeal", "/decisions/2/appeal?who=owner&claim=cleaned", "/decisions/4/appeal",
        f"/appeals/{open_}", f"/appeals/{asked}", "/appeals/none",
    )  # fmt: skip
    for path in paths:
        context = browser.new_context(
            locale=lang, color_scheme=scheme, viewport={"width": 320, "height": 700}
        )
        page = context.new_page()
        page.goto(city.url + path)
        found = Axe().run(page).response["violations"]
        assert not [v["id"] for v in found if v["impact"] in ("serious", "critical")], path
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        context.close()
    assert appeal.id


def test_an_appeal_is_sent_once_and_its_page_belongs_to_who_has_the_address(city: City) -> None:
    answer = city.send(text="mine alone", contact="a@b.example")
    assert answer.status_code == 303
    place = answer.headers["location"]
    secret = place.partition("?")[0].removeprefix("/appeals/")
    assert len(secret) >= 32
    page = httpx.get(city.url + place)
    assert page.status_code == 200 and "mine alone" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-robots-tag"] == "noindex"
    assert page.headers["referrer-policy"] == "same-origin"
    other = city.send(text="theirs").headers["location"]
    assert "mine alone" not in httpx.get(city.url + other).text


@pytest.mark.parametrize("headers", [
    {"origin": "https://evil.example"}, {"origin": "null"}, {"origin": "http://[::"},
    {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
    {"content-type": "text/plain"}, {"content-type": "multipart/form-data; boundary=x"},
])  # fmt: skip
def test_a_form_of_a_foreign_page_is_not_taken(city: City, headers: dict[str, str]) -> None:
    before = len(city.appeals.find())
    answer = city.post("/decisions/3/appeal", dict(FORM), **headers)
    assert answer.status_code == 400
    assert "could not be read" in answer.text
    assert len(city.appeals.find()) == before


@pytest.mark.parametrize("headers", [
    {}, {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"},
    {"origin": "https://shield.example:8443", "host": "shield.example"},
])  # fmt: skip
def test_a_form_of_our_own_page_is_taken(city: City, headers: dict[str, str]) -> None:
    answer = city.post("/decisions/2/appeal", {**FORM, "who": "other"}, **headers)
    assert answer.status_code == 303


def test_an_answer_that_is_late_is_owned_up_to_and_comes_first(city: City) -> None:
    place = city.send(2, who="other", text="hello").headers["location"]
    (late,) = [each for each in city.appeals.waiting_on(2) if each.speaker == "other"]
    with writing(city.engine) as connection:
        mine = update(appeals_table).where(appeals_table.c.id == late.id)
        connection.execute(mine.values(due=1_795_000_000))
    assert "It is late, and we are sorry" in httpx.get(city.url + place, headers=HEADERS).text
    assert city.appeals.find()[0].id == late.id
    said = run_cli("appeals", "list", "--lang", "en", home=city.home).stdout.decode()
    assert "OVERDUE since 2026-11-18" in said.splitlines()[0]


def test_wrong_input_gets_a_page_in_words_and_what_was_typed_stays(city: City) -> None:
    for fields, status, word in (
        ({"text": ""}, 400, "Nothing was written"),
        ({"text": "\x00\x1b\x07"}, 400, "Nothing was written"),
        ({"text": "y" * 5000}, 400, "longer than 4000"),
        ({"contact": "c" * 300}, 400, "longer than 200"),
        ({"e-reason": "e" * 1500}, 400, "longer than 1000"),
        ({"text": "x" * (1 << 20)}, 413, "longer than"),
        ({"claim": "<script>"}, 400, "no claim"),
        ({"who": "cat"}, 400, "no speaker"),
    ):
        answer = city.send(3, **fields)
        assert answer.status_code == status, word
        assert word in answer.text
        assert "<script>" not in answer.text
        assert "\x1b" not in answer.text
    assert 'value="keep@me.example"' in city.send(3, text="", contact="keep@me.example").text
    assert city.appeals.waiting_on(3) == []


def test_what_cannot_be_appealed_against_says_so(city: City) -> None:
    for method in ("GET", "POST"):
        for number, status in ((4, 409), (99, 404), (0, 400)):
            answer = httpx.request(
                method, f"{city.url}/decisions/{number}/appeal", headers=HEADERS,
                data=FORM if method == "POST" else None,
            )  # fmt: skip
            assert answer.status_code in (status, 404), (method, number)
    assert "stops nothing now" in city.send(4).text


@pytest.mark.parametrize("secret", ["x", "%00", "..%2f..", "a" * 5000, "%F0%9F%90%B1"])
def test_an_address_that_opens_nothing_says_so(city: City, secret: str) -> None:
    for answer in (
        httpx.get(f"{city.url}/appeals/{secret}", headers=HEADERS),
        city.post(f"/appeals/{secret}", {"text": "hello"}),
    ):
        assert answer.status_code in (400, 404)
        assert (
            answer.status_code == 400
            or "no appeal at this address" in answer.text
            or ("nothing at this address" in answer.text)
        )


def test_markup_and_controls_are_shown_as_text(city: City) -> None:
    place = city.send(text="<img src=x onerror=alert(1)>\u202eevil\u0007").headers["location"]
    page = httpx.get(city.url + place).text
    assert "<img src=x" not in page and "&lt;img src=x" in page
    assert "\u202e" not in page and "\u0007" not in page


def test_many_who_say_the_same_share_one_appeal_until_it_is_full(city: City) -> None:
    first = city.send(3, who="visitor", text="0")
    for n in range(1, MOST_VOICES - 1):
        city.appeals.open(3, "visitor", FORM["claim"], str(n), evidence={})
    last, late = (city.send(3, who="visitor", text=text) for text in ("last", "late"))
    assert [answer.status_code for answer in (first, last, late)] == [303, 303, 400]
    assert "Many people have appealed" in late.text
    (waiting,) = city.appeals.waiting_on(3)
    assert waiting.people == MOST_VOICES


def test_an_address_that_appeals_too_often_waits(tmp_path: Path) -> None:
    own = City(tmp_path / "own")
    own.live.stop()
    settings = own.home / "cityshield.toml"
    slow = settings.read_text().replace("minute = 6000000", "minute = 1")
    settings.write_text(slow.replace("burst = 1000000", "burst = 2500"))  # 12.5 appeals
    own.live = Live(own.home)
    own.url = own.live.url
    try:
        answers = [own.send(1, text=str(n)) for n in range(14)]
        assert [answer.status_code for answer in answers] == [303] * 12 + [429] * 2
        assert "Too many requests" in answers[-1].text
        assert httpx.get(f"{own.url}/decisions/1").status_code == 200, "its page may still be read"
    finally:
        own.live.stop()


def test_without_an_address_of_ours_the_block_page_names_the_contact(tmp_path: Path) -> None:
    own = City(tmp_path / "own")
    own.live.stop()
    settings = own.home / "cityshield.toml"
    for line, link in (("", ""), ('[zone]\nblocked_to = "page.city.example"\n', "page.city")):
        settings.write_text('[operator]\ncontact = "help@cert.example"\n' + line)
        own.live = Live(own.home)
        try:
            host = {**HEADERS, "host": "shop.example"}
            page = httpx.get(own.live.url, headers=host).text
            assert "help@cert.example" in page
            assert (f'href="http://{link}.example/decisions/2/appeal?' in page) == bool(link)
            assert ("/decisions/2/appeal" in page) == bool(link)
        finally:
            own.live.stop()
