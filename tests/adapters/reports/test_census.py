"""The report of a run needs nothing else, has a table behind each chart, and fits a phone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from cityshield.adapters.reports.census import render
from cityshield.adapters.reports.page import SENTENCES
from cityshield.adapters.sentences.sentences import LANGUAGES, Sentences
from cityshield.vocabulary.census import CheckCount, Figures, Run, Share, ThirdParty, Worst
from tests.adapters.reports.test_page import NASTY, Parser

RUN = Run(
    3, "standard", "judged", 1_764_000_000, "ana", 1000, 1000, 1_764_003_600, 1, 1_764_003_700
)
GRADES = {"A+": 100, "A": 200, "B": 300, "C": 100, "D": 50, "E": 30, "F": 20}
SHARES = [
    Share("第一中学", 300, 290, 12, {"A": 200, "F": 90}),
    Share(NASTY, 2, 0, 0, {}),
    Share(
        "An office of a very long name that does not fit on one line of a phone", 9, 9, 1, {"B": 9}
    ),
]
FULL = Figures(
    RUN, 800, {"dead": 150, "robots": 49, "vantage-down": 1}, GRADES,
    {"critical": 3, "high": 40, "medium": 500, "low": 700, "none": 5}, 41,
    [CheckCount("sites.git", "critical", 3), CheckCount("sites.hsts", "medium", 500),
     CheckCount(NASTY, "low", 1)],
    SHARES, SHARES, SHARES, [Worst("shop.example", NASTY, "F", {"critical": 1, "low": 3})],
    broken_into=2, again=7, requests=3000, connections=2000, bytes_in=9_000_000, took_s=3600,
    third_parties=[ThirdParty("cdn.test", 400, 390), ThirdParty(NASTY, 1, 0)],
)  # fmt: skip
EMPTY = Figures(RUN, 0, {"not-visited": 1000}, {}, {}, 0, [], [], [], [], [])
PLAIN = Figures(RUN, 10, {}, {"": 10}, {}, 0, [], [], [], [], [])
SAID = {"sites.git": ("The history of the code is open.", "Close .git to the public."),
        "sites.hsts": ("没有要求只用 HTTPS。", "")}  # fmt: skip


def page(figures: Figures, language: str) -> str:
    sentences = Sentences((SENTENCES,))
    say = lambda sentence, **words: sentences.say(sentence, language, **words)  # noqa: E731
    return render(figures, SAID, say, language, "City & Co")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("figures", [FULL, EMPTY, PLAIN], ids=["full", "empty", "plain"])
def test_a_page_is_whole_and_needs_nothing_else(language: str, figures: Figures) -> None:
    text = page(figures, language)
    parser = Parser()
    parser.feed(text)
    assert parser.open == []
    assert not {"script", "img", "iframe"} & set(parser.tags)
    assert re.findall(r"(?:src|href)=[\"'](?!data:)", text) == []
    words = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
    assert "{$" not in words and "report-" not in words
    assert f'<html lang="{language}">' in text


def test_every_section_with_a_chart_has_its_numbers() -> None:
    for section in re.findall(r"<section.*?</section>", page(FULL, "en"), re.DOTALL):
        if "<svg" in section:
            assert "<details>" in section and "<table>" in section
    assert "Close .git to the public." in page(FULL, "en")
    assert "7" in page(FULL, "en").partition('id="asked"')[2]


@pytest.mark.chromium
def test_a_browser_shows_it_without_sideways_scrolling_and_axe_finds_nothing(
    tmp_path: Path,
) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        for language in LANGUAGES:
            file = tmp_path / f"{language}.html"
            file.write_text(page(FULL, language), "utf-8")
            for width in (320, 360, 1280):
                for scheme in ("light", "dark"):
                    context = browser.new_context(
                        viewport={"width": width, "height": 800},
                        color_scheme=scheme,  # type: ignore[arg-type]
                        bypass_csp=True,  # for axe, which is a script
                    )
                    shown = context.new_page()
                    problems: list[str] = []
                    shown.on("console", lambda message, said=problems: said.append(message.text))
                    shown.goto(file.as_uri())
                    shown.evaluate("document.querySelectorAll('details').forEach(d=>d.open=true)")
                    wide = shown.evaluate("document.documentElement.scrollWidth")
                    assert wide <= width, (language, width)
                    assert problems == []
                    if width != 320:
                        assert not Axe().run(shown).response["violations"], (language, scheme)
                    context.close()
        browser.close()
