"""The paths of tier 1, and whether an answer only looks like one (soft 404)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from hashlib import blake2b, sha256
from typing import Final

from cityshield.adapters.sites.transfer import Answer
from cityshield.guards.sites.facts import Path
from cityshield.guards.sites.paths import marks_of

TIER_1: Final = (
    "/.git/config", "/.env", "/.svn/entries", "/.DS_Store", "/backup.sql", "/backup.zip",
    "/wwwroot.zip", "/www.zip", "/phpinfo.php", "/server-status", "/nginx_status", "/admin/",
    "/phpmyadmin/", "/actuator/env", "/druid/index.html", "/swagger-ui.html", "/manager/html",
    "/wp-login.php", "/config.php.bak", "/uploads/",
)  # fmt: skip
"""Twenty paths that settle the most for what they cost."""

ROBOTS: Final = "/robots.txt"
SECURITY: Final = "/.well-known/security.txt"
NOWHERE: Final = "/*"
"""Stands for every path that does not exist."""

NO_ANSWER: Final = frozenset({0, 429, 503})
"""Statuses that tell nothing of a path; 0 is that of no answer."""

_PACKED: Final = (".zip", ".sql", ".tar.gz", ".tgz", ".rar", ".7z", ".bak", ".db")
_NOT_THERE = frozenset({404, 410})
_LIKE = 0.1
_SMALL_BYTES = 64


def invent_paths() -> tuple[str, str]:
    """Two paths that cannot exist: a folder's and a page's."""
    return f"/{secrets.token_hex(8)}/", f"/{secrets.token_hex(8)}.html"


def is_packed(path: str) -> bool:
    """Whether a path may hold something large, of which the beginning says enough."""
    return path.endswith(_PACKED)


class Calibration:
    """What a site answers to paths that cannot exist; `told` is what such an answer gives away."""

    def __init__(self, answers: Sequence[tuple[str, Answer]]) -> None:
        self._known = [_signature(path, answer) for path, answer in answers]
        self._marks = {
            mark for path, each in answers for mark in marks_of(path, each.body, each.status)
        }
        told = [(each.status, marks_of(path, each.body, 404)) for path, each in answers]
        self.told = next((Path(status, marks=marks) for status, marks in told if marks), None)

    def proper(self, marks: tuple[str, ...]) -> tuple[str, ...]:
        """The marks that an answer has and those to paths that cannot exist have not."""
        return tuple(mark for mark in marks if mark not in self._marks)

    @property
    def is_silent(self) -> bool:
        """Whether nothing answers, so that asking for more tells nothing."""
        return all(status in NO_ANSWER for status, *_ in self._known)

    def is_soft(self, path: str, answer: Answer) -> bool:
        """Whether an answer looks like one of those to a path that cannot exist."""
        status, kind, size, digest = _signature(path, answer)
        if status in _NOT_THERE:
            return False
        return any(
            status == known
            and kind == known_kind
            and (digest == known_digest or abs(size - known_size) <= _slack(known_size))
            for known, known_kind, known_size, known_digest in self._known
        )


def describe_path(path: str, answer: Answer, calibration: Calibration, key: bytes) -> Path | None:
    """What a path gave; None where nothing is there."""
    status = 200 if answer.status == 206 else answer.status
    if not status or status in _NOT_THERE:
        return None
    kind = type_of(answer)
    marks = calibration.proper(marks_of(path, answer.body, status))
    return Path(
        status=status,
        type=kind[:100],
        size_bytes=len(answer.body),
        soft=calibration.is_soft(path, answer) and not marks,
        marks=marks,
        proof=blake2b(answer.body, digest_size=16, key=key).hexdigest() if marks and key else "",
    )


def type_of(answer: Answer) -> str:
    """The media type in lower case, without parameters."""
    return answer.first("content-type").partition(";")[0].strip().lower()


def _signature(path: str, answer: Answer) -> tuple[int, str, int, bytes]:
    """What an answer looks like, less the path that it may repeat."""
    name = path.strip("/").encode()
    body = answer.body.replace(name, b"")
    return answer.status, type_of(answer), len(body), sha256(body).digest()


def _slack(size: int) -> float:
    return max(_SMALL_BYTES, size * _LIKE)
