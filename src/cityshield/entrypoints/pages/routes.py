"""The public page: one large box, and an answer with the cat. Works without JavaScript."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response, get, post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.exceptions import ClientException, NotFoundException
from litestar.handlers import BaseRouteHandler

from cityshield.adapters.sentences.sentences import Sentences, choose_language
from cityshield.answer import answer
from cityshield.service import Service
from cityshield.shield import kind_of
from cityshield.vocabulary.subject import FILE, Subject

FOLDER = Path(__file__).parent
_STATIC = FOLDER / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_NAMES = {"en": "English", "zh-Hans": "中文"}
_HTML = "text/html; charset=utf-8"

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
        config = self.service.config
        say = self.service.shield.sentences.say

        def t(sentence: str, **given: object) -> str:
            words = {name: str(value) for name, value in given.items()}
            return self._sentences.say(sentence, language, **words)

        other = "en" if language != "en" else "zh-Hans"
        told = None
        if error:
            now = say(f"{error}-now", language, **args)
            if now == f"{error}-now":
                now = say("error-page-now", language)
            told = {"what": say(error, language, **args), "now": now}
        html = self._templates.get_template("index.html.j2").render(
            lang=language,
            t=t,
            asset=asset,
            other_lang_url="/?" + urlencode({"lang": other}),
            other_lang_name=_NAMES[other],
            operator=config.operator,
            max_file_mib=max_file_bytes(self.service) >> 20,
            verdict=verdict,
            error=told,
            text=text,
            did=did,
        )
        return html.encode("utf-8", "replace")

    def refuse(self, language: str, sentence: str, args: dict[str, str]) -> bytes:
        """The page for a request that did not get through."""
        return self.render(language, error=sentence, **args)


def page_routes(page: Page) -> list[BaseRouteHandler]:
    """The routes of the page."""
    service = page.service

    @get("/", include_in_schema=False)
    async def show(request: Asked) -> Response[bytes]:
        return _html(page.render(_language(request)))

    @post("/", status_code=200, include_in_schema=False)
    async def ask(request: Asked) -> Response[bytes]:
        language = _language(request)
        try:
            form = await request.form()
        except (ClientException, ValueError):
            return _html(page.render(language, error="error-page"), 400)
        did = _text(form, "did")
        if did in ("safe", "false-alarm"):
            return _html(page.render(language, did=did))
        text = _text(form, "text")
        upload = form.get("file")
        if isinstance(upload, UploadFile) and upload.filename:
            content = await upload.read()
            if len(content) > max_file_bytes(service):
                mib = str(max_file_bytes(service) >> 20)
                return _html(page.render(language, error="error-large", text=text, mib=mib), 413)
            subject = Subject(FILE, upload.filename, content)
        elif text.strip():
            if len(text.encode("utf-8", "replace")) > service.config.server.max_text_bytes:
                return _html(page.render(language, error="error-large", mib="1"), 413)
            subject = Subject(kind_of(text), text.strip())
        else:
            return _html(page.render(language, error="error-nothing"), 400)
        verdict = await service.check(subject)
        told = answer(service.shield, verdict, language)
        return _html(page.render(language, verdict=told))

    @get("/static/{name:str}", include_in_schema=False)
    async def static(name: str) -> Response[bytes]:
        found = _statics().get(name)
        if found is None:
            raise NotFoundException
        content, media_type = found
        headers = {"cache-control": "public, max-age=31536000, immutable"}
        return Response(content, media_type=media_type, headers=headers)

    return [show, ask, static]


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


def _html(body: bytes, status: int = 200) -> Response[bytes]:
    headers = {"cache-control": "no-store", "vary": "accept-language"}
    return Response(body, status_code=status, media_type=_HTML, headers=headers)


def _language(request: Asked) -> str:
    chosen = request.query_params.get("lang") or request.headers.get("accept-language", "")
    return choose_language(str(chosen))


def _text(form: FormMultiDict, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""
