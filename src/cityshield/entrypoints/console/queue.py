"""The queue of decisions, filtered and page by page."""

from __future__ import annotations

import asyncio
from functools import partial
from urllib.parse import urlencode

from litestar import Response, get
from litestar.handlers import BaseRouteHandler

from cityshield.adapters.store.queue import QueuePage, Wanted, read_queue
from cityshield.entrypoints.console.forms import is_number
from cityshield.entrypoints.console.room import Console
from cityshield.entrypoints.console.rows import rows_of
from cityshield.entrypoints.console.visits import Asked
from cityshield.vocabulary.decision import ACTIONS, ORIGINS, PROPOSED, SCOPES, STATES

QUEUE = "/console/decisions"
ROWS = 50
_CHOICES = {"state": STATES, "action": ACTIONS, "scope": SCOPES, "origin": ORIGINS}
_LONGEST_TEXT = 200
_ALL = "all"


def queue_routes(console: Console) -> list[BaseRouteHandler]:
    """The route of the queue."""
    service = console.service

    @get(QUEUE, include_in_schema=False)
    async def queue(request: Asked) -> Response[bytes]:
        visit = await console.visits.visit(request)
        wanted = wanted_of(request)
        place = {name: _number(request, name) for name in ("after", "before")}
        read = partial(read_queue, service.engine, wanted, ROWS, **place)
        found = await asyncio.to_thread(read)
        rows = await rows_of(service, found.decisions, visit)
        return console.show(
            request,
            "queue.html.j2",
            visit,
            rows=rows,
            wanted=wanted,
            choices=_CHOICES,
            everything=_ALL,
            pages=_pages(wanted, found),
        )

    return [queue]


def wanted_of(request: Asked) -> Wanted:
    """The filter in a request's query; a word that is none counts for nothing."""
    given = {}
    for name, words in _CHOICES.items():
        word = str(request.query_params.get(name, ""))
        given[name] = word if word in words else ""
    if not given["state"] and request.query_params.get("state") != _ALL:
        given["state"] = PROPOSED
    return Wanted(**given, text=str(request.query_params.get("text", ""))[:_LONGEST_TEXT])


def address_of(wanted: Wanted, **more: str | int) -> str:
    """The queue with a filter."""
    asked = {name: getattr(wanted, name) for name in (*_CHOICES, "text")}
    asked["state"] = asked["state"] or _ALL
    return f"{QUEUE}?" + urlencode({**{k: v for k, v in asked.items() if v}, **more})


def _pages(wanted: Wanted, found: QueuePage) -> dict[str, str]:
    """Where the pages before and after this one are, empty where there is none."""
    pages = {"older": "", "newer": ""}
    if found.decisions and found.older:
        pages["older"] = address_of(wanted, before=found.decisions[0].id)
    if found.decisions and found.newer:
        pages["newer"] = address_of(wanted, after=found.decisions[-1].id)
    return pages


def _number(request: Asked, name: str) -> int:
    text = str(request.query_params.get(name, ""))
    return int(text) if is_number(text) else 0
