"""How a feed stands after each try: when a document is held, and when the feed is tried again."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from cityshield.vocabulary.subscription import (
    EMPTY,
    FAILED,
    GROWN,
    SHRUNK,
    Good,
    Held,
    Standing,
    Subscribed,
    Subscription,
)

SUDDEN = 10
"""A feed that has so many times more entries than before, or fewer, is held."""

_FIRST_WAIT_S = 300
_MOST_DOUBLINGS = 20


def reason_to_hold(entries: int, good: Good | None, *, is_part: bool = False) -> str:
    """Why a document should be looked at before it is taken; empty for one that may be taken.

    A part of a collection only adds, so it can't shrink what is listed.
    """
    if good is None or not good.entries:
        return ""
    if entries >= good.entries * SUDDEN:
        return GROWN
    if is_part:
        return ""
    if not entries:
        return EMPTY
    return SHRUNK if entries * SUDDEN <= good.entries else ""


def after_try(
    standing: Standing, now: int, result: str, *, good: Good | None = None, held: Held | None = None
) -> Standing:
    """How a feed stands after a try that came through; the last good document stays unless new."""
    return msgspec.structs.replace(
        standing,
        tried_at=now,
        result=result,
        failures=0,
        error="",
        error_args={},
        good=good or standing.good,
        held=held,
    )


def after_failure(standing: Standing, now: int, sentence: str, args: Mapping[str, str]) -> Standing:
    """How a feed stands after a try that failed: what is good or held stays."""
    return msgspec.structs.replace(
        standing,
        tried_at=now,
        result=FAILED,
        failures=standing.failures + 1,
        error=sentence,
        error_args=dict(args),
    )


def due_after(
    subscription: Subscription, standing: Standing, now: int, retry_after_s: int = 0
) -> int:
    """When to try next: in its time; sooner after a failure, but ever later the more there are."""
    every_s = subscription.every_s
    if not standing.failures:
        return now + every_s
    wait_s = _FIRST_WAIT_S << min(standing.failures - 1, _MOST_DOUBLINGS)
    return now + max(min(wait_s, every_s), retry_after_s)


def is_due(feed: Subscribed, now: int) -> bool:
    """Whether to try a feed: in its time, or when the clock has gone back behind the last try."""
    return feed.due <= now or feed.standing.tried_at > now
