"""Everything about one decision, with its history."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated

import msgspec
from litestar import Response, get
from litestar.handlers import BaseRouteHandler
from litestar.params import PathParameter

from cityshield.adapters.store.audit import Entry, read_history
from cityshield.adapters.store.decisions import get as get_decision
from cityshield.entrypoints.console.queue import QUEUE
from cityshield.entrypoints.console.room import Console
from cityshield.entrypoints.console.rows import rows_of
from cityshield.entrypoints.console.visits import Asked
from cityshield.vocabulary.decision import STATES

_MOST_ENTRIES = 200
_WORDS = {
    "decisions.propose": "did-propose",
    "decisions.approve": "did-approve",
    "decisions.end": "did-end",
    "appeals.open": "did-appeal",
    "appeals.join": "did-join",
    "appeals.reply": "did-reply",
    "appeals.ask": "did-ask",
    "appeals.uphold": "did-uphold",
    "appeals.grant": "did-grant",
    "appeals.lapse": "did-lapse",
}
_read_detail = msgspec.json.Decoder(dict[str, object]).decode


class Past(msgspec.Struct, frozen=True):
    """One act in the history of a decision; `word` is its sentence, empty for one without."""

    entry: Entry
    word: str
    state: str
    reason: str


def decision_routes(console: Console) -> list[BaseRouteHandler]:
    """The route of one decision."""
    service = console.service

    @get(f"{QUEUE}/{{number:int}}", include_in_schema=False)
    async def show(
        request: Asked, number: Annotated[int, PathParameter(ge=1, le=2**62)]
    ) -> Response[bytes]:
        visit = await console.visits.visit(request)
        decision = await asyncio.to_thread(get_decision, service.engine, number)
        (row,) = await rows_of(service, [decision], visit)
        past = None
        if visit.may("audit:read"):
            read = partial(read_history, service.engine, number, _MOST_ENTRIES)
            past = [_past(entry) for entry in await asyncio.to_thread(read)]
        return console.show(request, "decision.html.j2", visit, row=row, past=past)

    return [show]


def _past(entry: Entry) -> Past:
    detail = _read_detail(entry.detail)
    state = str(detail.get("state") or "")
    reason = "" if entry.action == "decisions.approve" else str(detail.get("reason") or "")
    return Past(entry, _WORDS.get(entry.action, ""), state if state in STATES else "", reason)
