"""How pages look: templates filled in two languages, the style sheet, the cat.

A room of pages has three folders: `templates`, `static` and `sentences`. The same folders beside
this module hold what all rooms share.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response
from litestar.exceptions import NotFoundException

from cityshield.adapters.sentences.sentences import Sentences, choose_language
from cityshield.config import Operator

SHARED = Path(__file__).parent
LASTING: Final = {"cache-control": "public, max-age=31536000, immutable"}
"""For what changes its address with its content."""

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_NAMES = {"en": "English", "zh-Hans": "中文"}
_HTML = "text/html"
"""Litestar adds the charset."""


class Look:
    """The pages of one room, whose own style sheet is `sheet`.

    Its static files are served below `statics`; `home` is where the brand leads, its language to
    be added.
    """

    def __init__(
        self, folder: Path, operator: Operator, *, sheet: str, statics: str, home: str
    ) -> None:
        folders = (SHARED, folder)
        self._folders = folders
        self._operator = operator
        self._given = {"sheet": sheet}
        self._statics = statics
        self._home = home
        self._sentences = Sentences(tuple(each / "sentences" for each in folders))
        self.templates = Environment(
            loader=FileSystemLoader([each / "templates" for each in folders]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def say(self, sentence: str, language: str, **words: object) -> str:
        """A sentence of the room or of all rooms."""
        told = {name: str(value) for name, value in words.items()}
        return self._sentences.say(sentence, language, **told)

    def fill(self, template: str, language: str, other_address: str, **given: Any) -> bytes:
        """A template filled; `other_address` is the same page in the other language."""

        def t(sentence: str, **words: object) -> str:
            return self.say(sentence, language, **words)

        filled = self.templates.get_template(template).render(
            lang=language,
            t=t,
            asset=self.asset,
            home=self._home + language,
            other_lang_url=other_address,
            other_lang_name=_NAMES[other_language(language)],
            operator=self._operator,
            **self._given,
            **given,
        )
        return filled.encode("utf-8", "replace")

    def asset(self, name: str) -> str:
        """The address of a static file, which changes with its content."""
        content, _ = self._assets[name]
        return f"{self._statics}{name}?v={hashlib.sha256(content).hexdigest()[:12]}"

    def static(self, name: str) -> Response[bytes]:
        """A static file as an answer."""
        found = self._assets.get(name)
        if found is None:
            raise NotFoundException
        content, media_type = found
        return Response(content, media_type=media_type, headers=LASTING)

    @cached_property
    def _assets(self) -> dict[str, tuple[bytes, str]]:
        return {
            path.name: (path.read_bytes(), _TYPES[path.suffix])
            for folder in self._folders
            for path in (folder / "static").iterdir()
            if path.suffix in _TYPES
        }


def other_language(language: str) -> str:
    """The language that a page offers besides its own."""
    return "en" if language != "en" else "zh-Hans"


def html(body: bytes, status: int = 200) -> Response[bytes]:
    """A page as an answer."""
    headers = {"cache-control": "no-store", "vary": "accept-language"}
    return Response(body, status_code=status, media_type=_HTML, headers=headers)


def language_of(request: Request[Any, Any, Any]) -> str:
    """The language that was chosen, else the one that the browser prefers."""
    chosen = request.query_params.get("lang") or request.headers.get("accept-language", "")
    return choose_language(str(chosen))
