"""The public page: one large box, and an answer with the cat. Works without JavaScript."""

from __future__ import annotations

import asyncio
import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler

from cityshield.answer import answer
from cityshield.entrypoints.form import Form, Upload, read_form
from cityshield.entrypoints.look.look import LASTING, Look, html, language_of, other_language
from cityshield.service import Service
from cityshield.shield import kind_of
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.subject import FILE, Subject
from cityshield.vocabulary.verdict import RANK

FOLDER = Path(__file__).parent

Asked = Request[Any, Any, Any]


class Page:
    """The page in both languages."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._look = Look(
            FOLDER,
            service.config.operator,
            sheet="page.css",
            statics="/static/",
            home="/?lang=",
        )
        self.fill = self._look.fill
        self.say = self._look.say
        self.static = self._look.static

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

        told = None
        if error:
            now = say(f"{error}-now", language, **args)
            if now == f"{error}-now":
                now = say("error-page-now", language)
            told = {"what": say(error, language, **args), "now": now}
        return self.fill(
            "index.html.j2",
            language,
            "/?" + urlencode({"lang": other_language(language)}),
            pack=self.pack_address,
            max_file_mib=max_file_bytes(self.service) >> 20,
            verdict=verdict,
            error=told,
            text=text,
            did=did,
        )

    @cached_property
    def pack(self) -> bytes:
        """The pack in use, as the page's own reader takes it."""
        return self.service.shield.rooms.pack_bytes()

    @cached_property
    def pack_address(self) -> str:
        """The address of the pack, which changes with its content."""
        return f"/static/messages.pack?v={hashlib.sha256(self.pack).hexdigest()[:12]}"

    async def prepare(self) -> None:
        """Read and compile beside the first requests what the first page would wait for."""
        await asyncio.to_thread(self.render, "en")

    def refuse(self, request: Asked, sentence: str, args: dict[str, str]) -> bytes:
        """The page for a request that did not get through."""
        return self.render(language_of(request), error=sentence, **args)


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
            media_type = "application/octet-stream"
            return Response(page.pack, media_type=media_type, headers=LASTING)
        return page.static(name)

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
