"""The service with one more route, which reads the body and answers the same verdict always.

Everything else is the real service: what the route costs is what any answer must cost.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, Response, post

from cityshield import serve
from cityshield.config import Config, read_config
from cityshield.entrypoints.api.routes import api_routes
from cityshield.entrypoints.pages.routes import page_routes
from cityshield.entrypoints.web.app import make_app
from cityshield.entrypoints.web.gate import Gate
from cityshield.service import Service

PATH = "/api/v1/constant"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("answer", type=Path)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    answer = given.answer.read_bytes()

    @post(PATH, status_code=200)
    async def constant(request: Request[Any, Any, Any]) -> Response[bytes]:
        await request.body()
        return Response(answer, media_type="application/json")

    def application(home: Path, config: Config, folders: Sequence[Path] = ()) -> Gate:
        service = Service(home, config, folders)
        return make_app(service, [api_routes(service), *page_routes(service), constant])

    serve.application = application
    config = read_config(given.home)
    server = msgspec.structs.replace(config.server, port=given.port)
    serve.start(given.home, msgspec.structs.replace(config, server=server), (), "en")


if __name__ == "__main__":
    main()
