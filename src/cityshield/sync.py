"""Feeds fetched and taken: several at once, one broken feed never in the way of the others.

    due -> fetched -> verified -> counted -> taken, or held for review
                  `-> unchanged                     `-> released by a person -> taken

What a feed lists no more is not deleted: it is not seen any longer, and expires in its time.
"""

from __future__ import annotations

import gzip
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from hashlib import file_digest
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from cityshield.adapters.net.addresses import Resolve, resolve_by_system
from cityshield.adapters.net.fetch import UNCHANGED as STATUS_UNCHANGED
from cityshield.adapters.net.fetch import Fetcher, read_url
from cityshield.adapters.net.signed import read_key
from cityshield.adapters.store.place import locked
from cityshield.adapters.store.subscriptions import (
    feeds_folder,
    get_subscribed,
    held_path,
    keep_held,
    list_subscribed,
    measure,
    note,
    still_listed,
    subscribe,
)
from cityshield.collect import TAXII_FORMAT, Collected, agent_of, collect, signature_url
from cityshield.config import Config
from cityshield.desk import Desk
from cityshield.desks.feeds.standing import (
    after_failure,
    after_try,
    due_after,
    is_due,
    reason_to_hold,
)
from cityshield.imports import Counted, count_entries, import_feed, import_guard_list
from cityshield.vocabulary.errors import CityShieldError, InputError, StoreError
from cityshield.vocabulary.identity import Identity
from cityshield.vocabulary.subscription import (
    FAILED,
    HELD,
    TAKEN,
    UNCHANGED,
    Good,
    Held,
    Standing,
    Subscribed,
    Subscription,
    Sync,
)

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cityshield.ports.clock import Clock

_AT_ONCE = 4
_LOCK_NAME = "feeds.lock"


class Synced(msgspec.Struct, frozen=True):
    """How one feed's try ended, and how the feed stands now."""

    id: int
    name: str
    sync: Sync
    standing: Standing
    due: int


class _Moment:
    """A clock that stands still, so that all of one try has one time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._now = clock.now()

    def now(self) -> int:
        return self._now

    def monotonic(self) -> float:
        return self._clock.monotonic()


class Syncing:
    """Syncs the feeds of a data directory; acts are those of `by`."""

    def __init__(
        self,
        engine: Engine,
        home: Path,
        clock: Clock,
        config: Config,
        by: Identity,
        resolve: Resolve = resolve_by_system,
    ) -> None:
        self._engine = engine
        self._home = home
        self._clock = clock
        self._config = config
        self._by = by
        self._stopped = threading.Event()
        agent = agent_of(config.operator)
        self._fetcher = Fetcher(config.net, agent, resolve, self._stopped.is_set)
        self._desk = Desk(engine, clock, config)

    def add(self, name: str, subscription: Subscription, *, trusted: bool) -> Subscribed:
        """Subscribe to a feed; InputError for what could never work."""
        read_url(subscription.url)
        if "://" in subscription.digest:
            read_url(subscription.digest)
        elif subscription.digest and len(subscription.digest) != 64:
            raise InputError("error-feed-digest", found=0)
        if subscription.key:
            read_key(subscription.key)
            read_url(signature_url(subscription.url))
        if subscription.taxii and (subscription.digest or subscription.key):
            raise InputError("error-taxii-pin")
        if subscription.guard and trusted:
            raise InputError("error-source-both", name=name)
        now = self._clock.now()
        return subscribe(self._engine, name, subscription, self._by, now, trusted=trusted)

    def choose(self, names: Sequence[str], *, due: bool) -> list[Subscribed]:
        """The feeds of these names, else all; if wished only those that are due."""
        if names:
            feeds = [get_subscribed(self._engine, name) for name in dict.fromkeys(names)]
            return [feed for feed in feeds if not due or is_due(feed, self._clock.now())]
        return list_subscribed(self._engine, self._clock.now() if due else None)

    def sync(self, feeds: Sequence[Subscribed]) -> Iterator[Synced]:
        """Fetch feeds, several at once, and take each as it comes.

        Each is kept before the next, so that after an end in between those that are due go on.
        No more documents lie on the disk than are fetched at once.
        StoreError while another process does the same.
        """
        with self._alone() as folder, ThreadPoolExecutor(_AT_ONCE) as pool:
            waiting = (now for feed in feeds if (now := self._still_there(feed)) is not None)
            asked: dict[Future[tuple[Collected, float]], Subscribed] = {}
            try:
                while True:
                    for feed in islice(waiting, _AT_ONCE - len(asked)):
                        asked[pool.submit(self._collect, feed, folder)] = feed
                    if not asked:
                        return
                    for done in wait(asked, return_when=FIRST_COMPLETED).done:
                        if (now := self._still_there(asked.pop(done))) is not None:
                            yield self._take(now, done)
            finally:
                self._stopped.set()
                pool.shutdown(wait=True, cancel_futures=True)
                for left in folder.glob("*.part*"):
                    left.unlink(missing_ok=True)

    def release(self, name: str) -> Synced:
        """Take the document of a feed that was held for review."""
        feed = get_subscribed(self._engine, name)
        held = feed.standing.held
        if held is None:
            raise InputError("error-feed-not-held", name=name)
        started, moment = time.monotonic(), _Moment(self._clock)
        with self._alone() as folder:
            path = folder / f"{feed.id}.part"
            try:
                self._unpack_held(feed, held, path)
                got = Collected(0, 0, path, held.sha256)
                counted = self._count(feed, path)
                sync, standing = self._import(feed, got, counted, moment, started)
                due = moment.now()  # the server may say something else by now
                note(
                    self._engine, feed, standing, due, sync, self._by, "feeds.release",
                    {"reason": held.reason, "entries": counted.entries},
                )  # fmt: skip
                held_path(self._home, feed.id).unlink(missing_ok=True)
            finally:
                path.unlink(missing_ok=True)
        return Synced(feed.id, feed.name, sync, standing, due)

    @contextmanager
    def _alone(self) -> Iterator[Path]:
        try:
            with locked(self._home / _LOCK_NAME, wait=False):
                folder = feeds_folder(self._home)
                for left in folder.glob("*.part*"):  # by a process that was killed
                    left.unlink(missing_ok=True)
                yield folder
        except BlockingIOError:
            raise StoreError("error-feeds-busy") from None

    def _still_there(self, feed: Subscribed) -> Subscribed | None:
        """The feed as it is kept now, unless it was removed while it was fetched."""
        try:
            now = get_subscribed(self._engine, feed.name)
        except InputError:
            return None
        return now if now.id == feed.id and now.subscription == feed.subscription else None

    def _collect(self, feed: Subscribed, folder: Path) -> tuple[Collected, float]:
        started = time.monotonic()
        now = self._clock.now()
        got = collect(self._fetcher, self._config.net, feed, folder, now)
        return got, started

    def _take(self, feed: Subscribed, done: Future[tuple[Collected, float]]) -> Synced:
        """Take what came of a feed, and keep how it went."""
        moment, started, got = _Moment(self._clock), time.monotonic(), None
        act = ""
        detail: dict[str, str | int | None] = {}
        try:
            got, started = done.result()
            if got.status == STATUS_UNCHANGED:
                sync, standing = self._confirm(feed, got, moment, started)
                act = "feeds.unchanged"
            elif got.path is None:
                raise InputError(
                    "error-feed-status", status=got.status, url=feed.subscription.url[:200]
                )
            else:
                sync, standing = self._read(feed, got, got.path, moment, started)
                if sync.result == HELD and feed.standing.held != standing.held:
                    act, detail = "feeds.hold", {"entries": sync.entries}
        except (CityShieldError, OSError) as error:
            sync, standing = _failed(feed, got, error, moment.now(), _since(started))
        finally:
            if got is not None and got.path is not None:
                got.path.unlink(missing_ok=True)
        due = due_after(feed.subscription, standing, moment.now(), got.retry_after_s if got else 0)
        note(self._engine, feed, standing, due, sync, self._by, act, detail)
        if standing.held is None:
            held_path(self._home, feed.id).unlink(missing_ok=True)
        return Synced(feed.id, feed.name, sync, standing, due)

    def _read(
        self, feed: Subscribed, got: Collected, path: Path, moment: _Moment, started: float
    ) -> tuple[Sync, Standing]:
        """Take a document, or hold it."""
        counted = self._count(feed, path)
        reason = reason_to_hold(counted.entries, feed.standing.good, is_part=got.is_part)
        if not reason:
            return self._import(feed, got, counted, moment, started)
        with path.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
        now, held = moment.now(), feed.standing.held
        if held is None or held.sha256 != digest:
            keep_held(self._home, feed.id, path)
            held = Held(now, reason, counted.entries, digest, counted.format)
        sync = Sync(
            now, HELD, got.status, got.size_bytes, counted.entries,
            bad_lines=counted.bad_lines, took_ms=_since(started),
        )  # fmt: skip
        return sync, after_try(feed.standing, now, HELD, held=held)

    def _count(self, feed: Subscribed, path: Path) -> Counted:
        """Read a document to its end; InputError when it is none, or says nothing at first."""
        subscription = feed.subscription
        name = TAXII_FORMAT if subscription.taxii else subscription.format
        with path.open("rb") as file:
            counted = count_entries(file, source=feed.name, format=name, column=subscription.column)
        if not counted.entries and feed.standing.good is None:
            raise InputError("error-feed-nothing", name=feed.name)
        return counted

    def _import(
        self, feed: Subscribed, got: Collected, counted: Counted, moment: _Moment, started: float
    ) -> tuple[Sync, Standing]:
        """Take a document that may be taken."""
        subscription, good, now = feed.subscription, feed.standing.good, moment.now()
        path, new, gone, seen, runs_out, entries = got.path, 0, 0, 0, None, counted.entries
        assert path is not None
        is_whole = True
        if got.is_part and good is not None:
            is_whole = self._is_still_listed(feed, good, now)
        with path.open("rb") as file:
            if subscription.guard:
                import_guard_list(
                    self._desk, self._by, file, source=feed.name, guard=subscription.guard,
                    format=counted.format, column=subscription.column,
                )  # fmt: skip
            else:
                new = import_feed(
                    self._engine, self._home, moment, self._by, file,
                    source=feed.name, format=counted.format, column=subscription.column,
                    type=subscription.type, reason=subscription.reason,
                    expires_days=subscription.expires_days,
                    confidence=subscription.confidence,
                ).new  # fmt: skip
                found = measure(self._engine, feed.id, now, good.at if good else now)
                seen, gone, runs_out = found.seen, found.gone, found.runs_out
                entries = seen if got.is_part else entries
        changed = good is None or bool(new or gone) or good.entries != entries
        said = Good(
            now, now if changed or good is None else good.changed_at, entries, got.sha256,
            got.etag, got.last_modified, seen, runs_out,
        )  # fmt: skip
        sync = Sync(
            now, TAKEN, got.status, got.size_bytes, entries, new, gone,
            bad_lines=counted.bad_lines, took_ms=_since(started),
        )  # fmt: skip
        standing = after_try(feed.standing, now, TAKEN, good=said)
        return sync, _read_up_to(standing, got, now if is_whole else 0)

    def _is_still_listed(self, feed: Subscribed, good: Good, now: int) -> bool:
        """Move the sightings of the last good document on; whether the store has all of it."""
        return still_listed(self._engine, self._home, feed.id, good.at, now) == good.seen

    def _confirm(
        self, feed: Subscribed, got: Collected, moment: _Moment, started: float
    ) -> tuple[Sync, Standing]:
        """An unchanged document still lists what it listed: sightings and expiry move on."""
        good, now = feed.standing.good, moment.now()
        if good is None:
            raise InputError(
                "error-feed-status", status=got.status, url=feed.subscription.url[:200]
            )
        said, is_whole = msgspec.structs.replace(good, at=now), True
        if not feed.subscription.guard:
            is_whole = self._is_still_listed(feed, good, now)
            runs_out = measure(self._engine, feed.id, now, now).runs_out
            said = msgspec.structs.replace(said, runs_out=runs_out)
        if not is_whole:  # entries were touched by hand or half taken: have it all sent again
            said = msgspec.structs.replace(said, etag="", last_modified="", sha256="")
        sync = Sync(
            now, UNCHANGED, got.status, got.size_bytes, good.entries, took_ms=_since(started)
        )
        standing = after_try(feed.standing, now, UNCHANGED, good=said)
        return sync, _read_up_to(standing, got, now if is_whole else 0)

    def _unpack_held(self, feed: Subscribed, held: Held, path: Path) -> None:
        """Unpack what is held; StoreError when it is not what was held."""
        source = held_path(self._home, feed.id)
        try:
            with gzip.open(source) as packed, path.open("wb") as file:
                shutil.copyfileobj(packed, file, 1 << 20)
            with path.open("rb") as file:
                intact = file_digest(file, "sha256").hexdigest() == held.sha256
        except (OSError, EOFError) as error:
            raise StoreError("error-feed-held", path=str(source)) from error
        if not intact:
            raise StoreError("error-feed-held", path=str(source))


def _read_up_to(standing: Standing, got: Collected, now: int) -> Standing:
    """The same with how far a collection was read; with 0 for now it is read whole next time."""
    if not got.added_after:
        return standing
    whole_at = standing.whole_at if got.is_part and now else now
    return msgspec.structs.replace(standing, added_after=got.added_after, whole_at=whole_at)


def _failed(
    feed: Subscribed, got: Collected | None, error: Exception, now: int, took_ms: int
) -> tuple[Sync, Standing]:
    """A try that came to nothing, and how the feed stands after it."""
    if isinstance(error, CityShieldError):
        sentence, args = error.sentence, error.args_for_sentence
    else:
        sentence, args = "error-feed-disk", {"reason": str(error)[:200]}
    status, size = (got.status, got.size_bytes) if got else (0, 0)
    sync = Sync(now, FAILED, status, size, took_ms=took_ms, error=sentence)
    return sync, after_failure(feed.standing, now, sentence, args)


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
