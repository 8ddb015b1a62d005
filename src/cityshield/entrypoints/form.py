"""Forms that people send, read in memory only: what is shown to the shield never meets a disk.

multipart/form-data (RFC 7578) and application/x-www-form-urlencoded (WHATWG URL, 5).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from litestar import Request
from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)

from cityshield.vocabulary.errors import InputError

MULTIPART = "multipart/form-data"
URL_ENCODED = "application/x-www-form-urlencoded"
_MOST_FIELDS = 50_000
_MOST_PARTS = 100
_LONGEST_BOUNDARY = 200


class Upload(NamedTuple):
    """A file that was sent: its name as the sender gave it, and its bytes."""

    name: str
    content: bytes


Form = dict[str, str | Upload]
"""The first value of each field."""


async def read_form(request: Request[Any, Any, Any], most_text_bytes: int) -> Form:
    """The fields of a request's form, empty when it holds no form.

    InputError when it can't be read, or a form without files is longer than texts may be.
    """
    media_type, options = media_type_of(request.headers.get("content-type", ""))
    if media_type == MULTIPART:
        return await _read_multipart(request, options.get("boundary", ""))
    if media_type == URL_ENCODED:
        return _url_encoded(await request.body(), most_text_bytes)
    return {}


def media_type_of(header: str) -> tuple[str, dict[str, str]]:
    """The media type of a `Content-Type` header in small letters, and its parameters."""
    media_type, options = parse_options_header(header)
    return media_type, options


async def _read_multipart(request: Request[Any, Any, Any], boundary: str) -> Form:
    if not 0 < len(boundary) <= _LONGEST_BOUNDARY:
        raise InputError("error-body", reason=f"{MULTIPART}, boundary")
    parts = _Parts()
    try:
        with PushMultipartParser(
            boundary.encode("latin-1", "replace"), max_segment_count=_MOST_PARTS
        ) as parser:
            async for chunk in request.stream():
                if chunk and not parser.closed:
                    parts.take(parser.parse(chunk))
    except MultipartError as error:
        raise InputError("error-body", reason=MULTIPART) from error
    return parts.form


class _Parts:
    """What a parser tells, put together."""

    def __init__(self) -> None:
        self.form: Form = {}
        self._part: MultipartSegment | None = None
        self._chunks: list[bytes] = []

    def take(self, events: Iterator[MultipartSegment | bytes | None]) -> None:
        for event in events:
            if isinstance(event, MultipartSegment):
                self._part, self._chunks = event, []
            elif event is not None:
                self._chunks.append(event)
            elif self._part is not None:
                self._keep(self._part, b"".join(self._chunks))
                self._part, self._chunks = None, []

    def _keep(self, part: MultipartSegment, content: bytes) -> None:
        value = (
            Upload(part.filename, bytes(content))
            if part.filename
            else content.decode("utf-8", "replace")
        )
        self.form.setdefault(part.name or "", value)


def _url_encoded(body: bytes, most_text_bytes: int) -> Form:
    if len(body) > 4 * most_text_bytes:
        raise InputError("error-text-long", kib=most_text_bytes >> 10)
    form: Form = {}
    text = body.decode("utf-8", "replace")
    try:
        fields = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise InputError("error-body", reason=URL_ENCODED) from error
    for name, value in fields:
        form.setdefault(name, value)
    return form


def is_from_here(request: Request[Any, Any, Any]) -> bool:
    """Whether a form was sent from a page of this site, or by no page at all.

    What a browser says of itself decides: `Sec-Fetch-Site` (W3C Fetch Metadata), which it sends
    over HTTPS, else `Origin` (RFC 6454), which is told for forms unless a page asks for
    `no-referrer`. There is no cookie whose power a foreign page could borrow; this keeps it from
    borrowing people's addresses. A program that sends neither is nobody's browser.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is None:
        return True
    own = _host_of("//" + request.headers.get("host", ""))
    return bool(own) and _host_of(origin) == own


def _host_of(address: str) -> str:
    """The host of an address without its port, which a proxy may have left out."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
