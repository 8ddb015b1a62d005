"""When a document is held, and when a feed is tried again."""

from __future__ import annotations

import pytest

from cityshield.desks.feeds.standing import after_failure, after_try, due_after, reason_to_hold
from cityshield.vocabulary.subscription import Good, Held, Standing, Subscription


@pytest.mark.parametrize(
    ("before", "entries", "reason"),
    [
        (0, 1000, ""), (100, 100, ""), (100, 999, ""), (100, 1000, "grown"), (100, 11, ""),
        (100, 10, "shrunk"), (100, 0, "empty"), (1, 0, "empty"),
    ],
)  # fmt: skip
def test_when_a_document_is_held(before: int, entries: int, reason: str) -> None:
    assert reason_to_hold(entries, Good(1, 1, before, "")) == reason
    assert reason_to_hold(entries, None) == ""
    if reason != "grown":
        assert reason_to_hold(entries, Good(1, 1, before, ""), is_part=True) == ""


def test_what_is_good_stays_whatever_comes_after_it() -> None:
    good, held = Good(1, 1, 100, "0"), Held(2, "empty", 0, "1", "plain")
    taken = after_try(Standing(), 1, "taken", good=good)
    kept = after_try(taken, 2, "held", held=held)
    failed = after_failure(kept, 3, "error-net", {"url": "x"})
    assert (kept.good, kept.held) == (failed.good, failed.held) == (good, held)
    again = after_try(failed, 4, "unchanged", good=good)
    assert (again.held, again.failures, again.error, again.error_args) == (None, 0, "", {})


@pytest.mark.parametrize(
    ("failures", "retry_after_s", "wait_s"),
    [(0, 0, 3600), (0, 9999, 3600), (1, 0, 300), (2, 0, 600), (4, 0, 2400), (5, 0, 3600),
     (10_000, 0, 3600), (1, 7200, 7200)],
)  # fmt: skip
def test_the_next_try(failures: int, retry_after_s: int, wait_s: int) -> None:
    subscription = Subscription("https://feeds.example/", every_s=3600)
    assert due_after(subscription, Standing(failures=failures), 5, retry_after_s) == 5 + wait_s
