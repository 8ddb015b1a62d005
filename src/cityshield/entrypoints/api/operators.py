"""What operators may do over the API, each act by the identity that a token proves."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from functools import partial
from io import BytesIO
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, delete, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import Parameter

from cityshield.adapters.store.audit import Entry, read_audit
from cityshield.adapters.store.decisions import find
from cityshield.adapters.store.decisions import get as get_decision
from cityshield.adapters.store.report import read_report
from cityshield.adapters.store.sources import Listed, list_with_subscriptions
from cityshield.adapters.store.tokens import Token, create_token, list_tokens, revoke_token
from cityshield.desks.decisions.review import DEFAULT_DAYS, LONGEST_DAYS
from cityshield.entrypoints.api.openapi import FeedOperation, OperatorOperation
from cityshield.imports import ImportReport, import_feed
from cityshield.service import Service
from cityshield.vocabulary.decision import BLOCK, STATES, Decision
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.identity import Identity
from cityshield.vocabulary.indicator import Indicator
from cityshield.vocabulary.report import FeedReport
from cityshield.vocabulary.subject import LINK, Subject

Asked = Request[Any, Any, Any]
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


class TokenRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A token that is wanted."""

    name: str
    role: str = "reader"
    scopes: list[str] = []
    expires_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] | None = None


class Proposal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A decision that is wanted: a link or a name, what to do, and why."""

    target: Annotated[str, msgspec.Meta(min_length=1, max_length=8192)]
    reason: str
    action: str = BLOCK
    scope: Literal["", "url", "host", "domain"] = ""
    evidence: Annotated[list[str], msgspec.Meta(max_length=100)] = []
    days: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_DAYS)] = DEFAULT_DAYS
    dry_run: bool = False


class End(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a decision ends."""

    reason: str


class TokenMade(msgspec.Struct, frozen=True):
    """A token's text."""

    token: str


def operator_routes(service: Service) -> Sequence[BaseRouteHandler]:
    """What needs a token."""

    async def require(request: Asked, scope: str) -> Identity:
        return await service.identify(request.headers.get("authorization", ""), scope)

    @get("/me", operation_class=OperatorOperation, summary="Who am I")
    async def me(request: Asked) -> Identity:
        """The identity that the token proves."""
        return await service.identify(request.headers.get("authorization", ""))

    @post(
        "/feeds/{source:str}",
        status_code=200,
        operation_class=FeedOperation,
        summary="Import a feed",
    )
    async def import_lines(
        request: Asked,
        source: str,
        expires_days: Annotated[int | None, Parameter(ge=0, le=3650)] = None,
        confidence: Annotated[int | None, Parameter(ge=1, le=100)] = None,
        reason: Annotated[str, Parameter(max_length=1000)] = "",
    ) -> ImportReport:
        """Take the lines of a list into the store (scope `indicators:write`)."""
        identity = await require(request, "indicators:write")
        body = BytesIO(await request.body())
        return await asyncio.to_thread(
            import_feed,
            service.engine,
            service.home,
            service.clock,
            identity,
            body,
            source=source,
            reason=reason,
            expires_days=expires_days,
            days=msgspec.structs.asdict(service.config.expiry),
            confidence=confidence,
            wait=False,
        )

    @get("/feeds", operation_class=OperatorOperation, summary="List feeds")
    async def list_feeds(request: Asked) -> list[Listed]:
        """Every source, and how its subscription stands (scope `indicators:read`)."""
        await require(request, "indicators:read")
        return await asyncio.to_thread(list_with_subscriptions, service.engine)

    @get("/reports/feeds", operation_class=OperatorOperation, summary="The feed report")
    async def feed_report(request: Asked) -> FeedReport:
        """The report that `cityshield feeds report` made last (scope `indicators:read`)."""
        await require(request, "indicators:read")
        return await asyncio.to_thread(read_report, service.home)

    @get("/indicators", operation_class=OperatorOperation, summary="What sources say")
    async def find_indicators(
        request: Asked, value: Annotated[str, Parameter(min_length=1, max_length=8192)]
    ) -> list[Indicator]:
        """The indicators in force for a link, a host or a SHA-256 (scope `indicators:read`)."""
        await require(request, "indicators:read")
        if _SHA256.fullmatch(value):
            return list(service.shield.rooms.indicators.find_many([(value.lower(),)])[0])
        guard = service.shield.guard("links")
        (facts,) = await guard.gather_many([Subject(LINK, value)])
        return [*facts.listed, *facts.vouched]

    @get("/audit", operation_class=OperatorOperation, summary="The audit")
    async def list_audit(
        request: Asked, after: Annotated[int, Parameter(ge=0, le=2**62)] = 0
    ) -> list[Entry]:
        """A thousand entries after a sequence number (scope `audit:read`)."""
        await require(request, "audit:read")
        return await asyncio.to_thread(lambda: list(read_audit(service.engine, after, 1000)))

    @get("/tokens", operation_class=OperatorOperation, summary="List tokens")
    async def tokens(request: Asked) -> list[Token]:
        """Every token without its secret (scope `tokens:write`)."""
        await require(request, "tokens:write")
        return await asyncio.to_thread(list_tokens, service.engine)

    @post("/tokens", status_code=201, operation_class=OperatorOperation, summary="Make a token")
    async def make_token(request: Asked, data: TokenRequest) -> TokenMade:
        """A new token; its text is in this answer and nowhere else (scope `tokens:write`)."""
        identity = await require(request, "tokens:write")
        now = service.clock.now()
        wanted = (data.name, data.role, data.scopes, data.expires_days)
        made = await asyncio.to_thread(create_token, service.engine, identity, now, *wanted)
        return TokenMade(made)

    @delete("/tokens/{token_id:str}", operation_class=OperatorOperation, summary="Revoke a token")
    async def end_token(request: Asked, token_id: str) -> None:
        """End a token at once (scope `tokens:write`)."""
        identity = await require(request, "tokens:write")
        now = service.clock.now()
        await asyncio.to_thread(revoke_token, service.engine, identity, now, token_id)

    @get("/decisions", operation_class=OperatorOperation, summary="List decisions")
    async def list_decisions(
        request: Asked,
        after: Annotated[int, Parameter(ge=0, le=2**62)] = 0,
        states: Annotated[list[str] | None, Parameter(query="state", max_items=len(STATES))] = None,
    ) -> list[Decision]:
        """A thousand decisions after an id, of some states (scope `decisions:read`)."""
        await require(request, "decisions:read")
        if unknown := set(states or ()) - set(STATES):
            known = ", ".join(STATES)
            raise InputError("error-decision-state", state=min(unknown)[:80], states=known)
        found = partial(find, service.engine, states=states or (), after=after, most=1000)
        return await asyncio.to_thread(lambda: list(found()))

    @get("/decisions/{number:int}", operation_class=OperatorOperation, summary="One decision")
    async def show_decision(
        request: Asked, number: Annotated[int, Parameter(ge=1, le=2**62)]
    ) -> Decision:
        """Who decided what, why, since and until when (scope `decisions:read`)."""
        await require(request, "decisions:read")
        return await asyncio.to_thread(get_decision, service.engine, number)

    @post("/decisions", status_code=201, operation_class=OperatorOperation, summary="Propose")
    async def propose(request: Asked, data: Proposal) -> Decision:
        """Propose a decision; the proposer's approval is the first (scope `decisions:write`)."""
        identity = await require(request, "decisions:write")
        given = {"scope": data.scope, "evidence": data.evidence, "days": data.days}
        act = partial(service.desk.propose, data.target, data.action, data.reason, identity)
        return await asyncio.to_thread(act, **given, dry_run=data.dry_run)

    @post(
        "/decisions/{number:int}/approve",
        status_code=200,
        operation_class=OperatorOperation,
        summary="Approve",
    )
    async def approve(
        request: Asked, number: Annotated[int, Parameter(ge=1, le=2**62)]
    ) -> Decision:
        """Add one person's approval to a proposal (scope `decisions:write`)."""
        identity = await require(request, "decisions:write")
        return await asyncio.to_thread(service.desk.approve, number, identity)

    @post(
        "/decisions/{number:int}/end",
        status_code=200,
        operation_class=OperatorOperation,
        summary="End",
    )
    async def end(
        request: Asked, number: Annotated[int, Parameter(ge=1, le=2**62)], data: End
    ) -> Decision:
        """Refuse a proposal, or remove what is in force (scope `decisions:write`)."""
        identity = await require(request, "decisions:write")
        return await asyncio.to_thread(service.desk.end, number, data.reason, identity)

    decisions = [list_decisions, show_decision, propose, approve, end]
    return [
        *decisions,
        me,
        import_lines,
        list_feeds,
        feed_report,
        find_indicators,
        list_audit,
        tokens,
        make_token,
        end_token,
    ]
