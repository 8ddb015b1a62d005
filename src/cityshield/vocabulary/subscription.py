"""A feed that is fetched again and again: what was said of it, and how it stands."""

from __future__ import annotations

from typing import Final

import msgspec

from cityshield.vocabulary.indicator import MALICIOUS_ACTIVITY, SURE

TAKEN: Final = "taken"
UNCHANGED: Final = "unchanged"
HELD: Final = "held"
FAILED: Final = "failed"

EMPTY: Final = "empty"
GROWN: Final = "grown"
SHRUNK: Final = "shrunk"
"""Why a document is held for review."""


class Subscription(msgspec.Struct, frozen=True):
    """What the operator said of a feed.

    It is fetched every `every_s` seconds. `guard` is the class of names that it guards, empty for
    a feed of indicators, and `confidence` (STIX 2.1, 0..100) how sure it is of those. `digest` is a
    SHA-256 that the document must have, or the address where it is published; `key` is the
    minisign public key of who signs it. `taxii` says that `url` is a TAXII 2.1 collection.
    """

    url: str
    every_s: int = 86_400
    expires_days: int = 30
    confidence: int = SURE
    format: str = ""
    column: str = ""
    type: str = MALICIOUS_ACTIVITY
    reason: str = ""
    guard: str = ""
    digest: str = ""
    key: str = ""
    taxii: bool = False


class Good(msgspec.Struct, frozen=True):
    """The last document that was taken, and what its server said of it.

    `at` is when the feed last said it, `changed_at` when it last said something new. `seen` is
    how many different entries it had, of the `entries` that were read. `runs_out` is when the
    first of its entries expires, None where none does.
    """

    at: int
    changed_at: int
    entries: int
    sha256: str
    etag: str = ""
    last_modified: str = ""
    seen: int = 0
    runs_out: int | None = None


class Held(msgspec.Struct, frozen=True):
    """A document that is kept for review instead of being taken, and why."""

    at: int
    reason: str
    entries: int
    sha256: str
    format: str


class Standing(msgspec.Struct, frozen=True):
    """How a feed stands: the last try, the last good document, and one that is held.

    `error` is a sentence id with its arguments. Of a collection, `added_after` is how far it was
    read, and `whole_at` when it was last read from its start.
    """

    tried_at: int = 0
    result: str = ""
    failures: int = 0
    error: str = ""
    error_args: dict[str, str] = {}
    good: Good | None = None
    held: Held | None = None
    added_after: str = ""
    whole_at: int = 0


class Subscribed(msgspec.Struct, frozen=True):
    """A subscription as it is kept; `due` is when it is to be fetched next."""

    id: int
    name: str
    subscription: Subscription
    standing: Standing
    due: int
    trusted: bool

    def without_secrets(self) -> Subscribed:
        """The same with servers in the place of addresses, which may hold a key of ours."""
        said, standing = self.subscription, self.standing
        digest = said.digest if "://" not in said.digest else server_of(said.digest)
        return msgspec.structs.replace(
            self,
            subscription=msgspec.structs.replace(said, url=server_of(said.url), digest=digest),
            standing=msgspec.structs.replace(standing, error_args={}),
        )


def server_of(url: str) -> str:
    """Of an address, what names its server."""
    return "/".join(url.split("/", 3)[:3]) + "/"


class Sync(msgspec.Struct, frozen=True):
    """One try: its result, and what came.

    Of a document that was taken, `entries` were read, `new` of them not known from this feed
    before, and `gone` of the former ones are no longer listed.
    """

    at: int
    result: str
    status: int = 0
    size_bytes: int = 0
    entries: int = 0
    new: int = 0
    gone: int = 0
    bad_lines: int = 0
    took_ms: int = 0
    error: str = ""
