"""The queue of appeals, filtered and page by page."""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

import msgspec
from litestar import Response, get
from litestar.handlers import BaseRouteHandler

from cityshield.entrypoints.console.forms import is_number
from cityshield.entrypoints.console.room import Console
from cityshield.entrypoints.console.visits import APPEALS_READ, Asked
from cityshield.vocabulary.appeal import NEED_MORE, OPEN, STATES

APPEALS = "/console/appeals"
WAITING, ALL = "waiting", "all"
ROWS = 50
_CHOICES = (WAITING, ALL, *STATES)
_MOST_PAGES = 10_000
_LONGEST_TEXT = 200


class Wanted(msgspec.Struct, frozen=True):
    """Which appeals: of a state, of those that wait for somebody or of all, and a text."""

    state: str = WAITING
    text: str = ""

    @property
    def states(self) -> tuple[str, ...]:
        """The states that are wanted, empty for all."""
        return {WAITING: (OPEN, NEED_MORE), ALL: ()}.get(self.state, (self.state,))


def appeals_routes(console: Console) -> list[BaseRouteHandler]:
    """The route of the queue."""
    service = console.service

    @get(APPEALS, include_in_schema=False)
    async def queue(request: Asked) -> Response[bytes]:
        visit = await console.visits.visit(request, APPEALS_READ)
        wanted = _wanted(request)
        given = str(request.query_params.get("page", ""))
        page = min(int(given), _MOST_PAGES) if is_number(given) else 0
        read = (wanted.states, wanted.text, ROWS + 1, page * ROWS)
        found = await asyncio.to_thread(service.appeals.cases, *read)
        pages = {
            "older": _address(wanted, page - 1) if page else "",
            "newer": _address(wanted, page + 1) if len(found) > ROWS else "",
        }
        return console.show(
            request,
            "appeals.html.j2",
            visit,
            cases=found[:ROWS],
            wanted=wanted,
            choices=_CHOICES,
            pages=pages,
        )

    return [queue]


def _wanted(request: Asked) -> Wanted:
    """The filter in a request's query; a word that is none counts for nothing."""
    state = str(request.query_params.get("state", ""))
    text = str(request.query_params.get("text", ""))[:_LONGEST_TEXT]
    return Wanted(state if state in _CHOICES else WAITING, text)


def _address(wanted: Wanted, page: int) -> str:
    asked = {"state": wanted.state, "text": wanted.text, "page": page}
    return f"{APPEALS}?" + urlencode({name: value for name, value in asked.items() if value})
