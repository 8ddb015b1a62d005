"""The API of a service that runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from cityshield.guards.files.checks.eicar import _TEXT as EICAR
from tests.conftest import Live, run_cli
from tests.guards.files.test_files import zipped


@pytest.fixture
def client(live: Live) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=live.url, timeout=60) as opened:
        yield opened


def check(client: httpx.Client, value: str, kind: str | None = None) -> dict:  # type: ignore[type-arg]
    asked = {"value": value} if kind is None else {"kind": kind, "value": value}
    answer = client.post("/api/v1/check", json=asked)
    assert answer.status_code == 200, answer.text
    found: dict = answer.json()  # type: ignore[type-arg]
    return found


def test_links_messages_and_files(client: httpx.Client) -> None:
    assert check(client, "http://x.parcel-desk.example/", "link")["level"] == "malicious"
    assert check(client, "先交保证金500元再放款", "message")["level"] in ("suspicious", "malicious")
    assert check(client, "somewhere.example")["subject"]["kind"] == "link"
    sent = {"file": ("eicar.com", EICAR)}
    assert client.post("/api/v1/check", files=sent).json()["level"] == "malicious"
    sent = {"file": ("a.zip", zipped({"b.bin": b"harmless-marker-for-a-rule"}))}
    answer = client.post("/api/v1/check", files=sent).json()
    assert answer["level"] == "suspicious"
    assert answer["parts"][0]["evidence"][0]["check"] == "files.rules/marker"


def test_answers_speak_the_language_asked_for(client: httpx.Client) -> None:
    for language, word in (("zh-CN", "名单"), ("en", "list")):
        answer = client.post(
            "/api/v1/check",
            json={"value": "parcel-desk.example"},
            headers={"accept-language": language},
        )
        assert word in answer.json()["evidence"][0]["message"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"kind": "link"}', b'{"value": ""}', b'{"value": 3}', b"\xff\xfe",
     b'{"kind": "file", "value": "/etc/passwd"}', b'{"kind": "vehicle", "value": "x"}',
     b'{"value": "x", "extra": 1}'],
)  # fmt: skip
def test_what_cannot_be_used_is_a_problem_with_a_remedy(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/api/v1/check", content=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_bulk_answers_each_line_in_order(client: httpx.Client) -> None:
    lines = [json.dumps({"value": f"h{n}.example"}) for n in range(5000)]
    lines[17] = "not json"
    lines[18] = json.dumps({"kind": "message", "value": "x" * 20_000})
    answer = client.post("/api/v1/check/bulk", content="\n".join(lines).encode())
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    found = [json.loads(line) for line in answer.text.splitlines()]
    assert len(found) == 5000
    assert found[17]["line"] == 18
    assert found[18]["subject"]["kind"] == "message"
    assert found[4999]["subject"]["value"] == "h4999.example"


def test_the_command_line_and_the_api_agree(live: Live, client: httpx.Client) -> None:
    subjects = ["http://x.parcel-desk.example/", "paypal-x.example.test", "先交保证金再放款"]
    done = run_cli("check", *subjects, "--json", home=live.home)
    by_cli = [json.loads(line) for line in done.stdout.splitlines()]
    assert by_cli == [check(client, subject) for subject in subjects]


def test_the_catalogue_health_metrics_and_description(client: httpx.Client) -> None:
    cards = client.get("/api/v1/checks", headers={"accept-language": "zh"}).json()
    assert {"links.listed", "messages.tells/fee_before_payout"} <= {card["id"] for card in cards}
    health = client.get("/healthz").json()
    assert health["status"] == "ok"
    assert health["indicators"] >= 1
    metrics = client.get("/metrics").text
    assert "cityshield_checks_total" in metrics
    described = client.get("/api/openapi.json").json()
    assert "/api/v1/check" in described["paths"]
    forwarded = {"x-forwarded-for": "203.0.113.9"}
    assert client.get("/metrics", headers=forwarded).status_code == 401


def test_every_answer_has_the_security_headers(client: httpx.Client) -> None:
    for path in ("/", "/healthz", "/nothing", "/api/v1/checks", "/static/page.css"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers


def token(live: Live, role: str, *options: str) -> dict[str, str]:
    made = run_cli("tokens", "create", "test", "--role", role, *options, home=live.home)
    return {"authorization": f"Bearer {made.stdout.decode().strip()}"}


def test_a_site_is_visited_for_an_operator_only(live: Live, client: httpx.Client) -> None:
    asked = {"kind": "site", "value": "https://library.example/start"}

    def answer(headers: dict[str, str]) -> tuple[int, str]:
        said = client.post("/api/v1/check", json=asked, headers=headers)
        told = said.json()
        if said.status_code == 200:
            return 200, told["failed"][0]["reason"]
        return said.status_code, told["type"].rpartition(":")[2]

    assert answer({}) == (401, "error-not-authenticated")
    assert answer(token(live, "analyst")) == (403, "error-forbidden")
    assert answer(token(live, "operator")) == (200, "visit-out-of-scope")
    asked["value"] = "192.0.2.7"
    assert answer(token(live, "operator")) == (400, "error-sites-host")
    lines = client.post("/api/v1/check/bulk", content=json.dumps(asked))
    assert "site" in json.loads(lines.text)["error"]


def test_operators_act_by_their_token(live: Live, client: httpx.Client) -> None:
    path = "/api/v1/feeds/api-feed"
    body = b"from-the-api.example\n"
    assert client.post(path, content=body).status_code == 401
    reader = token(live, "reader")
    assert client.post(path, content=body, headers=reader).status_code == 403
    narrowed = token(live, "operator", "--scope", "indicators:read")
    assert client.post(path, content=body, headers=narrowed).status_code == 403
    assert check(client, "from-the-api.example")["level"] == "unknown"
    operator = token(live, "operator")
    report = client.post(path, content=body, headers=operator).json()
    assert (report["taken"], report["source"]) == (1, "api-feed")
    assert check(client, "from-the-api.example")["level"] == "malicious"
    analyst = token(live, "analyst")
    entries = client.get("/api/v1/audit", headers=analyst).json()
    start, end = [entry for entry in entries if "api-feed" in entry["detail"]]
    token_id = operator["authorization"].split("_")[1]
    assert start["actor"] == end["actor"] == f"token:test#{token_id}"
    assert client.get("/api/v1/audit", headers=reader).status_code == 403


def test_tokens_are_an_administrators(live: Live, client: httpx.Client) -> None:
    admin = token(live, "admin")
    assert client.get("/api/v1/me", headers=admin).json()["role"] == "admin"
    made = client.post("/api/v1/tokens", json={"name": "bot"}, headers=admin)
    assert made.status_code == 201
    bot = {"authorization": f"Bearer {made.json()['token']}"}
    assert client.get("/api/v1/me", headers=bot).json()["name"] == "bot"
    assert client.post("/api/v1/tokens", json={"name": "x"}, headers=bot).status_code == 403
    token_id = made.json()["token"].split("_")[1]
    assert client.delete(f"/api/v1/tokens/{token_id}", headers=admin).status_code == 204
    assert client.get("/api/v1/me", headers=bot).status_code == 401


def test_one_client_cannot_ask_without_end_and_others_still_can(home: Path) -> None:
    (home / "cityshield.toml").write_text(
        '[server]\nrate_per_minute = 60\nrate_burst = 5\ntrusted_proxies = ["127.0.0.1"]\n'
    )
    service = Live(home)
    try:
        with httpx.Client(base_url=service.url) as client:
            mine = {"x-forwarded-for": "203.0.113.1"}
            statuses = [client.get("/healthz", headers=mine).status_code for _ in range(12)]
            assert statuses.count(200) in range(4, 8)
            refused = client.get("/healthz", headers=mine)
            assert refused.status_code == 429
            assert 1 <= int(refused.headers["retry-after"]) <= 5
            other = {"x-forwarded-for": "203.0.113.1, 203.0.113.2"}
            assert client.get("/healthz", headers=other).status_code == 200
    finally:
        service.stop()


def test_the_admin_token_is_printed_at_the_first_start_only(home: Path) -> None:
    first = Live(home).stop()
    second = Live(home).stop()
    assert first.count("cs_") == 1
    assert "cs_" not in second


def test_what_sources_say_is_told_to_readers(live: Live, client: httpx.Client) -> None:
    asked = {"value": "http://www.parcel-desk.example/x"}
    assert client.get("/api/v1/indicators", params=asked).status_code == 401
    (found,) = client.get("/api/v1/indicators", params=asked, headers=token(live, "reader")).json()
    assert (found["value"], found["source"]) == ("parcel-desk.example/", "partner")


def test_a_client_that_is_refused_while_it_sends_reads_the_answer(home: Path) -> None:
    (home / "cityshield.toml").write_text("[server]\nrate_per_minute = 1\nrate_burst = 1\n")
    service = Live(home)
    try:
        with httpx.Client(base_url=service.url, timeout=20) as client:
            for size in (1 << 20, 20 << 20):
                answer = client.post("/api/v1/check", content=b"x" * size)
                assert answer.status_code == 429
    finally:
        service.stop()


def prefix_of(expression: str) -> str:
    return sha256(expression.encode()).hexdigest()[:8]


def hashes(client: httpx.Client, *expressions: str) -> dict[str, tuple[str, bool]]:
    """What the service answers to the prefixes of these expressions: why, and whether below."""
    asked = [("prefix", prefix_of(expression)) for expression in expressions]
    answer = client.get("/api/v1/hashes", params=asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == f"public, max-age={answer.json()['keep_s']}"
    whole = {sha256(expression.encode()).hexdigest(): expression for expression in expressions}
    found = answer.json()["hashes"]
    assert found == sorted(found, key=lambda each: each["hash"])
    return {whole[each["hash"]]: (each["why"], each["below"]) for each in found}


def test_decisions_are_made_by_two_and_found_by_prefixes_of_hashes(
    live: Live, client: httpx.Client
) -> None:
    tokens = [
        run_cli("tokens", "create", name, "--role", role, home=live.home).stdout.decode().strip()
        for name, role in (("ana", "analyst"), ("bo", "analyst"), ("reader", "reader"))
    ]
    ana, bo, reader = ({"Authorization": f"Bearer {token}"} for token in tokens)
    wanted = {"target": "decided.example", "reason": "asks for cards", "scope": "domain"}
    assert client.post("/api/v1/decisions", json=wanted).status_code == 401
    assert client.post("/api/v1/decisions", json=wanted, headers=reader).status_code == 403
    made = client.post("/api/v1/decisions", json=wanted, headers=ana)
    assert (made.status_code, made.json()["state"]) == (201, "proposed"), made.text
    number = made.json()["id"]
    again = client.post(f"/api/v1/decisions/{number}/approve", headers=ana)
    assert (again.status_code, "Another person" in again.json()["detail"]) == (403, True)
    done = client.post(f"/api/v1/decisions/{number}/approve", headers=bo)
    assert (done.status_code, done.json()["state"]) == (200, "in-force")
    assert hashes(client, "decided.example/", "parcel-desk.example/", "free.example/") == {
        "decided.example/": ("block", True),
        "parcel-desk.example/": ("listed", True),
    }
    shown = client.get(f"/api/v1/decisions/{number}", headers=reader).json()
    assert shown == done.json()
    listed = client.get("/api/v1/decisions?state=in-force", headers=reader).json()
    assert shown in listed
    ended = client.post(f"/api/v1/decisions/{number}/end", json={"reason": "ok"}, headers=ana)
    assert ended.json()["state"] == "removed"
    assert hashes(client, "decided.example/") == {}
    for path, body, status in (
        (f"/api/v1/decisions/{number}/approve", None, 400),
        ("/api/v1/decisions/99999/approve", None, 400),
        ("/api/v1/decisions", {"target": "github.com", "reason": "r"}, 400),
        ("/api/v1/decisions", {"target": "a.example", "reason": ""}, 400),
        ("/api/v1/decisions", {"target": "a.example", "reason": "r", "days": 9999}, 400),
    ):
        answer = client.post(path, json=body, headers=ana)
        assert answer.status_code == status, answer.text


@pytest.mark.parametrize("prefix", ["", "abc", "0123456g", "012345678", "🐱🐱🐱🐱"])
def test_what_is_no_prefix_is_refused(client: httpx.Client, prefix: str) -> None:
    assert client.get("/api/v1/hashes", params={"prefix": prefix}).status_code == 400
    assert client.get("/api/v1/hashes").status_code == 400
    many = [("prefix", f"{number:08x}") for number in range(31)]
    assert client.get("/api/v1/hashes", params=many).status_code == 400


def test_who_may_only_import_does_not_decide(live: Live, client: httpx.Client) -> None:
    made = run_cli("tokens", "create", "feeder", "--role", "operator", home=live.home)
    header = {"Authorization": f"Bearer {made.stdout.decode().strip()}"}
    address = "/api/v1/feeds/team-x"
    assert client.post(address, content=b"rival.example\n", headers=header).status_code == 200
    assert run_cli("feeds", "trust", "team-x", home=live.home).returncode == 0
    refused = client.post(address, content=b"rival-2.example\n", headers=header)
    assert (refused.status_code, "Only an admin" in refused.json()["detail"]) == (403, True)
    guard = live.home / "top.txt"
    guard.write_text("metro.example\n")
    given = ("feeds", "import", str(guard), "--source", "top-x", "--guard", "popular")
    assert run_cli(*given, home=live.home).returncode == 0
    mixed = client.post("/api/v1/feeds/top-x", content=b"metro.example\n", headers=header)
    assert mixed.status_code == 400
    assert run_cli(*given, home=live.home).returncode == 0


def test_feeds_and_their_report_are_read_with_a_token(live: Live, client: httpx.Client) -> None:
    assert client.get("/api/v1/feeds").status_code == 401
    made = run_cli("tokens", "create", "watcher", home=live.home)
    header = {"Authorization": f"Bearer {made.stdout.decode().strip()}"}
    address = "https://feeds.example/list"
    added = run_cli("feeds", "add", "subscribed", address, "--every", "6", home=live.home)
    assert added.returncode == 0
    listed = {feed["name"]: feed for feed in client.get("/api/v1/feeds", headers=header).json()}
    assert listed["partner"]["entries"] == 1
    assert "subscribed" not in listed["partner"] or listed["partner"]["subscribed"] is None
    said = listed["subscribed"]["subscribed"]["subscription"]
    assert (said["url"], said["every_s"]) == ("https://feeds.example/", 21_600)
    (live.home / "feeds/report.json").unlink(missing_ok=True)
    assert client.get("/api/v1/reports/feeds", headers=header).status_code == 400
    assert run_cli("feeds", "report", home=live.home).returncode == 0
    report = client.get("/api/v1/reports/feeds", headers=header).json()
    assert "partner" in [feed["name"] for feed in report["feeds"]]
    assert run_cli("feeds", "remove", "subscribed", home=live.home).returncode == 0
