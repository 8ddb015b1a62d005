"""The operators' console: its routes, and its start page."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Response, Router, get
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from cityshield.adapters.store.queue import Wanted, count_states, read_queue
from cityshield.entrypoints.console.acts import act_routes
from cityshield.entrypoints.console.appeal import appeal_routes
from cityshield.entrypoints.console.appeals import Wanted as WantedAppeals
from cityshield.entrypoints.console.appeals import appeals_routes
from cityshield.entrypoints.console.decision import decision_routes
from cityshield.entrypoints.console.proposal import proposal_routes
from cityshield.entrypoints.console.queue import address_of, queue_routes
from cityshield.entrypoints.console.room import HOME, Console
from cityshield.entrypoints.console.sign_in import sign_in_routes
from cityshield.entrypoints.console.visits import APPEALS_READ, Asked
from cityshield.vocabulary.decision import STATES
from cityshield.vocabulary.errors import CityShieldError


def console_routes(console: Console) -> Router:
    """The routes of the console."""
    service = console.service

    @get(HOME, include_in_schema=False)
    async def start(request: Asked) -> Response[bytes]:
        visit = await console.visits.visit(request)
        counts = await asyncio.to_thread(count_states, service.engine)
        oldest = await asyncio.to_thread(read_queue, service.engine, Wanted(), 1)
        urgent = []
        if visit.may(APPEALS_READ):
            waiting = WantedAppeals().states
            urgent = await asyncio.to_thread(service.appeals.cases, waiting, "", 1)
        return console.show(
            request,
            "start.html.j2",
            visit,
            counts=[(state, counts[state], address_of(Wanted(state))) for state in STATES],
            oldest=oldest.decisions[0] if oldest.decisions else None,
            urgent=urgent[0].appeal if urgent else None,
        )

    @get("/console/static/{name:str}", include_in_schema=False)
    async def static(name: FromPath[str]) -> Response[bytes]:
        return console.look.static(name)

    def refuse(request: Asked, error: CityShieldError) -> Response[Any]:
        return console.refuse(request, error)

    def refuse_http(request: Asked, error: HTTPException) -> Response[Any]:
        return console.refuse_http(request, error)

    # functions, for Litestar copies what a router is given, and a method with all it is bound to
    handlers: dict[Any, Any] = {CityShieldError: refuse, HTTPException: refuse_http}
    return Router(
        "/",
        route_handlers=[
            start,
            static,
            *sign_in_routes(console),
            *queue_routes(console),
            *act_routes(console),
            *decision_routes(console),
            *appeals_routes(console),
            *appeal_routes(console),
            *proposal_routes(console),
        ],
        exception_handlers=handlers,
    )
