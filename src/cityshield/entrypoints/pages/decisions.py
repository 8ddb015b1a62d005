"""What people see of a decision: its own page, and the page in the place of what is blocked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import BaseRouteHandler
from litestar.params import Parameter

from cityshield.adapters.sentences.sentences import choose_language
from cityshield.adapters.store.decisions import get as get_decision
from cityshield.answer import defang, harmless
from cityshield.entrypoints.look.look import html, language_of, other_language
from cityshield.entrypoints.pages.routes import Page
from cityshield.guards.dates import day, moment
from cityshield.vocabulary.appeal import Appeal
from cityshield.vocabulary.decision import ALLOW, BLOCK, IN_FORCE, PROPOSED, WARN, Decision
from cityshield.vocabulary.errors import InputError

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]
_LOOKS = {
    BLOCK: ("malicious", "alarm"),
    WARN: ("suspicious", "alert"),
    ALLOW: ("benign", "relieved"),
    "proposed": ("unknown", "curious"),
    "over": ("unknown", "curious"),
}
_LONGEST_HOST = 255


def decision_routes(page: Page) -> list[BaseRouteHandler]:
    """The public page of each decision."""
    service = page.service

    @get("/decisions/{number:int}", include_in_schema=False)
    async def show(
        request: Request[Any, Any, Any], number: Annotated[int, Parameter(ge=1, le=2**62)]
    ) -> Response[bytes]:
        try:
            decision = await asyncio.to_thread(get_decision, service.engine, number)
        except InputError:
            raise NotFoundException from None
        appeals = await asyncio.to_thread(service.appeals.waiting_on, number)
        place = f"/decisions/{number}"
        return html(render(page, decision, language_of(request), place, appeals))

    return [show]


class BlockPage:
    """Answers for the names that are blocked, which DNS leads here; all else passes.

    Works over plain HTTP and without JavaScript. What it needs of style comes from the same host.
    """

    def __init__(self, app: App, page: Page) -> None:
        self._app = app
        self._page = page

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Show the decision on the host that was asked for, if it is a block."""
        if scope["type"] == "http" and not scope["path"].startswith("/static/"):
            decision = self._decision(scope)
            if decision is not None:
                await self._show(scope, send, decision)
                return
        await self._app(scope, receive, send)

    def _decision(self, scope: Scope) -> Decision | None:
        host = next((value for name, value in scope["headers"] if name == b"host"), b"")
        name = host.decode("latin-1").partition(":")[0].lower().rstrip(".")
        if not name or len(name) > _LONGEST_HOST or "." not in name or name[-1].isdigit():
            return None
        return self._page.service.blocked_host(name)

    async def _show(self, scope: Scope, send: Any, decision: Decision) -> None:
        query = scope.get("query_string", b"").decode("latin-1")
        wanted = next((v for n, v in scope["headers"] if n == b"accept-language"), b"")
        chosen = query.partition("lang=")[2][:10] or wanted.decode("latin-1")[:500]
        body = render(self._page, decision, choose_language(chosen), "/")
        headers = [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (b"vary", b"accept-language"),
        ]
        await send({"type": "http.response.start", "status": 403, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def render(
    page: Page, decision: Decision, language: str, address: str, appeals: Sequence[Appeal] = ()
) -> bytes:
    """The page of a decision; it names how many people approved it, not who.

    `address` is where it is shown, `/` for the page in the place of a blocked name. Of the
    undecided appeals only the clock is shown.
    """
    kind = decision.action if decision.state == IN_FORCE else "over"
    if decision.state == PROPOSED:
        kind = "proposed"
    level, pose = _LOOKS[kind]
    return page.fill(
        "decision.html.j2",
        language,
        address + "?" + urlencode({"lang": other_language(language)}),
        address=address,
        decision=decision,
        kind=kind,
        level=level,
        pose=pose,
        name=decision.target.host,
        shown=harmless(defang(decision.target.value)),
        since=day(decision.since) if decision.since else "",
        until=day(decision.expires) if decision.expires and decision.state == IN_FORCE else "",
        ended=day(decision.ended_at) if decision.ended_at and decision.end_reason else "",
        appeal_at=_appeal_address(page, decision, language, address),
        appeals=[(a.state, day(a.opened_at), moment(a.due)) for a in appeals],
    )


def _appeal_address(page: Page, decision: Decision, language: str, address: str) -> str:
    """Where to appeal; empty when nothing can be appealed against, or our address is not known.

    A page in the place of a blocked name is on a foreign host: it has to name ours.
    """
    if decision.state != IN_FORCE or decision.action not in (BLOCK, WARN):
        return ""
    here = ""
    if address == "/":
        config = page.service.config
        blocked_to = config.zone.blocked_to
        here = config.operator.address or (f"http://{blocked_to}" if blocked_to else "")
        if not here:
            return ""
    return f"{here}/decisions/{decision.id}/appeal?" + urlencode({"lang": language})
