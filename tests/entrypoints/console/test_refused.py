"""What does not get through below `/console` is a page for a browser, a problem for a program."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.entrypoints.console.support import City

HTML = {"accept": "text/html"}
PROBLEM = "application/problem+json"


async def test_what_the_gate_refuses_is_a_page_for_a_browser(home: Path) -> None:
    city = City(home, rate_per_minute=6, rate_burst=3, max_body_bytes=4 << 20)
    browser = city.browser()
    answers = []
    path = "/console/decisions/act"
    for given in ({"content": bytes(5 << 20)}, {}, {}, {}, {}):
        for headers in (HTML, {}):
            answers.append(await browser.client.post(path, headers=headers, **given))
    for answer, is_page in zip(answers, [True, False] * 5, strict=True):
        if answer.status_code in (413, 429):
            kind = answer.headers["content-type"]
            assert kind.startswith("text/html") == is_page and (kind == PROBLEM) != is_page
            assert ("<h1>That did not work</h1>" in answer.text) == is_page
            assert answer.headers["cache-control"] == "no-store"
    assert {413, 429} <= {answer.status_code for answer in answers}
    refused = await browser.get("/console", headers={**HTML, "accept-language": "zh-CN"})
    assert refused.status_code == 429 and "<h1>没有成功</h1>" in refused.text
    assert int(refused.headers["retry-after"]) >= 1
    chosen = await browser.get("/console?lang=en", headers={**HTML, "cookie": "x=1"})
    assert "That did not work" in chosen.text
    city.service.close()


async def test_what_takes_too_long_is_a_page_too(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(city.app, "_app", slow)
    page = await city.browser().get("/console/decisions", headers=HTML)
    assert page.status_code == 503 and "<h1>That did not work</h1>" in page.text
    assert (await city.browser().get("/console")).headers["content-type"] == PROBLEM


async def test_a_fault_of_ours_is_a_page_and_tells_nothing(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    bo = await city.person("Bo")

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a secret word")

    monkeypatch.setattr("cityshield.entrypoints.console.routes.count_states", broken)
    page = await bo.get("/console", headers=HTML)
    assert page.status_code == 500 and "<h1>That did not work</h1>" in page.text
    assert "secret word" not in page.text and "Zero" not in page.text
    problem = await bo.get("/console")
    assert (problem.status_code, problem.headers["content-type"]) == (500, PROBLEM)


@pytest.mark.parametrize("path", ["/console/nowhere", "/console/appeals/x", "/console/static/x"])
async def test_what_is_not_there_is_a_page(city: City, path: str) -> None:
    page = await city.browser().get(path, headers=HTML)
    assert page.status_code == 404 and "<h1>That did not work</h1>" in page.text


async def test_a_place_that_only_begins_alike_is_not_the_console(city: City) -> None:
    answer = await city.browser().get("/consoles", headers=HTML)
    assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM)
