"""The API as it describes itself, held against what it does, by Schemathesis."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.conftest import Live
from tests.hostile.support import relentless
from tests.hostile.test_http import make_token

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]


@schemathesis.serializer("application/x-ndjson")
def write_lines(_context: Any, value: Any) -> bytes:
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "surrogatepass")


@pytest.fixture(scope="module")
def described(live: Live) -> Any:
    return schemathesis.openapi.from_url(f"{live.url}/api/openapi.json")


@pytest.fixture(scope="module")
def token(live: Live) -> str:
    return make_token(live.home, "admin")


def hold_to_its_word(described: Any, headers: dict[str, str]) -> int:
    """Try every operation; the number of requests that were made."""
    made = 0
    for found in described.get_all_operations():
        operation = found.ok()

        @settings(relentless, max_examples=20)
        @given(case=operation.as_strategy())
        def try_operation(case: Any) -> None:
            nonlocal made
            made += 1
            response = case.call(timeout=20, headers=headers)
            case.validate_response(response, checks=CHECKS)
            assert response.headers["content-security-policy"]

        try_operation()
    return made


def test_the_api_does_what_it_says_to_strangers(described: Any) -> None:
    assert hold_to_its_word(described, {}) > 50


def test_the_api_does_what_it_says_to_an_administrator(described: Any, token: str) -> None:
    assert hold_to_its_word(described, {"Authorization": f"Bearer {token}"}) > 50
