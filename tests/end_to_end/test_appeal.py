"""From a block in a real resolver over an appeal to a name that resolves again."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from cityshield.adapters.clock import SystemClock
from cityshield.adapters.store.audit import verify
from cityshield.adapters.store.tokens import create_token
from cityshield.vocabulary.identity import Identity
from tests.adapters.rpz.standing import answering, standing, unbound
from tests.conftest import Live

ROOT = Identity("root", "admin", how="local")
NAME = "parcel-desk.example"
HEADERS = {"accept-language": "en"}


@pytest.mark.slow
@pytest.mark.unbound
def test_a_granted_appeal_is_seen_by_who_asks_the_resolver(tmp_path: Path) -> None:
    with answering() as upstream, standing(unbound, tmp_path, upstream) as (city, resolver):
        number = city.decide(NAME)
        settings = city.home / "cityshield.toml"
        settings.write_text(
            settings.read_text() + '[operator]\naddress = "https://shield.city.example"\n'
        )
        city.serve()
        resolver.restart()
        assert resolver.comes_to(NAME, "NXDOMAIN")
        token = create_token(city.engine, ROOT, SystemClock().now(), "Cy", "analyst")
        live = Live(city.home)
        try:
            shown = httpx.get(live.url, headers={**HEADERS, "host": NAME}, timeout=30)
            form = f"/decisions/{number}/appeal"
            assert shown.status_code == 403
            assert f'href="https://shield.city.example{form}?lang=en"' in shown.text
            fields = {"who": "owner", "claim": "cleaned", "text": "The kit is gone."}
            sent = httpx.post(live.url + form, data=fields, headers=HEADERS, timeout=30)
            assert sent.status_code == 303
            place = live.url + sent.headers["location"]
            assert "We are on it" in httpx.get(place, timeout=30).text
            assert resolver.code(NAME) == "NXDOMAIN"
            answered = httpx.post(
                f"{live.url}/api/v1/appeals/1/grant",
                json={"reason": "looked at it, it is clean", "outcome": "mended"},
                headers={"authorization": f"Bearer {token}"},
                timeout=30,
            )
            assert answered.status_code == 200, answered.text
            assert resolver.comes_to(NAME, "192.0.2.7")
            assert "looked at it, it is clean" in httpx.get(place, timeout=30).text
            assert httpx.get(live.url, headers={"host": NAME}, timeout=30).status_code == 200
            figures = httpx.get(f"{live.url}/statistics.json", timeout=30).json()
            assert (figures["wrong"], figures["ends"]["appeal"]) == (0, 1)
        finally:
            live.stop()
        assert city.desk.verify()[1] == []
        assert verify(city.engine).broken_at is None
