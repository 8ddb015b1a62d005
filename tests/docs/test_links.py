"""Links inside the documents lead somewhere, and nothing in them should not be there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.documents import FOLDER, ROOT, documents, fences, prose

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FOREIGN = re.compile(r"https?://([a-z0-9.-]+)")
MADE_UP = (".example", ".test", ".invalid", "example.com", "example.org", "example.net")


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in HEADING.findall(prose(document.read_text()))
    }


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in LINK.findall(prose(document.read_text())):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        path = (document.parent / name).resolve() if name else document
        assert path.exists(), target
        if document.is_relative_to(FOLDER):
            assert path.is_relative_to(FOLDER), f"{target} is not part of the site"
        if anchor:
            assert anchor in anchors(path), target


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_addresses_are_made_up(document: Path) -> None:
    if document.name == "checks.md":
        return  # the examples of the checks have tests of their own
    for host in FOREIGN.findall(document.read_text()):
        made_up = host.endswith(MADE_UP) or re.match(r"(127\.0\.0\.1|192\.0\.2\.)", host)
        assert made_up, host


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "zensical.toml").read_text()
    for document in FOLDER.glob("*.md"):
        assert f'"{document.name}"' in navigation, document.name


def test_lines_are_short_and_files_have_titles() -> None:
    for document in documents():
        if document.name == "checks.md":
            continue
        for fence in fences(document):
            known = ("console", "js", "json", "python", "toml", "yaml", "yara")
            assert fence.language in known, document
        assert document.read_text().startswith("# "), document
    assert len((ROOT / "README.md").read_text().splitlines()) <= 160
