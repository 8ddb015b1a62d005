"""The console as a room of pages: what every page of it gets, and what it says of errors."""

from __future__ import annotations

import time
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from litestar import Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect

from cityshield.adapters.sentences.sentences import choose_language
from cityshield.answer import defang, harmless
from cityshield.entrypoints.console.visits import (
    APPEALS_READ,
    SIGN_IN,
    WRITE,
    Asked,
    NotSignedIn,
    Visit,
    Visits,
)
from cityshield.entrypoints.look.look import Look, html, other_language
from cityshield.guards.dates import day, iso
from cityshield.service import Service
from cityshield.vocabulary.errors import CityShieldError, Forbidden, StoreError

HOME = "/console"
_LANGUAGE = "cityshield-language"
_LONGEST_TEXT = 2000
_YEAR_S = 31_536_000


class Console:
    """The pages of the console in both languages, over a service."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.visits = Visits(service)
        self._general = service.shield.sentences
        self.look = Look(
            Path(__file__).parent,
            service.config.operator,
            sheet="console.css",
            statics="/console/static/",
            home=f"{HOME}?lang=",
        )
        self.look.templates.filters.update(
            plain=plain, lines=lines, link=shown_link, moment=moment, iso=iso, day=day
        )

    def show(
        self,
        request: Asked,
        template: str,
        visit: Visit | None = None,
        *,
        status: int = 200,
        other: str = "",
        **given: Any,
    ) -> Response[bytes]:
        """A page; `other` is where its twin in the other language is, if not at the same address.

        Where it came from is told to this host alone, for its forms must prove that.
        """
        language = language_of(request)
        body = self.look.fill(
            template,
            language,
            _in_language(request, other, other_language(language)),
            visit=visit,
            can_write=visit is not None and visit.may(WRITE),
            sees_appeals=visit is not None and visit.may(APPEALS_READ),
            place=request.scope["path"],
            now=self.service.clock.now(),
            waited=lambda since: self.waited(since, language),
            left=lambda due: self.left(due, language),
            **given,
        )
        answer = html(body, status)
        answer.headers.update({"referrer-policy": "same-origin", "vary": "accept-language, cookie"})
        if "lang" in request.query_params:
            answer.set_cookie(
                _LANGUAGE, language, path=HOME, max_age=_YEAR_S, httponly=True, samesite="strict"
            )
        return answer

    def say(self, error: CityShieldError, language: str) -> str:
        """What an error says: in words of the console where it has its own."""
        args = {name: harmless(text) for name, text in error.args_for_sentence.items()}
        own = f"here-{error.sentence}"
        said = self.look.say(own, language, **args)
        return said if said != own else self._general.say(error.sentence, language, **args)

    def waited(self, since: int, language: str) -> str:
        """How long something has waited, in its two largest units."""
        return self._span(self.service.clock.now() - since, language)

    def left(self, due: int, language: str) -> str:
        """How long there is until something is due, or since when it has been."""
        left = due - self.service.clock.now()
        return self.look.say(
            "clock-left" if left > 0 else "clock-late",
            language,
            time=self._span(abs(left), language),
        )

    def _span(self, seconds: int, language: str) -> str:
        minutes = max(0, seconds) // 60
        days, hours = minutes // 1440, minutes // 60
        unit = "days" if days else "hours" if hours else "minutes"
        return self.look.say(
            f"waited-{unit}", language, days=days, hours=hours % 24, minutes=minutes % 60
        )

    def refuse(self, request: Asked, error: CityShieldError) -> Response[Any]:
        """The page for an error; who has to sign in first is led there, and back afterwards."""
        if isinstance(error, NotSignedIn) and request.method == "GET":
            wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            place = f"{SIGN_IN}?{urlencode({'next': wanted})}"
            return Redirect(place, headers={"cache-control": "no-store"}, status_code=303)
        if isinstance(error, StoreError):
            error, status = CityShieldError("error-server"), 503
        else:
            status = 403 if isinstance(error, Forbidden) else 400
        if error.sentence in ("error-decision-none", "error-appeal-none"):
            status = 404
        return self._error(request, error, status)

    def refuse_page(self, request: Asked, sentence: str, args: dict[str, str]) -> bytes:
        """The page for a request that did not get through to here."""
        return self._error(request, CityShieldError(sentence, **args), 200).content

    def refuse_http(self, request: Asked, error: HTTPException) -> Response[Any]:
        """The page for an error of the web library."""
        sentence = "error-not-found" if error.status_code == 404 else "error-body"
        reason = HTTPStatus(error.status_code).phrase
        return self._error(request, CityShieldError(sentence, reason=reason), error.status_code)

    def _error(self, request: Asked, error: CityShieldError, status: int) -> Response[bytes]:
        told = self.say(error, language_of(request))
        return self.show(request, "error.html.j2", status=status, other=HOME, told=told)


def language_of(request: Asked) -> str:
    """The language that was chosen now or before, else the one that the browser prefers."""
    chosen = request.query_params.get("lang") or request.cookies.get(_LANGUAGE)
    return choose_language(str(chosen or request.headers.get("accept-language", "")))


def plain(text: str) -> str:
    """What somebody wrote, on one line, without what would change how the page is read."""
    return harmless(" ".join(text.split()), _LONGEST_TEXT)


def lines(text: str) -> str:
    """What somebody wrote, line by line, without what would change how the page is read."""
    return "\n".join(harmless(line, _LONGEST_TEXT) for line in text.splitlines())


def shown_link(value: str) -> str:
    """A target as nobody opens it by a slip."""
    return harmless(defang(value), _LONGEST_TEXT)


def moment(seconds: int) -> str:
    """A time in UTC to the minute: `2026-11-21 09:30`."""
    return f"{day(seconds)} {time.strftime('%H:%M', time.gmtime(seconds))}"


def _in_language(request: Asked, place: str, language: str) -> str:
    """A page of the console in a language; the page that was asked for where none is named."""
    asked = [] if place else [(k, v) for k, v in request.query_params.multi_items() if k != "lang"]
    return f"{place or request.url.path}?{urlencode([*asked, ('lang', language)])}"
