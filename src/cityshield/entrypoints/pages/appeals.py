"""Where people appeal, and where they see how it goes. Plain forms over plain HTTP, no cookie.

Who appealed gets an address with a secret in it; the secret is all that opens it, and all that it
takes to write there.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import BaseRouteHandler
from litestar.params import Parameter

from cityshield.adapters.store.decisions import get as get_decision
from cityshield.answer import defang, harmless
from cityshield.desks.decisions.appeals import (
    LONGEST_CONTACT,
    LONGEST_EVIDENCE,
    LONGEST_TEXT,
    asked_for,
    is_overdue,
    proof_places,
    readable,
    require_appealable,
)
from cityshield.entrypoints.form import URL_ENCODED, Form, is_from_here, media_type_of, read_form
from cityshield.entrypoints.look.look import html, language_of
from cityshield.entrypoints.pages.routes import Page
from cityshield.entrypoints.pages.spans import span
from cityshield.guards.dates import day, moment
from cityshield.vocabulary.appeal import (
    CLAIMS,
    CONTROL,
    EVIDENCE,
    GRANTED,
    LAPSED,
    NEED_MORE,
    OPEN,
    SPEAKERS,
    UPHELD,
    Appeal,
)
from cityshield.vocabulary.decision import Decision
from cityshield.vocabulary.errors import InputError

Asked = Request[Any, Any, Any]
Number = Annotated[int, Parameter(ge=1, le=2**62)]
_LOOKS = {
    OPEN: ("unknown", "calm"),
    NEED_MORE: ("suspicious", "curious"),
    UPHELD: ("unknown", "alert"),
    GRANTED: ("benign", "relieved"),
    LAPSED: ("unknown", "calm"),
}
_MOST_FORM_BYTES = 32 << 10
"""Longer than the longest appeal of Chinese letters needs; `read_form` takes four times as much."""

_LONGEST_AGAIN = 2 * LONGEST_TEXT
_UNITS = 200
"""What an appeal costs a client's address, in the units of `server.rate_burst`."""

_STATUS = {"error-rate": 429, "error-appeals-many": 503, "error-text-long": 413}


def appeal_routes(page: Page) -> list[BaseRouteHandler]:
    """The form, and the address of each appeal."""
    service = page.service

    async def find_decision(number: int) -> Decision:
        try:
            return await asyncio.to_thread(get_decision, service.engine, number)
        except InputError:
            raise NotFoundException from None

    @get("/decisions/{number:int}/appeal", include_in_schema=False)
    async def show_form(request: Asked, number: Number) -> Response[bytes]:
        decision = await find_decision(number)
        asked = request.query_params
        who, claim = str(asked.get("who", "")), str(asked.get("claim", ""))
        return _form(page, request, decision, who=who, claim=claim)

    @post("/decisions/{number:int}/appeal", status_code=200, include_in_schema=False)
    async def send_form(request: Asked, number: Number) -> Response[bytes]:
        decision = await find_decision(number)
        given: dict[str, str] = {}
        try:
            given = await _read(request)
            _meter(request)
            _, secret = await asyncio.to_thread(
                service.appeals.open,
                number,
                given.get("who", ""),
                given.get("claim", ""),
                given.get("text", ""),
                contact=given.get("contact", ""),
                evidence=_evidence(given),
            )
        except InputError as error:
            who, claim = given.get("who", ""), given.get("claim", "")
            return _form(page, request, decision, who=who, claim=claim, error=error, given=given)
        return _onward(secret, language_of(request))

    @get("/appeals/{secret:str}", include_in_schema=False)
    async def show_case(request: Asked, secret: str) -> Response[bytes]:
        appeal = await asyncio.to_thread(service.appeals.by_secret, secret)
        if appeal is None:
            return _none(page, request)
        return _case(page, request, appeal, await find_decision(appeal.decision))

    @post("/appeals/{secret:str}", status_code=200, include_in_schema=False)
    async def send_more(request: Asked, secret: str) -> Response[bytes]:
        given: dict[str, str] = {}
        try:
            given = await _read(request)
            text, evidence = given.get("text", ""), _evidence(given)
            found = await asyncio.to_thread(service.appeals.reply, secret, text, evidence)
        except InputError as error:
            appeal = await asyncio.to_thread(service.appeals.by_secret, secret)
            if appeal is None:
                return _none(page, request)
            decision = await find_decision(appeal.decision)
            return _case(page, request, appeal, decision, error=error, given=given)
        if found is None:
            return _none(page, request)
        return _onward(secret, language_of(request))

    return [show_form, send_form, show_case, send_more]


async def _read(request: Asked) -> dict[str, str]:
    """The texts of a form; InputError for one that is foreign, no form, or too large."""
    media_type, _ = media_type_of(request.headers.get("content-type", ""))
    if media_type != URL_ENCODED or not is_from_here(request):
        raise InputError("error-page")
    form: Form = await read_form(request, _MOST_FORM_BYTES)
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _meter(request: Asked) -> None:
    """Charge the client's address for what keeps people busy; InputError when it has no more."""
    state = request.scope["state"]
    if wait := state["meter"].wait_s(state["client"], _UNITS, time.monotonic()):
        raise InputError("error-rate", seconds=math.ceil(wait))


def _evidence(given: Mapping[str, str]) -> dict[str, str]:
    return {name: given[f"e-{name}"] for name in EVIDENCE if f"e-{name}" in given}


def _form(
    page: Page,
    request: Asked,
    decision: Decision,
    *,
    who: str,
    claim: str,
    error: InputError | None = None,
    given: Mapping[str, str] | None = None,
) -> Response[bytes]:
    """The form, first who and what for, then what that needs; or why there is none."""
    language = language_of(request)
    service = page.service
    address = f"/decisions/{decision.id}/appeal"
    chosen = {"who": who, "claim": claim} if who in SPEAKERS and claim in CLAIMS else {}
    try:
        require_appealable(decision, service.clock.now())
    except InputError:
        return _notice(page, language, address, "over", 409, decision)
    body = page.fill(
        "appeal.html.j2",
        language,
        _in_other(address, language, chosen),
        address=address + "?" + urlencode({"lang": language}),
        decision=decision,
        shown=harmless(defang(decision.target.value)),
        name=decision.target.host,
        chosen=chosen,
        speakers=SPEAKERS,
        claims=CLAIMS,
        wanted=asked_for(who, claim) if chosen else (),
        given=_again({**(given or {}), "who": who, "claim": claim}),
        error=_told(page, language, error),
        span=span(page, language, service.config.decisions.appeal_hours * 3600),
        days=service.config.retention.appeals_days,
        most={"text": LONGEST_TEXT, "evidence": LONGEST_EVIDENCE, "contact": LONGEST_CONTACT},
        control=CONTROL,
    )
    return _private(body, _status(error))


def _case(
    page: Page,
    request: Asked,
    appeal: Appeal,
    decision: Decision,
    *,
    error: InputError | None = None,
    given: Mapping[str, str] | None = None,
) -> Response[bytes]:
    """The page of one voice in an appeal."""
    language = language_of(request)
    service = page.service
    now = service.clock.now()
    (voice,) = appeal.voices
    host = decision.target.host
    level, pose = _LOOKS[appeal.state]
    waits = appeal.state in (OPEN, NEED_MORE)
    wanted = asked_for(appeal.speaker, voice.claim)
    evidence = [(name, voice.evidence.get(name, "")) for name in wanted]
    told = [(m.at, "you", m.text) for m in voice.messages]
    told += [(m.at, "we", m.text) for m in appeal.asked]
    path = request.scope["path"]
    body = page.fill(
        "case.html.j2",
        language,
        _in_other(path, language, {}),
        address=path + "?" + urlencode({"lang": language}),
        appeal=appeal,
        decision=decision,
        name=host,
        level=level,
        pose=pose,
        why=f"granted-{appeal.outcome}" if appeal.state == GRANTED else appeal.state,
        clock=_clock(page, language, appeal, now),
        waits=waits,
        evidence=[(name, text) for name, text in evidence if text or waits],
        proof=voice.proof if CONTROL in wanted else "",
        places={k: harmless(place) for k, place in proof_places(decision.target).items()},
        control=CONTROL,
        messages=[(side, moment(at), text) for at, side, text in sorted(told, key=lambda m: m[0])],
        given=_again(given or {}),
        error=_told(page, language, error),
        days=service.config.retention.appeals_days,
        most={"text": LONGEST_TEXT, "evidence": LONGEST_EVIDENCE},
    )
    return _private(body, _status(error))


def _clock(page: Page, language: str, appeal: Appeal, now: int) -> tuple[str, dict[str, str]]:
    """The sentence about time, and its words."""
    if appeal.state == NEED_MORE:
        return "case-clock-theirs", {"date": day(appeal.due)}
    if appeal.state != OPEN:
        return "case-clock-over", {"date": moment(appeal.decided_at or now)}
    if is_overdue(appeal, now):
        return "case-clock-late", {"date": moment(appeal.due)}
    left = span(page, language, appeal.due - now)
    return "case-clock", {"left": left, "date": moment(appeal.due)}


def _none(page: Page, request: Asked) -> Response[bytes]:
    return _notice(page, language_of(request), request.scope["path"], "none", 404)


def _notice(
    page: Page,
    language: str,
    address: str,
    kind: str,
    status: int,
    decision: Decision | None = None,
) -> Response[bytes]:
    """A page that says why there is nothing here, and what to do instead."""
    body = page.fill(
        "notice.html.j2",
        language,
        _in_other(address, language, {}),
        kind=kind,
        decision=decision,
        days=page.service.config.retention.appeals_days,
    )
    return _private(body, status)


def _told(page: Page, language: str, error: InputError | None) -> str:
    if error is None:
        return ""
    return page.service.shield.sentences.say(error.sentence, language, **error.args_for_sentence)


def _status(error: InputError | None) -> int:
    return 200 if error is None else _STATUS.get(error.sentence, 400)


def _again(given: Mapping[str, str]) -> Mapping[str, str]:
    """What was typed, to be shown again, so far as it is of a sane length; else nothing."""
    return defaultdict(str, {name: readable(text[:_LONGEST_AGAIN]) for name, text in given.items()})


def _in_other(address: str, language: str, chosen: Mapping[str, str]) -> str:
    other = "en" if language != "en" else "zh-Hans"
    return address + "?" + urlencode({"lang": other, **chosen})


def _onward(secret: str, language: str) -> Response[bytes]:
    """To the appeal's own address, so that to load it again sends nothing again."""
    place = f"/appeals/{secret}?" + urlencode({"lang": language})
    response = _private(b"", 303)
    response.headers["location"] = place
    return response


def _private(body: bytes, status: int = 200) -> Response[bytes]:
    """A page that no search engine lists, and whose forms say where they come from."""
    response = html(body, status)
    response.headers["referrer-policy"] = "same-origin"
    response.headers["x-robots-tag"] = "noindex"
    return response
