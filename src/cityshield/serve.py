"""The console script, and what `cityshield up` promises."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cityshield.config import Config
    from cityshield.entrypoints.web.gate import Gate


def main() -> None:
    """Run the command line and exit with its status."""
    try:
        from cityshield.entrypoints.cli.main import main as run

        status = run(start)
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)


def application(home: Path, config: Config, folders: Sequence[Path] = ()) -> Gate:
    """The ASGI application with every route, over a data directory."""
    from cityshield.entrypoints.api.routes import api_routes
    from cityshield.entrypoints.console.room import HOME, Console
    from cityshield.entrypoints.console.routes import console_routes
    from cityshield.entrypoints.pages.appeals import appeal_routes
    from cityshield.entrypoints.pages.decisions import BlockPage, decision_routes
    from cityshield.entrypoints.pages.routes import Page, page_routes
    from cityshield.entrypoints.pages.statistics import statistics_routes
    from cityshield.entrypoints.web.app import make_app
    from cityshield.jobs import jobs_of
    from cityshield.service import Service

    service = Service(home, config, folders)
    page, console = Page(service), Console(service)
    shown = [*page_routes(page), *decision_routes(page), *appeal_routes(page)]
    shown += statistics_routes(page)
    return make_app(
        service,
        [api_routes(service), console_routes(console), *shown],
        {"/": page.refuse, HOME: console.refuse_page},
        partial(BlockPage, page=page),
        [*jobs_of(service), page.prepare],
    )


def start(home: Path, config: Config, folders: Sequence[Path], language: str) -> None:
    """Serve until stopped; the first start prints the admin token, once."""
    import uvicorn

    from cityshield.adapters.store.backup import in_use
    from cityshield.entrypoints.web.protocol import protocol_of
    from cityshield.entrypoints.web.run import announce, first_token, listen, log_as_json

    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    log_as_json()
    with in_use(home):
        app = application(home, config, folders)
        socket = listen(config.server.host, config.server.port)
        first_token(home, language)
        announce(config.server.host, socket.getsockname()[1], language)
        settings = uvicorn.Config(
            app,
            http=protocol_of(config.server),
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=10,
            limit_concurrency=2000,
        )
        uvicorn.Server(settings).run(sockets=[socket])


if __name__ == "__main__":
    main()
