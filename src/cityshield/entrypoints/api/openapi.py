"""The parts of the API's description that types alone don't say: bodies and examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar.openapi.spec import (
    Example,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    RequestBody,
    Schema,
)

_TEXT = Schema(type=OpenAPIType.STRING)
_LEVEL = Schema(type=OpenAPIType.STRING, enum=["benign", "unknown", "suspicious", "malicious"])
_SUBJECT = Schema(
    type=OpenAPIType.OBJECT,
    required=["kind", "value"],
    properties={
        "kind": Schema(type=OpenAPIType.STRING, enum=["link", "message", "file", "site"]),
        "value": _TEXT,
    },
)
_EVIDENCE = Schema(
    type=OpenAPIType.OBJECT,
    required=["check", "weight", "message", "spans"],
    properties={
        "check": _TEXT,
        "weight": Schema(type=OpenAPIType.NUMBER),
        "message": _TEXT,
        "spans": Schema(
            type=OpenAPIType.ARRAY,
            description="Half-open ranges of Unicode code points in the value.",
            items=Schema(
                type=OpenAPIType.ARRAY,
                items=Schema(type=OpenAPIType.INTEGER),
                min_items=2,
                max_items=2,
            ),
        ),
    },
)
_FAILURE = Schema(
    type=OpenAPIType.OBJECT,
    required=["check", "reason"],
    properties={
        "check": _TEXT,
        "reason": _TEXT,
        "message": _TEXT,
        "detail": _TEXT,
        "count": Schema(type=OpenAPIType.INTEGER),
    },
)
VERDICT = Schema(
    type=OpenAPIType.OBJECT,
    description="What CityShield thinks, and why. `parts` are verdicts of the same shape.",
    required=[
        "subject", "level", "score", "coverage", "evidence", "findings", "failed", "parts",
    ],
    properties={
        "subject": _SUBJECT,
        "level": _LEVEL,
        "score": Schema(type=OpenAPIType.NUMBER, minimum=0, maximum=1),
        "coverage": Schema(type=OpenAPIType.NUMBER, minimum=0, maximum=1),
        "evidence": Schema(type=OpenAPIType.ARRAY, items=_EVIDENCE),
        "findings": Schema(type=OpenAPIType.ARRAY, items=Schema(type=OpenAPIType.OBJECT)),
        "failed": Schema(type=OpenAPIType.ARRAY, items=_FAILURE),
        "parts": Schema(type=OpenAPIType.ARRAY, items=Schema(type=OpenAPIType.OBJECT)),
    },
)  # fmt: skip
PROBLEM = Schema(
    type=OpenAPIType.OBJECT,
    description="Problem details (RFC 9457).",
    required=["type", "title", "status", "detail"],
    properties={
        "type": _TEXT,
        "title": _TEXT,
        "status": Schema(type=OpenAPIType.INTEGER),
        "detail": _TEXT,
    },
)
_REQUEST = Schema(
    type=OpenAPIType.OBJECT,
    required=["value"],
    additional_properties=False,
    properties={
        "value": Schema(type=OpenAPIType.STRING, min_length=1, max_length=1 << 20),
        "kind": Schema(type=OpenAPIType.STRING, enum=["link", "message", "site"]),
    },
)
_LINK = {"kind": "link", "value": "https://parcel-desk.example/pay"}
_MESSAGE = {"kind": "message", "value": "请先交保证金500元，到账后马上放款"}
_VERDICT = {
    "subject": _LINK,
    "level": "malicious",
    "score": 1.0,
    "coverage": 1.0,
    "evidence": [
        {
            "check": "links.listed",
            "weight": 1.0,
            "message": "We know this one: parcel-desk.example is on the list of partner, "
            "since 2026-11-21.",
            "spans": [],
        }
    ],
    "findings": [],
    "failed": [],
    "parts": [],
}
_STATUS = {
    "400": "What was sent can't be used; the answer says why.",
    "401": "A token is needed.",
    "403": "The token's role or scopes don't reach this.",
    "409": "Another import is running.",
    "413": "Too large.",
    "429": "Too many requests; Retry-After says how long to wait.",
    "503": "Took too long, or the store can't be used now.",
}


def problem_responses(*statuses: str) -> dict[str, OpenAPIResponse]:
    """The responses for these statuses, each a problem."""
    return {
        status: OpenAPIResponse(
            description=_STATUS[status],
            content={"application/problem+json": OpenAPIMediaType(schema=PROBLEM)},
        )
        for status in statuses
    }


@dataclass
class CheckOperation(Operation):
    """`POST /check`."""

    def __post_init__(self) -> None:
        """Describe both bodies and the answer."""
        self.request_body = RequestBody(
            required=True,
            content={
                "application/json": OpenAPIMediaType(
                    schema=_REQUEST,
                    examples={
                        "link": Example(summary="A link", value=_LINK),
                        "message": Example(summary="A message", value=_MESSAGE),
                    },
                ),
                "multipart/form-data": OpenAPIMediaType(
                    schema=Schema(
                        type=OpenAPIType.OBJECT,
                        required=["file"],
                        properties={
                            "file": Schema(
                                type=OpenAPIType.STRING,
                                content_media_type="application/octet-stream",
                            )
                        },
                    )
                ),
            },
        )
        verdict = OpenAPIMediaType(
            schema=VERDICT, examples={"listed": Example(summary="A listed link", value=_VERDICT)}
        )
        self.responses = {
            "200": OpenAPIResponse("The verdict.", content={"application/json": verdict}),
            **problem_responses("400", "413", "429", "503"),
        }


@dataclass
class LinesOperation(Operation):
    """`POST /check/bulk`."""

    def __post_init__(self) -> None:
        """Describe both streams."""
        lines = OpenAPIMediaType(
            schema=Schema(type=OpenAPIType.STRING, description="One JSON object a line."),
            examples={"two": Example(value='{"value": "example.test"}\n{"value": "hello"}\n')},
        )
        self.request_body = RequestBody(required=True, content={"application/x-ndjson": lines})
        answers = OpenAPIMediaType(
            schema=Schema(
                type=OpenAPIType.STRING,
                description="A verdict a line, or `line` and `error` for one that can't be used.",
            )
        )
        self.responses = {
            "200": OpenAPIResponse("The verdicts.", content={"application/x-ndjson": answers}),
            **problem_responses("400", "413", "429", "503"),
        }


@dataclass
class HashesOperation(Operation):
    """`GET /hashes`."""

    def __post_init__(self) -> None:
        """Say how it refuses."""
        self.responses = {**(self.responses or {}), **problem_responses("400", "429", "503")}


@dataclass
class OperatorOperation(Operation):
    """What needs a token."""

    def __post_init__(self) -> None:
        """Say how it refuses."""
        problems = problem_responses("400", "401", "403", "429", "503")
        self.responses = {**(self.responses or {}), **problems}


@dataclass
class FeedOperation(Operation):
    """`POST /feeds/{source}`."""

    def __post_init__(self) -> None:
        """Describe the body."""
        lines: dict[str, Any] = {
            "text/plain": OpenAPIMediaType(
                schema=_TEXT, examples={"hosts": Example(value="parcel-desk.example\n")}
            )
        }
        self.request_body = RequestBody(required=True, content=lines)
        self.responses = {
            **(self.responses or {}),
            **problem_responses("400", "401", "403", "409", "413", "429", "503"),
        }
