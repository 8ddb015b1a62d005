"""The service with one more route, which reads the body and answers the same verdict always.

Everything else is the real service, composed and run by its own code: what the route costs is
what any answer must cost.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, Response, post

from cityshield import serve
from cityshield.config import read_config
from cityshield.entrypoints.web import app
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
    make_app = app.make_app

    @post(PATH, status_code=200)
    async def constant(request: Request[Any, Any, Any]) -> Response[bytes]:
        await request.body()
        return Response(answer, media_type="application/json")

    def make_app_with_constant(service: Service, routes: Sequence[Any], *rest: Any) -> Gate:
        return make_app(service, [*routes, constant], *rest)

    app.make_app = make_app_with_constant
    config = read_config(given.home)
    server = msgspec.structs.replace(config.server, port=given.port)
    serve.start(given.home, msgspec.structs.replace(config, server=server), (), "en")


if __name__ == "__main__":
    main()
