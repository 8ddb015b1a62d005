"""What feeds are worth, each beside the others: the feed report."""

from __future__ import annotations

import msgspec

from cityshield.vocabulary.subscription import Sync

STALE_DAYS = 7
"""What was not seen for so many days counts as stale."""


class FeedFigures(msgspec.Struct, frozen=True):
    """One feed. A host is a host that it lists or lists a link on, or a file.

    - `only_here`: hosts that no other feed lists.
    - `compared`: hosts whose time is known from this feed and from another one; on `first` of
      them it was the first, by `lead_s` seconds in the median. What a feed listed at its first
      import is left out: since when it did is not known.
    - `guarded`: hosts that guard lists name; `guarded_names` are some of them.
    - `not_seen` hosts were not listed at its last import, `stale` ones not for `STALE_DAYS`.
    - `age_days`: for how long its hosts are known, as the 10th, 50th and 90th percentile.
    - `seen_at` is its last import, `changed_at` when it last listed something new.
    """

    name: str
    trusted: bool
    entries: int
    hosts: int
    only_here: int
    compared: int
    first: int
    lead_s: int | None
    guarded: int
    guarded_names: list[str]
    not_seen: int
    stale: int
    age_days: tuple[int, int, int]
    seen_at: int
    changed_at: int
    syncs: list[Sync] = []


class FeedReport(msgspec.Struct, frozen=True):
    """All feeds. `shared[i][j]` is how many hosts of feed i feed j lists too."""

    at: int
    hosts: int
    feeds: list[FeedFigures]
    shared: list[list[int]]
