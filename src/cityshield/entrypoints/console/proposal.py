"""Proposing a decision: what it would hit is shown before it is sent."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.response import Redirect

from cityshield.desks.decisions.review import DEFAULT_DAYS, LONGEST_DAYS
from cityshield.desks.decisions.target import read_target
from cityshield.entrypoints.console.forms import is_number, read_fields, text_of
from cityshield.entrypoints.console.queue import QUEUE
from cityshield.entrypoints.console.room import Console, language_of
from cityshield.entrypoints.console.rows import listed_on
from cityshield.entrypoints.console.visits import WRITE, Asked, Visit, require_own_form
from cityshield.entrypoints.form import Form
from cityshield.vocabulary.decision import ACTIONS, BLOCK, SCOPES, Decision, Guarded
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.indicator import Indicator

NEW = f"{QUEUE}/new"
_MOST_EVIDENCE = 100
_LONGEST = 8192
"""How much of a field is shown again; what is longer is refused anyway."""


class Draft(msgspec.Struct, frozen=True):
    """What somebody filled in, as they wrote it."""

    target: str = ""
    action: str = BLOCK
    scope: str = ""
    reason: str = ""
    evidence: str = ""
    days: str = str(DEFAULT_DAYS)
    dry_run: bool = False

    @property
    def lines(self) -> list[str]:
        """The pieces of evidence; InputError for too many."""
        lines = [line for line in self.evidence.splitlines() if line.strip()]
        if len(lines) > _MOST_EVIDENCE:
            raise InputError("error-evidence-many", most=_MOST_EVIDENCE)
        return lines


class Preview(msgspec.Struct, frozen=True):
    """What a draft would become, whom it would hit, and who lists the target already.

    There is no decision where the draft can't be one, which `error` says.
    """

    decision: Decision | None = None
    guards: list[Guarded] = []
    listed: tuple[Indicator, ...] = ()
    error: InputError | None = None


def proposal_routes(console: Console) -> list[BaseRouteHandler]:
    """The routes to fill in, to look, and to send."""
    service = console.service

    def page(
        request: Asked, visit: Visit, draft: Draft, preview: Preview, status: int = 200
    ) -> Response[bytes]:
        error = preview.error
        return console.show(
            request,
            "new.html.j2",
            visit,
            status=status,
            other=NEW,
            draft=draft,
            preview=preview,
            told=console.say(error, language_of(request)) if error else "",
            again=error.args_for_sentence["id"]
            if error and error.sentence == "error-decision-again"
            else "",
            actions=ACTIONS,
            scopes=SCOPES,
            longest_days=LONGEST_DAYS,
        )

    @get(NEW, include_in_schema=False)
    async def fill_in(request: Asked) -> Response[bytes]:
        visit = await console.visits.visit(request, WRITE)
        target = str(request.query_params.get("target", ""))[:_LONGEST]
        return page(request, visit, Draft(target=target), Preview())

    @post(NEW, status_code=200, include_in_schema=False)
    async def send(request: Asked) -> Response[Any]:
        visit = await console.visits.visit(request, WRITE)
        form = await read_fields(request)
        require_own_form(request, form, visit.key)
        draft, step = _draft(form), text_of(form, "step")
        if step == "change":
            return page(request, visit, draft, Preview())
        seen = await asyncio.to_thread(_preview, console, draft, visit)
        if step == "send" and seen.decision is not None:
            try:
                made = await asyncio.to_thread(_propose, console, draft, visit)
            except InputError as error:
                seen = msgspec.structs.replace(seen, decision=None, error=error)
            else:
                place = f"{QUEUE}/{made.id}"
                headers = {"cache-control": "no-store"}
                return Redirect(place, status_code=303, headers=headers)
        if seen.decision is not None and visit.may("indicators:read"):
            (listed,) = listed_on(service, [seen.decision.target])
            seen = msgspec.structs.replace(seen, listed=listed)
        return page(request, visit, draft, seen, 400 if seen.error else 200)

    return [fill_in, send]


def _draft(form: Form) -> Draft:
    given = {
        name: text_of(form, name)[:_LONGEST]
        for name in ("target", "action", "scope", "reason", "days")
    }
    evidence = text_of(form, "evidence")[: _LONGEST * 8]
    return Draft(**given, evidence=evidence, dry_run=bool(text_of(form, "dry_run")))


def _preview(console: Console, draft: Draft, visit: Visit) -> Preview:
    desk = console.service.desk
    guards: list[Guarded] = []
    try:
        target = read_target(draft.target, desk.suffixes, _scope(draft))
        guards = desk.guards_of(target)
        decision = desk.draft(
            draft.target, draft.action, draft.reason, visit.identity, **_more(draft)
        )
    except InputError as error:
        return Preview(guards=guards, error=error)
    return Preview(decision, guards)


def _propose(console: Console, draft: Draft, visit: Visit) -> Decision:
    propose = console.service.desk.propose
    return propose(draft.target, draft.action, draft.reason, visit.identity, **_more(draft))


def _more(draft: Draft) -> dict[str, Any]:
    days = int(draft.days) if is_number(draft.days.strip()) else 0
    return {
        "scope": _scope(draft),
        "evidence": draft.lines,
        "days": days,
        "dry_run": draft.dry_run,
    }


def _scope(draft: Draft) -> str:
    return draft.scope if draft.scope in SCOPES else ""
