"""`/api/v1`: check one subject or many, the catalogue, and what operators may do with a token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from functools import cache, lru_cache
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.params import Parameter
from litestar.response import Stream

from cityshield.adapters.sentences.sentences import choose_language
from cityshield.adapters.store.hashes import PREFIX_BYTES, FullHash, find_hashes
from cityshield.catalogue import CheckCard, catalogue
from cityshield.desks.sites.inventory import host_of
from cityshield.entrypoints.api.appeals import appeal_routes
from cityshield.entrypoints.api.bulk import BulkLine, Places, read_bulk
from cityshield.entrypoints.api.openapi import CheckOperation, HashesOperation, LinesOperation
from cityshield.entrypoints.api.operators import operator_routes
from cityshield.entrypoints.form import MULTIPART, Upload, read_form
from cityshield.service import Service
from cityshield.shield import kind_of
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.subject import FILE, LINK, MESSAGE, SITE, Subject

JSON, NDJSON = "application/json", "application/x-ndjson"
_encode = msgspec.json.Encoder().encode

Asked = Request[Any, Any, Any]

_LONGEST_WANTED = 500
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")
MOST_PREFIXES = 30
"""What one link asks for at most: five hosts times six paths."""

HASHES_KEPT_S = 300
"""How long an answer may be kept; an un-block is seen by then."""


class CheckRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to judge: a link, a message or a site; a kind that is left out shows by itself."""

    value: str
    kind: str | None = None


_decode = msgspec.json.Decoder(CheckRequest).decode


class FullHashes(msgspec.Struct, frozen=True):
    """The answer to prefixes, and for how many seconds it may be kept."""

    hashes: list[FullHash]
    keep_s: int


def api_routes(service: Service) -> Router:
    """The routes of the API over a service."""
    settings = service.config.server
    places = Places(settings.bulk_at_once)
    cards = _catalogue_of(service)

    @post("/check", status_code=200, operation_class=CheckOperation, summary="Check one subject")
    async def check(request: Asked) -> Response[bytes]:
        """Judge a link or a message (JSON), or a file (multipart, field `file`).

        A site of the inventory is visited first, for who holds a token with the scope `sites:run`.
        """
        media_type = request.scope["state"]["headers"].get(b"content-type", b"")
        if media_type.lower().startswith(MULTIPART.encode()):
            subject = await _file_of(request, settings.max_text_bytes)
        else:
            subject = subject_of(await request.body(), settings.max_text_bytes, sites=True)
        if subject.kind == SITE:
            given: bytes = request.scope["state"]["headers"].get(b"authorization", b"")
            await service.identify(given.decode("latin-1"), "sites:run")
        verdict = await service.check(subject)
        spoken = service.shield.speak(verdict, language_of(request))
        return Response(_encode(spoken), media_type=JSON)

    @post(
        "/check/bulk",
        status_code=200,
        operation_class=LinesOperation,
        summary="Check many subjects",
    )
    async def check_bulk(request: Asked) -> Stream:
        """Judge one subject a line (NDJSON in and out), in order, while the lines come in."""
        client = request.scope["state"]["client"]
        places.take(client)
        try:
            answers = read_bulk(request, settings, _answer_lines(service, language_of(request)))
            held = await _until_sent(answers, settings.bulk_held_bytes)
        except BaseException:
            places.leave(client)
            raise

        async def stream() -> AsyncIterator[bytes]:
            try:
                yield b""
                for chunk in held:
                    yield chunk
                async for chunk in answers:
                    yield chunk
            finally:
                places.leave(client)

        chunks = stream()
        await anext(chunks)  # once begun it is ended, and gives its place back, come what may
        return Stream(chunks, media_type=NDJSON)

    @get("/checks", summary="The catalogue of checks")
    async def list_checks(request: Asked) -> Response[list[CheckCard]]:
        """Every check and every rule of ours, with its sentences and examples."""
        encoded: Response[Any] = Response(cards(language_of(request)), media_type=JSON)
        return encoded

    @get("/hashes", operation_class=HashesOperation, summary="Look up by hash prefix")
    async def hashes(
        prefix: Annotated[list[str], Parameter(min_items=1, max_items=MOST_PREFIXES)],
    ) -> Response[FullHashes]:
        """The full hashes of look-up expressions that start with any of these prefixes."""
        asked = [_prefix(text) for text in prefix]
        now = service.clock.now()
        found = await asyncio.to_thread(find_hashes, service.engine, asked, now)
        keep = {"Cache-Control": f"public, max-age={HASHES_KEPT_S}"}
        return Response(FullHashes(found, HASHES_KEPT_S), headers=keep)

    return Router(
        "/api/v1",
        route_handlers=[
            check,
            check_bulk,
            list_checks,
            hashes,
            *operator_routes(service),
            *appeal_routes(service),
        ],
        tags=["check"],
    )


def _prefix(text: str) -> bytes:
    """The bytes of a prefix; InputError for what is none."""
    if len(text) != 2 * PREFIX_BYTES or not set(text) <= _HEXADECIMAL:
        raise InputError("error-prefix", prefix=text[:80], digits=2 * PREFIX_BYTES)
    return bytes.fromhex(text)


def _catalogue_of(service: Service) -> Callable[[str], bytes]:
    """The catalogue's JSON by language; it does not change while the service runs."""

    @cache
    def cards(language: str) -> bytes:
        return _encode(list(catalogue(service.shield, language)))

    return cards


def language_of(request: Asked) -> str:
    """The language that the client prefers."""
    wanted: bytes = request.scope["state"]["headers"].get(b"accept-language", b"")
    return _language(wanted[:_LONGEST_WANTED])


@lru_cache(maxsize=512)
def _language(wanted: bytes) -> str:
    return choose_language(wanted.decode("latin-1"))


def subject_of(body: bytes, most_bytes: int, sites: bool = False) -> Subject:
    """The subject that a JSON object asks about; InputError says what is wrong with it.

    `sites` says whether it may be a site, which is visited.
    """
    try:
        asked = _decode(body)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise InputError("error-body", reason=str(error)) from error
    kind = asked.kind or kind_of(asked.value)
    if sites and kind == SITE:
        host = host_of(asked.value)
        if host is None:
            raise InputError("error-sites-host", text=asked.value[:200])
        return Subject(SITE, host)
    if kind not in (LINK, MESSAGE):
        kinds = f"{LINK}, {MESSAGE}; {FILE}: multipart/form-data"
        raise InputError("error-kind", kind=kind[:40], kinds=kinds)
    if not asked.value.strip():
        raise InputError("error-nothing")
    if len(asked.value) > most_bytes or len(asked.value.encode("utf-8", "replace")) > most_bytes:
        raise InputError("error-text-long", kib=most_bytes >> 10)
    return Subject(kind, asked.value)


async def _file_of(request: Asked, most_text_bytes: int) -> Subject:
    upload = (await read_form(request, most_text_bytes)).get("file")
    if not isinstance(upload, Upload):
        raise InputError("error-body", reason=f"{MULTIPART}, field “file”")
    return Subject(FILE, upload.name, upload.content)


def _answer_lines(service: Service, language: str):  # type: ignore[no-untyped-def]
    """What answers a batch of lines, bad ones among them, in order."""
    most = service.config.server.max_text_bytes

    async def answer(lines: Sequence[BulkLine]) -> bytes:
        subjects: list[Subject] = []
        answers: list[bytes | None] = []
        for line in lines:
            try:
                if line.error is not None:
                    raise line.error
                subjects.append(subject_of(line.raw, most))
                answers.append(None)
            except InputError as error:
                said = service.shield.sentences.say(
                    error.sentence, language, **error.args_for_sentence
                )
                answers.append(_encode({"line": line.number, "error": said}))
        verdicts = iter(await service.check_many(subjects))
        speak = service.shield.speak
        return b"".join(
            [
                (_encode(speak(next(verdicts), language)) if text is None else text) + b"\n"
                for text in answers
            ]
        )

    return answer


async def _until_sent(answers: AsyncIterator[bytes], most_bytes: int) -> list[bytes]:
    """The first answers, up to a number of bytes or to the end of the request.

    Many clients read nothing before they have sent everything; so much is held for them.
    """
    held: list[bytes] = []
    size = 0
    async for chunk in answers:
        held.append(chunk)
        size += len(chunk)
        if size >= most_bytes:
            break
    return held
