"""Elements of a page that a reader does not see: where they end, and what they say to others."""

from __future__ import annotations

import re
from typing import Final

VOID: Final = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
     "track", "wbr"]
)  # fmt: skip
"""Elements without content (HTML 13.1.2)."""

_WHOLE = frozenset({"body", "html"})
"""Pages that are hidden as a whole are shown by a script."""
_HOLDERS = frozenset({"dl", "ol", "select", "table", "ul"})
_ROWS = frozenset({"tbody", "tfoot", "tr"})
_CELLS = _ROWS | {"td", "th"}
_TERMS = frozenset({"dd", "dt"})
_BLOCKS = frozenset(
    ["address", "article", "aside", "blockquote", "center", "dd", "details", "div", "dl", "dt",
     "fieldset", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
     "li", "main", "menu", "nav", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul"]
)  # fmt: skip
_ENDED_BY = {
    "dd": _TERMS, "dt": _TERMS, "li": frozenset({"li"}), "option": frozenset({"option"}),
    "p": _BLOCKS, "td": _CELLS, "th": _CELLS, "tr": _ROWS,
}  # fmt: skip
"""Of elements that need no end tag, the tags that end them (HTML 13.1.2.4)."""

_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])|opacity\s*:\s*0(?![.\d])"
    r"|(?:left|top|text-indent|margin-left|margin-top)\s*:\s*-\d{3}",
    re.IGNORECASE,
)
_CENTRED = re.compile(r"(?:left|top)\s*:\s*50%", re.IGNORECASE)
_CLIPPED = re.compile(r"overflow(?:-[xy])?\s*:\s*hidden", re.IGNORECASE)
_NO_SIZE = re.compile(r"(?:^|[;\s])(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|$)", re.IGNORECASE)


class Unseen:
    """Whether what is read now is inside an element that is not seen; see `is_hidden`.

    `said` is what such elements say that lead to others.
    """

    def __init__(self) -> None:
        self.said: list[str] = []
        self._name = ""
        self._depth = self._holders = 0
        self._text: list[str] = []
        self._leads_away = False

    def __bool__(self) -> bool:
        return bool(self._name)

    def begin(self, name: str) -> None:
        """Enter an element, unless it has no content or is the whole page."""
        if name not in VOID:
            self._name, self._depth = name, 1

    def add(self, text: str) -> None:
        """Note what stands in the element."""
        self._text.append(text)

    def lead_away(self) -> None:
        """Note that the element leads to others."""
        self._leads_away = bool(self._name)

    def go_on(self, name: str, is_end: bool) -> None:
        """Take the next tag inside: the element may end with it, or by it."""
        needs_end = self._name not in _ENDED_BY
        here = not self._holders
        around = is_end and name in _HOLDERS
        if not needs_end and here and (around or name in _ENDED_BY[self._name]):
            self.end()
        elif name in _HOLDERS and name != self._name:
            self._holders = max(0, self._holders + (-1 if is_end else 1))
        elif name == self._name and (needs_end or here):
            self._depth += -1 if is_end else 1
            if not self._depth:
                self.end()

    def end(self) -> None:
        """Leave the element."""
        if self._leads_away:
            self.said += self._text
        self._text.clear()
        self._name, self._holders, self._leads_away = "", 0, False


def is_hidden(name: str, attributes: dict[str, str]) -> bool:
    """Whether a reader does not see an element, by its attributes."""
    if name in _WHOLE:
        return False
    style = attributes.get("style", "")
    if "hidden" in attributes or (_NO_SIZE.search(style) and _CLIPPED.search(style)):
        return True
    found = _HIDING.search(style)
    return found is not None and not (found[0][:6].lower() == "margin" and _CENTRED.search(style))


def has_no_size(attributes: dict[str, str]) -> bool:
    """Whether an element is of no size or of one pixel."""
    sizes = [attributes.get(name, "").strip().removesuffix("px") for name in ("width", "height")]
    return any(size in ("0", "1") for size in sizes) or bool(
        _NO_SIZE.search(attributes.get("style", ""))
    )
