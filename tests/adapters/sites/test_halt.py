"""A gatherer that is halted drops what has not begun, and ends what has."""

from __future__ import annotations

import asyncio

from tests.adapters.sites.farm import Limit, Site, answer, gatherer, name_server, server

HOSTS = [f"s{number}.town.example" for number in range(50)]


async def test_visits_that_have_not_begun_are_dropped() -> None:
    table = {(host, "A"): ["127.0.0.1"] for host in HOSTS}
    site = Site({"/": answer(b"<title>Town</title>")})
    site.wait_s = 0.2
    async with name_server(table) as (_, resolver), server(site) as plain:
        one = gatherer(HOSTS, resolver, plain=plain, settings={"address": Limit(2, 1000)})
        asyncio.get_running_loop().call_later(0.7, one.halt)
        began = asyncio.get_running_loop().time()
        seen = [facts.host async for facts in one.visit(HOSTS)]
    assert asyncio.get_running_loop().time() - began < 5
    assert 2 <= len(seen) < len(HOSTS)
    assert {host for host, _ in site.asked} == set(seen)
