"""Acting on decisions, one or many: looked at once more, then each on its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

import msgspec
from litestar import Response, get, post
from litestar.handlers import BaseRouteHandler

from cityshield.adapters.store.queue import find_numbered
from cityshield.desk import Desk
from cityshield.entrypoints.console.forms import chosen_in, numbers, read_fields, text_of
from cityshield.entrypoints.console.queue import QUEUE
from cityshield.entrypoints.console.room import Console, language_of
from cityshield.entrypoints.console.rows import rows_of
from cityshield.entrypoints.console.visits import WRITE, Asked, require_own_form
from cityshield.vocabulary.decision import Decision
from cityshield.vocabulary.errors import CityShieldError, InputError
from cityshield.vocabulary.identity import Identity

APPROVE, END = "approve", "end"
_LONGEST_REASON = 2000


class Result(msgspec.Struct, frozen=True):
    """What became of one decision: it as it is now, or why nothing was done."""

    number: int
    decision: Decision | None = None
    error: CityShieldError | None = None


def act_routes(console: Console) -> list[BaseRouteHandler]:
    """The routes to look once more, and to act."""
    service = console.service

    @get(f"{QUEUE}/confirm", include_in_schema=False)
    async def confirm(request: Asked) -> Response[bytes]:
        visit = await console.visits.visit(request, WRITE)
        act = _act(str(request.query_params.get("act", "")))
        chosen = numbers(map(str, request.query_params.getall("d", [])))
        found = await asyncio.to_thread(find_numbered, service.engine, chosen)
        rows = await rows_of(service, found, visit)
        able = [row for row in rows if (row.may_approve if act == APPROVE else row.may_end)]
        return console.show(
            request, "confirm.html.j2", visit, act=act, rows=rows, able=able, told=""
        )

    @post(f"{QUEUE}/act", status_code=200, include_in_schema=False)
    async def act(request: Asked) -> Response[bytes]:
        visit = await console.visits.visit(request, WRITE)
        form = await read_fields(request)
        require_own_form(request, form, visit.key)
        act = _act(text_of(form, "act"))
        chosen, reason = chosen_in(form), text_of(form, "reason")
        if act == END and not 0 < len(reason.strip()) <= _LONGEST_REASON:
            raise InputError("error-decision-reason", most=_LONGEST_REASON)
        done = partial(carry_out, service.desk, act, chosen, reason, visit.identity)
        results = await asyncio.to_thread(done)
        language = language_of(request)
        told = [(each, console.say(each.error, language) if each.error else "") for each in results]
        return console.show(request, "done.html.j2", visit, other=QUEUE, act=act, results=told)

    return [confirm, act]


def carry_out(
    desk: Desk, act: str, chosen: Sequence[int], reason: str, by: Identity
) -> list[Result]:
    """Approve or end each decision in a transaction of its own; one that fails stops no other."""
    results = []
    for number in chosen:
        try:
            approving = act == APPROVE
            done = desk.approve(number, by) if approving else desk.end(number, reason, by)
            results.append(Result(number, done))
        except CityShieldError as error:
            results.append(Result(number, error=error))
    return results


def _act(word: str) -> str:
    if word not in (APPROVE, END):
        raise InputError("error-body", reason="act")
    return word
