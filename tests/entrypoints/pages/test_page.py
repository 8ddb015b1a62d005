"""The page in a real browser: both languages, light and dark, with and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from cityshield.guards.files.checks.eicar import _TEXT as EICAR
from cityshield.shield import kind_of
from cityshield.vocabulary.subject import LINK
from tests.conftest import Live, find_program

pytestmark = pytest.mark.chromium

LISTED = "http://pay.parcel-desk.example/track?id=7"
FRAUD = "【客服】先交保证金500元再放款，请勿告诉他人 http://pay.parcel-desk.example/r"
CASES = {
    "empty": None,
    "benign": "晚上一起吃饭吧，我在老地方等你",
    "unknown": "https://some-site.example/",
    "suspicious": "https://paypal-login.example.test/",
    "malicious": LISTED,
    "message": FRAUD,
    "blank": " ",
}
POSES = {"benign": "calm", "unknown": "curious", "suspicious": "alert", "malicious": "alarm"}
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=find_program("chromium"), args=FLAGS)
        yield opened
        opened.close()


def context(browser: Browser, locale: str = "en-GB", **options: object) -> BrowserContext:
    wanted = {"viewport": {"width": 360, "height": 740}, "reduced_motion": "reduce", **options}
    return browser.new_context(locale=locale, **wanted)  # type: ignore[arg-type]


def ask(page: Page, live: Live, text: str | None) -> None:
    page.goto(live.url)
    if text is not None:
        page.fill("textarea", text)
        if text.strip() and "//" not in text[:8] and has_javascript(page):
            page.click("form:has(textarea) button[type=submit]")  # a message: judged right here
            page.wait_for_selector("#answer .local")
            return
        with page.expect_response(lambda answer: answer.request.method == "POST"):
            page.click("form:has(textarea) button[type=submit]")
        page.wait_for_load_state("networkidle")


def has_javascript(page: Page) -> bool:
    """Whether the page's own scripts run: one of them shows the button that clears the form."""
    page.wait_for_load_state("networkidle")
    return page.locator("#clear").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_axe_finds_nothing_serious_on_any_page(
    browser: Browser, live: Live, locale: str, scheme: str
) -> None:
    with context(browser, locale, color_scheme=scheme, bypass_csp=True) as opened:
        page = opened.new_page()
        for name, text in CASES.items():
            ask(page, live, text)
            found = Axe().run(page).response["violations"]
            serious = [
                (item["id"], [node["html"][:120] for node in item["nodes"]])
                for item in found
                if item["impact"] in ("serious", "critical")
            ]
            assert serious == [], name


@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_the_cat_says_what_why_and_what_to_do(
    browser: Browser, live: Live, locale: str, javascript: bool
) -> None:
    with context(browser, locale, java_script_enabled=javascript) as opened:
        page = opened.new_page()
        for level, pose in POSES.items():
            ask(page, live, CASES[level])
            assert page.locator(f"#answer .level-{level} .cat--{pose}").count() == 1
            assert page.locator("#headline").inner_text()
            assert page.locator("#answer .why").first.inner_text()
            assert page.locator("#answer .now").first.inner_text()
            assert page.evaluate("document.documentElement.lang") == (
                "zh-Hans" if locale == "zh-CN" else "en"
            )


@pytest.mark.parametrize("javascript", [True, False])
def test_the_right_choice_and_a_false_alarm_relieve_the_cat(
    browser: Browser, live: Live, javascript: bool
) -> None:
    with context(browser, java_script_enabled=javascript) as opened:
        page = opened.new_page()
        for choice in ("safe", "false-alarm"):
            ask(page, live, LISTED)
            page.click(f"button[name=did][value={choice}]")
            page.wait_for_selector("#answer .cat--relieved")


def test_marked_words_lead_to_their_reasons(browser: Browser, live: Live) -> None:
    with context(browser, "zh-CN") as opened:
        page = opened.new_page()
        ask(page, live, FRAUD)
        assert page.locator("blockquote mark").count() >= 1
        for target in page.locator("blockquote sup a").evaluate_all(
            "links => links.map(link => link.getAttribute('href'))"
        ):
            assert page.locator(target).count() == 1
        shown = page.locator("blockquote").evaluate(
            "quote => { const copy = quote.cloneNode(true);"
            " copy.querySelectorAll('sup').forEach(mark => mark.remove());"
            " return copy.textContent; }"
        )
        assert shown.strip() == FRAUD
        assert page.locator("#answer a[href*='parcel-desk']").count() == 0


def test_nothing_typed_is_in_the_address_the_history_or_the_storage(
    browser: Browser, live: Live
) -> None:
    with context(browser) as opened:
        page = opened.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        before = page.evaluate("history.length")
        page.goto(live.url)
        page.fill("textarea", "secret-marker.example/path")
        with page.expect_response(lambda answer: answer.request.method == "POST"):
            page.click("form:has(textarea) button[type=submit]")
        page.wait_for_load_state("networkidle")
        assert "secret-marker" not in page.url
        assert not any("secret-marker" in url for url in asked)
        assert all(url.startswith(live.url) for url in asked)
        assert page.evaluate("history.length") <= before + 1
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_a_file_can_be_chosen(browser: Browser, live: Live, tmp_path: Path) -> None:
    file = tmp_path / "eicar.com"
    file.write_bytes(EICAR)
    with context(browser) as opened:
        page = opened.new_page()
        page.goto(live.url)
        page.set_input_files("input[type=file]", str(file))
        page.click("form:has(textarea) button[type=submit]")
        page.wait_for_selector("#answer .level-malicious")
        assert "eicar.com" in page.locator("#answer").inner_text()


def test_the_language_can_be_switched_by_hand(browser: Browser, live: Live) -> None:
    with context(browser, "en-GB") as opened:
        page = opened.new_page()
        page.goto(live.url)
        with page.expect_navigation():
            page.click("header a[hreflang=zh-Hans]")
        assert page.evaluate("document.documentElement.lang") == "zh-Hans"


def test_the_policy_is_kept_and_nothing_fails(browser: Browser, live: Live) -> None:
    with context(browser, reduced_motion="no-preference") as opened:
        page = opened.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        for text in (None, LISTED, FRAUD):
            ask(page, live, text)
        assert said == []


@pytest.mark.parametrize("width", [320, 360, 640, 1280])
def test_no_page_scrolls_sideways(browser: Browser, live: Live, width: int) -> None:
    with context(browser, "zh-CN", viewport={"width": width, "height": 640}) as opened:
        page = opened.new_page()
        for name, text in CASES.items():
            ask(page, live, text and text + "?x=" + "y" * 300 if name == "malicious" else text)
            assert page.evaluate(
                "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            ), name


def test_motion_ends_and_can_be_refused(browser: Browser, live: Live) -> None:
    running = "document.getAnimations().map(a => a.effect.getComputedTiming().endTime)"
    with context(browser, reduced_motion="no-preference") as opened:
        page = opened.new_page()
        ask(page, live, LISTED)
        ends = page.evaluate(running)
        assert ends
        assert max(ends) <= 5000
    with context(browser, reduced_motion="reduce") as opened:
        page = opened.new_page()
        ask(page, live, LISTED)
        assert page.evaluate(running) == []


def test_every_pose_looks_different_without_colour(browser: Browser, live: Live) -> None:
    with context(browser) as opened:
        page = opened.new_page()
        session = opened.new_cdp_session(page)
        session.send("Emulation.setEmulatedVisionDeficiency", {"type": "achromatopsia"})
        pictures = set()
        for level in POSES:
            ask(page, live, CASES[level])
            pictures.add(page.locator("#answer .cat").first.screenshot())
        ask(page, live, LISTED)
        page.click("button[name=did][value=safe]")
        pictures.add(page.locator("#answer .cat--relieved").first.screenshot())
        assert len(pictures) == 5


def test_keys_are_enough(browser: Browser, live: Live) -> None:
    with context(browser) as opened:
        page = opened.new_page()
        page.goto(live.url)
        page.focus("textarea")
        page.keyboard.type(LISTED)
        page.keyboard.press("Control+Enter")
        page.wait_for_selector("#answer .level-malicious")
        assert page.evaluate("document.activeElement.tagName") == "H1"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_first_page_is_light(live: Live, language: str) -> None:
    with httpx.Client(base_url=live.url, headers={"accept-encoding": "identity"}) as client:
        html = client.get("/", headers={"accept-language": language}).text
        assets = re.findall(r'(?:href|src)="(/static/[^"]+)"', html)
        assert len(assets) >= 3
        weight = len(html.encode()) + sum(len(client.get(path).content) for path in assets)
    assert weight < 60_000


def test_a_browser_that_is_refused_gets_a_page(home: Path) -> None:
    (home / "cityshield.toml").write_text("[server]\nrate_per_minute = 1\nrate_burst = 2\n")
    service = Live(home)
    try:
        with httpx.Client(base_url=service.url, headers={"accept": "text/html"}) as client:
            answers = [client.get("/") for _ in range(3)]
            assert answers[-1].status_code == 429
            assert answers[-1].headers["content-type"].startswith("text/html")
            assert "Too many requests" in answers[-1].text
            assert client.head("/healthz").content == b""
    finally:
        service.stop()


def test_wrong_forms_get_a_page_that_says_so(live: Live) -> None:
    with httpx.Client(base_url=live.url) as client:
        for content, kind in (
            (b"", "application/x-www-form-urlencoded"),
            (b"garbage", "multipart/form-data; boundary=x"),
            (b"{}", "application/json"),
            (b"text=%ff%fe", "application/x-www-form-urlencoded"),
        ):
            answer = client.post("/", content=content, headers={"content-type": kind})
            assert answer.status_code in (200, 400), (kind, answer.status_code)
            assert answer.headers["content-type"].startswith("text/html")
            assert answer.headers["cache-control"] == "no-store"


def test_a_file_is_not_sent_along_with_the_next_question(
    browser: Browser, live: Live, tmp_path: Path
) -> None:
    file = tmp_path / "eicar.com"
    file.write_bytes(EICAR)
    with context(browser) as opened:
        page = opened.new_page()
        page.goto(live.url)
        page.set_input_files("input[type=file]", str(file))
        page.click("form:has(textarea) button[type=submit]")
        page.wait_for_selector("#answer .level-malicious")
        page.wait_for_function("document.querySelector('#file').files.length === 0")
        page.fill("textarea", CASES["benign"] or "")
        page.click("form:has(textarea) button[type=submit]")
        page.wait_for_selector("#answer .level-benign")


def quiet_page(opened: BrowserContext, live: Live) -> tuple[Page, list[str]]:
    """A page that is open with its pack loaded, and everything it asks for from now on."""
    page = opened.new_page()
    with page.expect_response(lambda answer: "messages.pack" in answer.url):
        page.goto(live.url)
        page.focus("textarea")
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    page.on("websocket", lambda socket: asked.append(socket.url))
    return page, asked


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_a_message_is_judged_while_it_is_typed_and_nothing_is_sent(
    browser: Browser, live: Live, locale: str
) -> None:
    with context(browser, locale) as opened:
        page, asked = quiet_page(opened, live)
        page.keyboard.type("为了保护您的存款，请把钱转到国家安全账户，不要告诉家人", delay=5)
        page.wait_for_selector("#live.level-malicious, #live.level-suspicious")
        assert page.locator("#live mark").count() >= 1
        assert page.locator(".perch .cat--alarm, .perch .cat--alert").count() == 1
        page.click("form:has(textarea) button[type=submit]")
        page.wait_for_selector("#answer .local")
        assert page.locator("#answer blockquote mark").count() >= 1
        assert page.locator("#answer .reason").count() >= 1
        page.click("button[name=did][value=safe]")
        page.wait_for_selector("#answer .cat--relieved")
        page.click("#clear")
        page.fill("textarea", "晚上一起吃饭吧，我在老地方等你")
        page.wait_for_selector("#live.level-benign")
        assert page.locator(".perch .cat--calm").count() == 1
        assert asked == []
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0


KINDS = (
    "【ETC】您的账户已失效，请点击etc-jiaofei.example办理，否则明日起无法通行",
    "您的快递丢失，理赔见http://lipei.example/a，今晚截止",
    "见面.好吗",
    "www.a-shop.example",
    "a-shop.example:8080/x?y=1#z",
    "https://a-shop.example/中文，路径",
    "http://localhost/x",
    "http://user@a-shop.example/",
    "192.0.2.7/login",
    "192.0.2.700",
    "[2001:db8::1]:80/",
    "例子.中国",
    "-bad.example",
    "kefu@a-shop.example",
)


def test_the_browser_tells_links_from_messages_as_the_shield_does(
    browser: Browser, live: Live
) -> None:
    with context(browser, "zh-CN") as opened:
        page, asked = quiet_page(opened, live)
        page.fill("textarea", KINDS[0])
        page.wait_for_selector("#live.level-malicious, #live.level-suspicious")
        for text in KINDS:
            page.fill("textarea", "")
            page.wait_for_selector("#live", state="hidden")
            page.fill("textarea", text)
            page.wait_for_timeout(400)
            assert page.locator("#live").is_hidden() == (kind_of(text) == LINK), text
        for text in (KINDS[0], "https://pay.example点击领取，只剩一天"):
            page.fill("textarea", text)
            page.click("form:has(textarea) button[type=submit]")
            page.wait_for_selector("#answer .local")
            assert page.locator("#answer blockquote").first.inner_text().startswith(text[:6])
        assert asked == []


def test_only_the_link_of_a_message_is_sent_and_only_when_asked(
    browser: Browser, live: Live
) -> None:
    with context(browser, "zh-CN") as opened:
        page, asked = quiet_page(opened, live)
        page.fill("textarea", FRAUD)
        page.click("form:has(textarea) button[type=submit]")
        page.wait_for_selector("#answer .links button")
        assert asked == []
        with page.expect_request(lambda request: request.method == "POST") as sent:
            page.click("#answer .links button")
        body = sent.value.post_data or ""
        assert "pay.parcel-desk.example/r" in body
        assert "保证金" not in body
        page.wait_for_selector("#answer .level-malicious, #answer .level-suspicious")


def test_the_browser_and_the_shield_say_the_same(browser: Browser, live: Live) -> None:
    texts = [
        "为了保护您的存款，请把钱转到国家安全账户",
        "晚上一起吃饭吧，我在老地方等你",
        "Pay a small release fee of $50 first and we will transfer your winnings",
        "请·先·交·保·证·金，到账后马上放款",
        "123456",
    ]

    def shown(page: Page) -> tuple[str | None, list[str], list[str]]:
        page.wait_for_selector("#answer .answer")
        kind = page.locator("#answer .answer").get_attribute("class")
        marks = page.locator("#answer blockquote mark").all_inner_texts()
        return kind, marks, page.locator("#answer .reason .what").all_inner_texts()

    for text in texts:
        answers = []
        for javascript in (True, False):
            with context(browser, "zh-CN", java_script_enabled=javascript) as opened:
                page = opened.new_page()
                ask(page, live, text)
                answers.append(shown(page))
        assert answers[0] == answers[1], text
