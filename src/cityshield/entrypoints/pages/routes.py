"""The public page: one large box, and an answer with the cat. Works without JavaScript."""

from __future__ import annotations

import hashlib
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import BaseRouteHandler

from cityshield.adapters.sentences.sentences import Sentences, choose_language
from cityshield.answer import answer
from cityshield.entrypoints.form import Form, Upload, read_form
from cityshield.service import Service
from cityshield.shield import kind_of
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.subject import FILE, Subject
from cityshield.vocabulary.verdict import RANK

FOLDER = Path(__file__).parent
_STATIC = FOLDER / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_NAMES = {"en": "English", "zh-Hans": "中文"}
_LASTING = {"cache-control": "public, max-age=31536000, immutable"}
_HTML = "text/html"
"""Litestar adds the charset."""

Asked = Request[Any, Any, Any]


class Page:
    """The page in both languages."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._sentences = Sentences((FOLDER / "sentences",))
        self._templates = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(
        self,
        language: str,
        *,
        verdict: Any = None,
        error: str = "",
        text: str = "",
        did: str = "",
        **args: str,
    ) -> bytes:
        """The page's HTML; `error` is a sentence id of the general sentences."""
        say = self.service.shield.sentences.say

        other = "en" if language != "en" else "zh-Hans"
        told = None
        if error:
            now = say(f"{error}-now", language, **args)
            if now == f"{error}-now":
                now = say("error-page-now", language)
            told = {"what": say(error, language, **args), "now": now}
        return self.fill(
            "index.html.j2",
            language,
            "/?" + urlencode({"lang": other}),
            pack=self.pack_address,
            max_file_mib=max_file_bytes(self.service) >> 20,
            verdict=verdict,
            error=told,
            text=text,
            did=did,
        )

    def fill(self, template: str, language: str, other_address: str, **given: Any) -> bytes:
        """A template filled; `other_address` is the same page in the other language."""

        filled = self._templates.get_template(template).render(
            lang=language,
            t=partial(self.say, language=language),
            asset=asset,
            other_lang_url=other_address,
            other_lang_name=_NAMES["en" if language != "en" else "zh-Hans"],
            operator=self.service.config.operator,
            **given,
        )
        return filled.encode("utf-8", "replace")

    def say(self, sentence: str, language: str, **words: object) -> str:
        """A sentence of the page."""
        told = {name: str(value) for name, value in words.items()}
        return self._sentences.say(sentence, language, **told)

    @cached_property
    def pack(self) -> bytes:
        """The pack in use, as the page's own reader takes it."""
        return self.service.shield.rooms.pack_bytes()

    @cached_property
    def pack_address(self) -> str:
        """The address of the pack, which changes with its content."""
        return f"/static/messages.pack?v={hashlib.sha256(self.pack).hexdigest()[:12]}"

    def refuse(self, language: str, sentence: str, args: dict[str, str]) -> bytes:
        """The page for a request that did not get through."""
        return self.render(language, error=sentence, **args)


def page_routes(page: Page) -> list[BaseRouteHandler]:
    """The routes of the page."""
    service = page.service

    @get("/", include_in_schema=False)
    async def show(request: Asked) -> Response[bytes]:
        return html(page.render(language_of(request)))

    @post("/", status_code=200, include_in_schema=False)
    async def ask(request: Asked) -> Response[bytes]:
        language = language_of(request)
        form: Form = {}
        try:
            form = await read_form(request, service.config.server.max_text_bytes)
            subjects = subjects_of(service, form)
        except InputError as error:
            return _refused(page, language, error, _text(form, "text"))
        if form.get("did") in ("safe", "false-alarm"):
            return html(page.render(language, did=str(form["did"])))
        if not subjects:
            return html(page.render(language, error="error-nothing"), 400)
        verdicts = await service.check_many(subjects)
        worst = max(verdicts, key=lambda verdict: (RANK[verdict.level], verdict.score))
        return html(page.render(language, verdict=answer(service.shield, worst, language)))

    @get("/static/{name:str}", include_in_schema=False)
    async def static(name: str) -> Response[bytes]:
        if name == "messages.pack":
            return Response(page.pack, media_type="application/octet-stream", headers=_LASTING)
        found = _statics().get(name)
        if found is None:
            raise NotFoundException
        content, media_type = found
        return Response(content, media_type=media_type, headers=_LASTING)

    return [show, ask, static]


def subjects_of(service: Service, form: Form) -> list[Subject]:
    """What a form asks about: a file, a text, or both; InputError when one is too large."""
    subjects = []
    upload, text = form.get("file"), _text(form, "text")
    most = service.config.server.max_text_bytes
    if isinstance(upload, Upload):
        if len(upload.content) > max_file_bytes(service):
            raise InputError("error-large", mib=max_file_bytes(service) >> 20)
        subjects.append(Subject(FILE, upload.name, upload.content))
    if text.strip():
        if len(text) > most or len(text.encode("utf-8", "replace")) > most:
            raise InputError("error-text-long", kib=most >> 10)
        subjects.append(Subject(kind_of(text), text.strip()))
    return subjects


def max_file_bytes(service: Service) -> int:
    """How large a file may be: what a body may hold, less what its form takes."""
    return max(0, service.config.server.max_body_bytes - (2 << 20))


def asset(name: str) -> str:
    """The address of a static file, which changes with its content."""
    content, _ = _statics()[name]
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


@cache
def _statics() -> dict[str, tuple[bytes, str]]:
    return {
        path.name: (path.read_bytes(), _TYPES[path.suffix])
        for path in _STATIC.iterdir()
        if path.suffix in _TYPES
    }


def html(body: bytes, status: int = 200) -> Response[bytes]:
    """A page as an answer."""
    headers = {"cache-control": "no-store", "vary": "accept-language"}
    return Response(body, status_code=status, media_type=_HTML, headers=headers)


def language_of(request: Asked) -> str:
    """The language that was chosen, else the one that the browser prefers."""
    chosen = request.query_params.get("lang") or request.headers.get("accept-language", "")
    return choose_language(str(chosen))


def _refused(page: Page, language: str, error: InputError, text: str) -> Response[bytes]:
    """The page that says what was wrong with a form."""
    if error.sentence == "error-large":
        args = error.args_for_sentence
        return html(page.render(language, error="error-large", text=text, **args), 413)
    if error.sentence == "error-text-long":
        mib = str(max(1, page.service.config.server.max_text_bytes >> 20))
        return html(page.render(language, error="error-large", mib=mib), 413)
    if error.sentence == "error-body":
        return html(page.render(language, error="error-page"), 400)
    raise error


def _text(form: Form, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""
