"""One appeal: all that was written, what it is against, and how it is answered."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import PathParameter

from cityshield.adapters.store.cases import Case
from cityshield.appeals import Appeals
from cityshield.desks.decisions.appeals import (
    LONGEST_TEXT,
    PATIENCE_DAYS,
    asked_for,
    proof_places,
)
from cityshield.desks.decisions.review import SELF, tie_to
from cityshield.entrypoints.console.appeals import APPEALS
from cityshield.entrypoints.console.forms import read_fields, text_of
from cityshield.entrypoints.console.room import Console, language_of
from cityshield.entrypoints.console.rows import rows_of
from cityshield.entrypoints.console.visits import (
    APPEALS_READ,
    APPEALS_WRITE,
    Asked,
    Visit,
    require_own_form,
)
from cityshield.vocabulary.appeal import CONTROL, MENDED, NEED_MORE, OPEN, WRONG, Appeal
from cityshield.vocabulary.errors import CityShieldError, Forbidden, InputError
from cityshield.vocabulary.identity import Identity

ASK, UPHOLD = "ask", "uphold"
ACTS = {ASK: "n", WRONG: "w", MENDED: "m", UPHOLD: "u"}
"""What may be done with an appeal, and by which key."""

Number = Annotated[int, PathParameter(ge=1, le=2**62)]


class Hindrance(msgspec.Struct, frozen=True):
    """The sentence that says why somebody may not do something, and who it speaks of."""

    sentence: str
    who: str = ""


def appeal_routes(console: Console) -> list[BaseRouteHandler]:
    """The routes to read an appeal, to look once more, and to answer."""
    service = console.service

    @get(f"{APPEALS}/{{number:int}}", include_in_schema=False)
    async def show(request: Asked, number: Number) -> Response[bytes]:
        visit = await console.visits.visit(request, APPEALS_READ)
        case = await asyncio.to_thread(service.appeals.case, number)
        appeal = await asyncio.to_thread(service.appeals.read, number, visit.identity)
        (row,) = await rows_of(service, [case.decision], visit)
        return console.show(
            request,
            "appeal.html.j2",
            visit,
            case=case,
            appeal=appeal,
            row=row,
            voices=[(each, asked_for(appeal.speaker, each.claim)) for each in appeal.voices],
            places=proof_places(case.decision.target),
            control=CONTROL,
            acts={act: (key, hindrance(case, act, visit)) for act, key in ACTS.items()},
        )

    async def confirmed(
        request: Asked,
        visit: Visit,
        number: int,
        act: str,
        text: str = "",
        error: CityShieldError | None = None,
    ) -> Response[bytes]:
        """The page that asks once more; with what was written, and what was wrong with it."""
        case = await asyncio.to_thread(service.appeals.case, number)
        others = await asyncio.to_thread(service.appeals.waiting_on, case.decision.id)
        (row,) = await rows_of(service, [case.decision], visit)
        return console.show(
            request,
            "answer.html.j2",
            visit,
            status=200 if error is None else 403 if isinstance(error, Forbidden) else 400,
            other=f"{APPEALS}/{number}/confirm",
            case=case,
            row=row,
            act=act,
            hindered=hindrance(case, act, visit),
            others=len(others) - 1,
            text=text[:LONGEST_TEXT],
            told=console.say(error, language_of(request)) if error else "",
            most=LONGEST_TEXT,
            days=PATIENCE_DAYS,
        )

    @get(f"{APPEALS}/{{number:int}}/confirm", include_in_schema=False)
    async def confirm(request: Asked, number: Number) -> Response[bytes]:
        visit = await console.visits.visit(request, APPEALS_READ)
        act = _act(str(request.query_params.get("act", "")))
        return await confirmed(request, visit, number, act)

    @post(f"{APPEALS}/{{number:int}}/act", status_code=200, include_in_schema=False)
    async def answer(request: Asked, number: Number) -> Response[bytes]:
        visit = await console.visits.visit(request, APPEALS_WRITE)
        form = await read_fields(request)
        require_own_form(request, form, visit.key)
        act, text = _act(text_of(form, "act")), text_of(form, "text")
        given = (service.appeals, number, act, text, visit.identity)
        try:
            done = await asyncio.to_thread(carry_out, *given)
        except (InputError, Forbidden) as error:
            return await confirmed(request, visit, number, act, text, error)
        case = await asyncio.to_thread(service.appeals.case, number)
        return console.show(
            request, "answered.html.j2", visit, other=APPEALS, act=act, appeal=done, case=case
        )

    return [show, confirm, answer]


def carry_out(desk: Appeals, number: int, act: str, text: str, by: Identity) -> Appeal:
    """Answer an appeal; what is written is the question, or the reason."""
    if act == ASK:
        return desk.ask(number, text, by)
    if act == UPHOLD:
        return desk.uphold(number, text, by)
    return desk.grant(number, text, act, by)


def hindrance(case: Case, act: str, visit: Visit) -> Hindrance | None:
    """Why somebody may not do something with an appeal, None when they may."""
    if case.appeal.state not in (OPEN, NEED_MORE):
        return Hindrance("why-not-answered")
    if not visit.may(APPEALS_WRITE):
        return Hindrance("why-not-answer-role")
    tie = tie_to(case.decision, visit.identity)
    if act in (ASK, WRONG) or tie is None:
        return None
    return (
        Hindrance("why-not-own")
        if tie.how == SELF
        else Hindrance(f"why-not-own-{tie.how}", tie.other)
    )


def _act(word: str) -> str:
    if word not in ACTS:
        raise InputError("error-body", reason="act")
    return word
