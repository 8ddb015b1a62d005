"""A console in this process whose clock a test moves, and people who use it by HTTP."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import msgspec

from cityshield.adapters.clock import SystemClock
from cityshield.adapters.store.tokens import create_token
from cityshield.appeals import Appeals
from cityshield.config import Config, Server
from cityshield.desk import Desk
from cityshield.entrypoints.console.room import HOME, Console
from cityshield.entrypoints.console.routes import console_routes
from cityshield.entrypoints.web.app import make_app
from cityshield.service import Service
from cityshield.vocabulary.identity import Identity

ROOT = Identity("Root", "admin", how="local")
HOST = "console.example"
DECISIONS, APPEALS = "/console/decisions", "/console/appeals"
_KEY = re.compile(r'name="key" value="([0-9a-f]{64})"')


class Moved(SystemClock):
    """The time now, and what a test adds to it."""

    added_s = 0

    def now(self) -> int:
        return super().now() + self.added_s


class City:
    """A service with its console; the rates are loose unless a test says otherwise."""

    def __init__(self, home: Path, **server: Any) -> None:
        loose = {"rate_per_minute": 6_000_000, "rate_burst": 1_000_000}
        settings = msgspec.structs.replace(Server(), **{**loose, **server})
        config = msgspec.structs.replace(Config(), server=settings)
        self.service = Service(home, config)
        self.clock = Moved()
        self.service.clock = self.clock
        self.service.desk = self.desk = Desk(self.service.engine, self.clock, config)
        self.engine = self.service.engine
        self.service.appeals = self.appeals = Appeals(self.engine, self.clock, config)
        console = Console(self.service)
        self.app = make_app(self.service, [console_routes(console)], {HOME: console.refuse_page})

    def token(self, name: str, role: str = "analyst", by: Identity = ROOT, **more: Any) -> str:
        return create_token(self.engine, by, self.clock.now(), name, role, **more)

    def browser(self, scheme: str = "http", peer: str = "192.0.2.7") -> Browser:
        return Browser(self, scheme, peer)

    async def person(self, name: str, role: str = "analyst", **more: Any) -> Browser:
        """Somebody who is signed in."""
        browser = self.browser()
        answer = await browser.sign_in(self.token(name, role, **more))
        assert answer.status_code == 303, answer.text
        return browser


class Browser:
    """One browser: it keeps cookies, and says where a form comes from."""

    def __init__(self, city: City, scheme: str, peer: str) -> None:
        transport = httpx.ASGITransport(city.app, client=(peer, 1234))  # type: ignore[arg-type]
        self.client = httpx.AsyncClient(transport=transport, base_url=f"{scheme}://{HOST}")

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.client.get(path, **more)

    async def key(self, path: str = DECISIONS) -> str:
        """The key of the forms on a page."""
        found = _KEY.search((await self.get(path)).text)
        assert found is not None
        return found[1]

    async def post(self, path: str, form: dict[str, str], **headers: str) -> httpx.Response:
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        given = said or {"sec-fetch-site": "same-origin"}
        return await self.client.post(path, data=form, headers=given)

    async def sign_in(self, token: str, **more: str) -> httpx.Response:
        key = await self.key("/console/sign-in")
        return await self.post("/console/sign-in", {"key": key, "token": token, **more})

    async def act(self, what: str, *numbers: int, reason: str = "") -> httpx.Response:
        chosen = {f"d-{number}": "1" for number in numbers}
        form = {"key": await self.key(), "act": what, "reason": reason, **chosen}
        return await self.post(f"{DECISIONS}/act", form)

    async def answer(self, what: str, number: int, text: str) -> httpx.Response:
        form = {"key": await self.key(), "act": what, "text": text}
        return await self.post(f"{APPEALS}/{number}/act", form)
