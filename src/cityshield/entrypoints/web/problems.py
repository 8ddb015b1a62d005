"""Errors over HTTP: problem details (RFC 9457) in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from cityshield.adapters.sentences.sentences import Sentences, choose_language
from cityshield.vocabulary.errors import CityShieldError, Forbidden, StoreError

Asked = Request[Any, Any, Any]
RefusePage = Callable[[Asked, str, dict[str, str]], bytes]
"""Request, sentence id, arguments -> HTML."""

MEDIA_TYPE = "application/problem+json"
_STATUS = {
    "error-sites-agent": 503,
    "error-sites-busy": 503,
    "error-not-authenticated": 401,
    "error-text-long": 413,
    "error-body-long": 413,
    "error-rate": 429,
    "error-time": 503,
    "error-locked": 409,
}
_OF_HTTP = {404: "error-not-found", 405: "error-method"}


class Problem(msgspec.Struct, frozen=True):
    """What went wrong and how to mend it: `detail` is a sentence, `type` its id."""

    type: str
    title: str
    status: int
    detail: str


def problem(
    sentences: Sentences, language: str, status: int, sentence: str, **args: str
) -> Problem:
    """The problem that a sentence tells of."""
    detail = sentences.say(sentence, language, **args)
    return Problem(f"urn:cityshield:{sentence}", HTTPStatus(status).phrase, status, detail)


class Problems:
    """Turns errors into answers: problems, or pages for browsers where there are some.

    `pages` are by place: what is at a path, and what is below it, but `/` is itself alone.
    """

    def __init__(self, sentences: Sentences, pages: Mapping[str, RefusePage]) -> None:
        self._sentences = sentences
        self._pages = pages

    def page(self, request: Asked, sentence: str, args: dict[str, str]) -> bytes | None:
        """What a browser is shown that asked for a page, None where there is none for it."""
        path = request.scope["path"]
        places = [place for place in self._pages if _is_at(path, place)]
        if not places or "text/html" not in request.headers.get("accept", ""):
            return None
        return self._pages[places[0]](request, sentence, args)

    def of_ours(self, request: Asked, error: CityShieldError) -> Response[Any]:
        """An error of the vocabulary: 400, 401, 403, 413 or 429 by its sentence.

        One of the store is ours to mend, and may pass: what it says of our disk is not told.
        """
        if isinstance(error, StoreError) and error.sentence not in _STATUS:
            _log_fault(error)
            return self._answer(request, 503, "error-server", {})
        usual = 403 if isinstance(error, Forbidden) else 400
        status = _STATUS.get(error.sentence, usual)
        return self._answer(request, status, error.sentence, error.args_for_sentence)

    def of_http(self, request: Asked, error: HTTPException) -> Response[Any]:
        """An error of the web library, such as a path that does not exist."""
        status = error.status_code
        sentence = _OF_HTTP.get(status, "error-body")
        args = {"reason": HTTPStatus(status).phrase} if sentence == "error-body" else {}
        return self._answer(request, status, sentence, args, error.headers)

    def of_depth(self, request: Asked, error: RecursionError) -> Response[Any]:
        """A body that is nested deeper than a parser goes."""
        return self._answer(request, 400, "error-body", {"reason": "nested too deep"})

    def of_any(self, request: Asked, error: Exception) -> Response[Any]:
        """A fault of ours: logged by its type alone, for its text may hold what was typed."""
        _log_fault(error)
        return self._answer(request, 500, "error-server", {})

    def _answer(
        self,
        request: Asked,
        status: int,
        sentence: str,
        args: dict[str, str],
        headers: dict[str, str] | None = None,
    ) -> Response[Any]:
        shown = self.page(request, sentence, args)
        if shown is None:
            language = choose_language(request.headers.get("accept-language", ""))
            told = problem(self._sentences, language, status, sentence, **args)
        given = {key: value for key, value in (headers or {}).items() if key.lower() == "allow"}
        if "seconds" in args:
            given["Retry-After"] = args["seconds"]
        if status == 401:
            given["WWW-Authenticate"] = "Bearer"
        if shown is not None:
            given["Cache-Control"] = "no-store"
            return Response(shown, status_code=status, media_type="text/html", headers=given)
        return Response(
            msgspec.json.encode(told), status_code=status, media_type=MEDIA_TYPE, headers=given
        )


def _is_at(path: str, place: str) -> bool:
    return path == place or (place != "/" and path.startswith(f"{place}/"))


def _log_fault(error: Exception) -> None:
    import structlog

    structlog.get_logger("cityshield.web").error("fault", error=type(error).__name__)
