"""The ASGI application: routes from the entrypoints, with the gate in front."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import msgspec
from litestar import Litestar, Request, Response, Router, get
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from prometheus_client import generate_latest

from cityshield import __version__
from cityshield.adapters.sentences.sentences import choose_language
from cityshield.entrypoints.web.addresses import block_of
from cityshield.entrypoints.web.gate import App, Gate, Scope
from cityshield.entrypoints.web.problems import MEDIA_TYPE, Problems, RefusePage, problem
from cityshield.service import Service
from cityshield.vocabulary.errors import CityShieldError

_METRICS = "text/plain; version=0.0.4"
"""Litestar adds the charset."""

_FORWARDED = ("x-forwarded-for", "forwarded", "via", "x-real-ip")


Job = Callable[[], Coroutine[Any, Any, None]]
"""What runs beside the requests until it is cancelled."""


class Health(msgspec.Struct, frozen=True):
    """That the service answers, what it is, and how many list entries it holds."""

    status: str
    version: str
    indicators: int


def make_app(
    service: Service,
    routes: Sequence[BaseRouteHandler | Router],
    pages: Mapping[str, RefusePage] | None = None,
    before: Callable[[App], App] | None = None,
    jobs: Sequence[Job] = (),
) -> Gate:
    """The application over a service; `jobs` run as long as it does.

    `pages` are for what is refused when a browser asked for a page, by the place where it did;
    `before` puts something between the gate and the routes.
    """
    problems = Problems(service.shield.sentences, pages or {})

    @get("/healthz", summary="Is the service alive")
    async def healthz() -> Health:
        """Alive, and how many entries the lists hold."""
        return Health("ok", __version__, service.indicators())

    @get("/metrics", include_in_schema=False)
    async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Prometheus metrics: for this machine, or with a token (scope `metrics:read`)."""
        if not _is_this_machine(request):
            await service.identify(request.headers.get("authorization", ""), "metrics:read")
        return Response(generate_latest(service.registry), media_type=_METRICS)

    app = Litestar(
        [*routes, healthz, metrics],
        lifespan=[_running(service, jobs)],
        exception_handlers={
            CityShieldError: problems.of_ours,
            HTTPException: problems.of_http,
            RecursionError: problems.of_depth,
            Exception: problems.of_any,
        },
        openapi_config=OpenAPIConfig(
            title="CityShield",
            version=__version__,
            description="Is this link, message or file safe? A verdict with reasons.",
            path="/api",
            render_plugins=[JsonRenderPlugin()],
        ),
        request_max_body_size=None,
        logging_config=None,
    )

    def refuse(scope: Scope, status: int, sentence: str, args: dict[str, str]) -> tuple[str, bytes]:
        request: Request[Any, Any, Any] = Request(cast(Any, scope))
        if (shown := problems.page(request, sentence, args)) is not None:
            return "text/html; charset=utf-8", shown
        language = choose_language(request.headers.get("accept-language", ""))
        told = problem(service.shield.sentences, language, status, sentence, **args)
        return MEDIA_TYPE, msgspec.json.encode(told)

    routed = cast(App, app)
    inner = before(routed) if before else routed
    return Gate(inner, service.config.server, service.registry, refuse)


def _running(service: Service, jobs: Sequence[Job]):  # type: ignore[no-untyped-def]
    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(job()) for job in jobs]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            try:
                await asyncio.gather(*tasks, return_exceptions=True)
            finally:
                service.close()

    return lifespan


def _is_this_machine(request: Request[Any, Any, Any]) -> bool:
    """Whether the client is on this machine and no proxy stands between."""
    client = request.client
    if client is None or any(name in request.headers for name in _FORWARDED):
        return False
    return block_of(client.host) == "127.0.0.1" or client.host == "::1"
