"""Appeals over the API: what operators see of them, and how they answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import Parameter

from cityshield.entrypoints.api.openapi import OperatorOperation
from cityshield.service import Service
from cityshield.vocabulary.appeal import STATES, Appeal
from cityshield.vocabulary.identity import Identity

Asked = Request[Any, Any, Any]
Number = Annotated[int, Parameter(ge=1, le=2**62)]
_READ, _WRITE = "appeals:read", "appeals:write"


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to ask who appealed."""

    text: str


class Refusal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the decision stays; who appealed reads it."""

    reason: str


class Grant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the decision ends, which everybody may read; whether it was wrong, or is mended."""

    reason: str
    outcome: Literal["wrong", "mended"]


def appeal_routes(service: Service) -> Sequence[BaseRouteHandler]:
    """What operators do about appeals; all of it needs a token."""

    async def require(request: Asked, scope: str) -> Identity:
        return await service.identify(request.headers.get("authorization", ""), scope)

    @get("/appeals", operation_class=OperatorOperation, summary="List appeals")
    async def list_appeals(
        request: Asked,
        states: Annotated[list[str] | None, Parameter(query="state", max_items=len(STATES))] = None,
    ) -> list[Appeal]:
        """A thousand appeals, overdue first, without what was written (scope `appeals:read`)."""
        await require(request, _READ)
        return await asyncio.to_thread(service.appeals.find, states or ())

    @get("/appeals/{number:int}", operation_class=OperatorOperation, summary="One appeal")
    async def show_appeal(request: Asked, number: Number) -> Appeal:
        """One appeal with all that was written, which the audit records (scope `appeals:read`)."""
        identity = await require(request, _READ)
        return await asyncio.to_thread(service.appeals.read, number, identity)

    @post(
        "/appeals/{number:int}/ask",
        status_code=200,
        operation_class=OperatorOperation,
        summary="Ask for more",
    )
    async def ask(request: Asked, number: Number, data: Question) -> Appeal:
        """Ask who appealed for more; the clock rests until they answer (scope `appeals:write`)."""
        identity = await require(request, _WRITE)
        return await asyncio.to_thread(service.appeals.ask, number, data.text, identity)

    @post(
        "/appeals/{number:int}/uphold",
        status_code=200,
        operation_class=OperatorOperation,
        summary="Let the decision stay",
    )
    async def uphold(request: Asked, number: Number, data: Refusal) -> Appeal:
        """Answer that the decision stays; not by who had a part in it (scope `appeals:write`)."""
        identity = await require(request, _WRITE)
        return await asyncio.to_thread(service.appeals.uphold, number, data.reason, identity)

    @post(
        "/appeals/{number:int}/grant",
        status_code=200,
        operation_class=OperatorOperation,
        summary="Grant",
    )
    async def grant(request: Asked, number: Number, data: Grant) -> Appeal:
        """Answer that the decision ends, and end it (scope `appeals:write`)."""
        identity = await require(request, _WRITE)
        act = service.appeals.grant
        return await asyncio.to_thread(act, number, data.reason, data.outcome, identity)

    return [list_appeals, show_appeal, ask, uphold, grant]
