"""Signing in and out: cookies, forms that are ours, sessions that end when they should."""

from __future__ import annotations

from pathlib import Path

import pytest

from cityshield.adapters.store.audit import read_audit
from cityshield.adapters.store.tokens import revoke_token
from cityshield.entrypoints.console.visits import form_key
from tests.entrypoints.console.support import DECISIONS, HOST, ROOT, City

SIGN_IN = "/console/sign-in"
PAGES = ["/console", DECISIONS, f"{DECISIONS}/1", f"{DECISIONS}/new", f"{DECISIONS}/confirm?d=1"]


async def test_a_token_opens_the_console_and_signing_out_closes_it(city: City) -> None:
    ana = city.browser()
    token = city.token("Ana")
    answer = await ana.sign_in(token)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    page = await ana.get("/console")
    assert page.status_code == 200 and "Ana" in page.text
    assert page.headers["cache-control"] == "no-store"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe-inline" not in policy
    assert token not in page.text and token.split("_")[2] not in str(ana.client.cookies)
    session = ana.client.cookies["cityshield-console"]
    answer = await ana.post("/console/sign-out", {"key": await ana.key()})
    assert answer.headers["location"] == SIGN_IN
    assert "cityshield-console" not in ana.client.cookies
    ana.client.cookies.set("cityshield-console", session, domain=HOST, path="/console")
    assert (await ana.get("/console")).status_code == 303
    acts = [(entry.actor, entry.action) for entry in read_audit(city.engine)][1:]
    actor = f"token:Ana#{token.split('_')[1]}"
    assert acts == [(actor, "console.sign-in"), (actor, "console.sign-out")]


@pytest.mark.parametrize("path", PAGES)
async def test_nobody_sees_a_page_without_signing_in(city: City, path: str) -> None:
    answer = await city.browser().get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{SIGN_IN}?next=%2Fconsole")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["act", "new"])
async def test_nobody_acts_without_signing_in(city: City, path: str) -> None:
    answer = await city.browser().post(f"{DECISIONS}/{path}", {"key": "0" * 64, "act": "approve"})
    assert answer.status_code == 403
    assert "not signed in" in answer.text


async def test_cookies_are_out_of_reach_of_scripts_and_other_sites(city: City) -> None:
    plain = city.browser()
    header = (await plain.sign_in(city.token("Ana"))).headers["set-cookie"]
    parts = {part.strip().lower() for part in header.split(";")}
    assert {"httponly", "samesite=strict", "path=/console"} <= parts
    assert "secure" not in parts and not any("max-age" in part for part in parts)
    secure = city.browser("https")
    header = (await secure.sign_in(city.token("Ana"))).headers["set-cookie"]
    parts = {part.strip().lower() for part in header.split(";")}
    assert header.startswith("__Host-cityshield-console=")
    assert {"httponly", "samesite=strict", "path=/", "secure"} <= parts
    assert (await secure.get("/console")).status_code == 200
    gone = await secure.post("/console/sign-out", {"key": await secure.key()})
    parts = {part.strip().lower() for part in gone.headers["set-cookie"].split(";")}
    assert {"max-age=0", "path=/", "secure"} <= parts  # else a browser ignores it
    assert (await secure.get("/console")).status_code == 303


async def test_only_a_trusted_proxy_says_that_it_is_tls(home: Path) -> None:
    city = City(home, trusted_proxies=("127.0.0.2",))
    for peer, name in (("127.0.0.2", "__Host-"), ("127.0.0.3", "cityshield-form")):
        browser = city.browser(peer=peer)
        answer = await browser.get(SIGN_IN, headers={"x-forwarded-proto": "https"})
        assert answer.headers["set-cookie"].startswith(name)
    city.service.close()


async def test_a_session_that_somebody_planted_is_not_taken_over(city: City) -> None:
    """Fixation: whatever cookie a browser brings, who signs in gets a new one."""
    planted = "a" * 64
    victim = city.browser()
    victim.client.cookies.set("cityshield-console", planted, domain=HOST, path="/console")
    await victim.sign_in(city.token("Ana"))
    held = [c.value for c in victim.client.cookies.jar if c.name == "cityshield-console"]
    assert held and planted not in held
    thief = city.browser()
    thief.client.cookies.set("cityshield-console", planted, domain=HOST, path="/console")
    assert (await thief.get("/console")).status_code == 303


async def test_the_cookie_of_the_form_is_no_session(city: City) -> None:
    ana = await city.person("Ana")
    ana.client.cookies.set(
        "cityshield-console", ana.client.cookies["cityshield-form"], domain=HOST, path="/console"
    )
    assert (await ana.get("/console")).status_code == 303


async def test_signing_in_again_ends_the_session_before(city: City) -> None:
    ana = await city.person("Ana")
    first = ana.client.cookies["cityshield-console"]
    await ana.sign_in(city.token("Ana"))
    assert ana.client.cookies["cityshield-console"] != first
    other = city.browser()
    other.client.cookies.set("cityshield-console", first, domain=HOST, path="/console")
    assert (await other.get("/console")).status_code == 303


@pytest.mark.parametrize("token", [
    "", "cs_", "cs_000000000000_" + "0" * 64, "Bearer x", "\0", "é" * 50, "x" * 100_000,
])  # fmt: skip
async def test_a_token_that_is_none_opens_nothing(city: City, token: str) -> None:
    browser = city.browser()
    answer = await browser.sign_in(token)
    assert answer.status_code == 403
    assert "unknown, expired or revoked" in answer.text
    assert "cityshield-console" not in browser.client.cookies


async def test_a_token_that_may_not_see_decisions_opens_nothing(city: City) -> None:
    browser = city.browser()
    answer = await browser.sign_in(city.token("Probe", "reader", scopes=["metrics:read"]))
    assert answer.status_code == 403
    assert "decisions:read" in answer.text


async def test_a_revoked_token_and_time_end_a_session_at_once(city: City) -> None:
    ana, bo, cy = await city.person("Ana"), await city.person("Bo"), city.browser()
    token = city.token("Cy", expires_days=1)
    await cy.sign_in(token)
    revoke_token(city.engine, ROOT, city.clock.now(), token.split("_")[1])
    assert (await cy.get("/console")).status_code == 303
    for _ in range(25):
        city.clock.added_s += 29 * 60
        ana_sees = (await ana.get("/console")).status_code
        if city.clock.added_s < 12 * 3600:
            assert ana_sees == 200, city.clock.added_s
    assert ana_sees == 303  # twelve hours, used all along
    assert (await bo.get("/console")).status_code == 303  # half an hour without use


async def test_who_signs_in_goes_on_to_the_page_they_wanted_and_nowhere_else(city: City) -> None:
    for wanted, place in (
        (f"{DECISIONS}?state=all", f"{DECISIONS}?state=all"),
        (f"{DECISIONS}/7", f"{DECISIONS}/7"),
        ("https://elsewhere.example/", "/console"),
        ("//elsewhere.example/console", "/console"),
        ("/console\r\nset-cookie: a=b", "/console"),
        ("/console/../../elsewhere", "/console"),
        ("/consolere", "/console"),
        ("/\\elsewhere.example", "/console"),
        ("/console?" + "a" * 5000, "/console"),
    ):
        answer = await city.browser().sign_in(city.token("Ana"), next=wanted)
        assert answer.headers["location"] == place


FOREIGN = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
    {"sec-fetch-site": "cross-site", "origin": f"http://{HOST}"},
    {"origin": "null"},
    {"origin": "https://elsewhere.example"},
    {"origin": f"http://{HOST}.elsewhere.example"},
    {"origin": f"http://{HOST}:81"},
    {"origin": "http://[bad"},
    {"origin": ""},
    {"user-agent": "says nothing of where it comes from"},
]


@pytest.mark.parametrize("said", FOREIGN, ids=str)
async def test_a_form_from_elsewhere_is_refused(city: City, said: dict[str, str]) -> None:
    browser = city.browser()
    key = await browser.key(SIGN_IN)
    form = {"key": key, "token": city.token("Ana")}
    answer = await browser.client.post(SIGN_IN, data=form, headers=said)
    assert answer.status_code == 403 and "not made for your session" in answer.text
    ana = await city.person("Ana")
    city.desk.propose("parcel.example", "block", "r", ROOT)
    chosen = {"key": await ana.key(), "act": "approve", "d-1": "1"}
    for path, form in (
        (f"{DECISIONS}/act", chosen),
        (f"{DECISIONS}/new", {**chosen, "step": "send", "target": "a.example", "reason": "r"}),
        ("/console/sign-out", chosen),
    ):
        answer = await ana.client.post(path, data=form, headers=said)
        assert answer.status_code == 403, path
    assert (await ana.get("/console")).status_code == 200
    assert [entry.action for entry in read_audit(city.engine)][-1] == "decisions.propose"


async def test_a_form_with_another_key_is_refused(city: City) -> None:
    ana, bo = await city.person("Ana"), await city.person("Bo")
    city.desk.propose("parcel.example", "block", "r", ROOT)
    for key in ("", "0" * 64, await bo.key(), ana.client.cookies["cityshield-console"], "é"):
        answer = await ana.post(f"{DECISIONS}/act", {"key": key, "act": "approve", "d-1": "1"})
        assert answer.status_code == 403, key
    form = {"act": "approve", "d-1": "1"}
    assert (await ana.post(f"{DECISIONS}/act", form)).status_code == 403
    for key in ("0" * 64, form_key("")):
        answer = await city.browser().post(SIGN_IN, {"key": key, "token": city.token("Ana")})
        assert answer.status_code == 403


async def test_a_browser_without_fetch_metadata_is_believed_by_its_origin(city: City) -> None:
    browser = city.browser()
    form = {"key": await browser.key(SIGN_IN), "token": city.token("Ana")}
    said = {"origin": f"http://{HOST}"}
    assert (await browser.client.post(SIGN_IN, data=form, headers=said)).status_code == 303


async def test_tries_are_few(home: Path) -> None:
    city = City(home, rate_per_minute=60, rate_burst=1000)
    browser = city.browser()
    answers = [await browser.sign_in("cs_x") for _ in range(12)]
    statuses = [answer.status_code for answer in answers]
    assert statuses[0] == 403 and statuses[-1] == 429
    assert statuses == sorted(statuses)
    elsewhere = city.browser(peer="192.0.2.99")
    assert (await elsewhere.sign_in(city.token("Ana"))).status_code == 303
    city.service.close()


@pytest.mark.parametrize(
    "cookie", ["", "x", "a" * 63, "A" * 64, "a" * 100_000, "é" * 64, "../" * 20]
)
async def test_a_cookie_that_is_none_is_nobody(city: City, cookie: str) -> None:
    header = f"cityshield-console={cookie}".encode()
    answer = await city.browser().get("/console", headers=[(b"cookie", header)])
    assert answer.status_code == 303
