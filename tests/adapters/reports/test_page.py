"""The report's page needs nothing else, and says the same in both languages."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cityshield.adapters.reports.page import SENTENCES, percent, render, shares, span
from cityshield.adapters.sentences.sentences import LANGUAGES, Sentences, parse
from cityshield.vocabulary.report import FeedFigures, FeedReport
from cityshield.vocabulary.subscription import Sync

NASTY = '<script>alert(1)</script>"&\u202e'
DAY = 86_400


def figures(name: str, **changed: object) -> FeedFigures:
    given: dict[str, object] = {
        "trusted": False, "entries": 30, "hosts": 20, "only_here": 5, "compared": 4, "first": 1,
        "lead_s": 7200, "guarded": 1, "guarded_names": [NASTY], "not_seen": 4, "stale": 2,
        "age_days": (1, 2, 3), "seen_at": 20 * DAY, "changed_at": 19 * DAY,
        "syncs": [Sync(DAY * day, "taken", 200, 5, 20 + day, 1, 1) for day in range(5)],
    }  # fmt: skip
    return FeedFigures(name, **{**given, **changed})  # type: ignore[arg-type]


REPORT = FeedReport(
    20 * DAY,
    30,
    [figures("one"), figures(NASTY, compared=0, lead_s=None, guarded=0, syncs=[])],
    [[20, 10], [10, 20]],
)
EMPTY = FeedReport(20 * DAY, 0, [], [])


def page(report: FeedReport, language: str) -> str:
    sentences = Sentences((SENTENCES,))
    return render(
        report,
        lambda sentence, **words: sentences.say(sentence, language, **words),
        language,
        "City",
    )


class Parser(HTMLParser):
    """Collects tags, and tells of one that is closed by another."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)
        if tag not in ("meta", "link"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("report", [REPORT, EMPTY], ids=["two", "none"])
def test_a_page_is_whole_and_needs_nothing_else(language: str, report: FeedReport) -> None:
    text = page(report, language)
    parser = Parser()
    parser.feed(text)
    assert parser.open == []
    assert not {"script", "img", "iframe"} & set(parser.tags)
    assert re.findall(r"(?:src|href)=[\"'](?!data:)", text) == []
    assert "{$" not in text and "report-" not in re.sub(r"<style>.*?</style>", "", text, flags=re.S)
    assert f'<html lang="{language}">' in text


def test_every_chart_has_its_numbers() -> None:
    text = page(REPORT, "en")
    sections = re.findall(r"<section.*?</section>", text, re.DOTALL)
    assert len(sections) == 6
    for section in sections:
        assert "<details>" in section and "<table>" in section
    assert text.count("<svg") == text.count('role="img"') == 2 + 1 + 1 + 2 + 1
    assert "25 % · 2 h" in text


def test_both_languages_have_the_same_sentences() -> None:
    english, chinese = (
        parse((SENTENCES / f"{language}.ftl").read_text("utf-8")) for language in LANGUAGES
    )
    assert english.keys() == chinese.keys()
    used = set(re.findall(r"report-[a-z-]+", source_text()))
    assert used == english.keys()
    for name, pattern in english.items():
        variables = re.findall(r"\{ \$(\w+) \}", pattern)
        assert sorted(variables) == sorted(re.findall(r"\{ \$(\w+) \}", chinese[name])), name


def source_text() -> str:
    root = Path(SENTENCES).parents[2]
    paths = [*SENTENCES.parent.glob("*.py"), *SENTENCES.parent.glob("*.j2")]
    paths += [root / "entrypoints/cli" / name for name in ("report.py", "census.py", "tell.py")]
    texts = [path.read_text("utf-8") for path in paths]
    return "\n".join(texts)


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(0, 10, "0 %"), (0, 0, "0 %"), (1, 3, "33 %"), (1, 100_000, "0.1 %"), (10, 10, "100 %"),
     (9999, 10_000, "99.9 %"), (5, 1000, "0.5 %")],
)  # fmt: skip
def test_shares_are_said_so_that_little_is_not_nothing(part: int, whole: int, said: str) -> None:
    assert percent(part, whole) == said


def test_overlap_is_a_share_of_the_row() -> None:
    report = FeedReport(0, 30, [figures("a"), figures("b")], [[20, 5], [5, 10]])
    assert shares(report) == [[1, 0.25], [0.5, 1]]


def test_spans() -> None:
    assert span(None, str) == "–"
    say = lambda sentence, count: f"{count} {sentence}"  # noqa: E731
    assert span(5 * 3600, say) == "5 report-hours"
    assert span(47 * 3600, say) == "47 report-hours"
    assert span(73 * 3600, say) == "3 report-days"
