"""A feed's document fetched, verified and unpacked, ready to be read."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from cityshield import __version__
from cityshield.adapters.net.fetch import OK, UNCHANGED, Fetcher
from cityshield.adapters.net.settings import NetSettings
from cityshield.adapters.net.signed import read_digest, require_signature
from cityshield.adapters.net.taxii import fetch_collection
from cityshield.adapters.net.unpack import packer_of, unpack
from cityshield.config import Operator
from cityshield.vocabulary.errors import InputError
from cityshield.vocabulary.subscription import Subscribed

SIGNATURE_SUFFIX = ".minisig"
TAXII_FORMAT = "taxii"
_DAY_S = 86_400
_MOST_PIN_BYTES = 64 << 10
_MOST_WAIT_S = 7 * _DAY_S
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")
_NOT_FOR_HEADERS = re.compile(r"[^ -~]+")


class Collected(msgspec.Struct, frozen=True):
    """What came of a fetch: the status, and of a 200 the document in `path`.

    `retry_after_s` is for how long the server wants to be left alone. `is_part` says that the
    document holds only what is new in a collection, which was read up to `added_after`.
    """

    status: int
    size_bytes: int
    path: Path | None = None
    sha256: str = ""
    etag: str = ""
    last_modified: str = ""
    retry_after_s: int = 0
    is_part: bool = False
    added_after: str = ""


def agent_of(operator: Operator) -> str:
    """How the shield names itself to servers: the project, and whom to reach."""
    about = "; ".join(part for part in (operator.name, operator.contact) if part)
    about = _NOT_FOR_HEADERS.sub("?", about).translate({ord("("): "[", ord(")"): "]"})[:200]
    return f"CityShield/{__version__} ({about})"


def collect(
    fetcher: Fetcher, settings: NetSettings, feed: Subscribed, folder: Path, now: int
) -> Collected:
    """Fetch a feed's document if it has changed, and verify it as the subscription says.

    Raises InputError where that fails; then nothing is left in the folder.
    """
    path = folder / f"{feed.id}.part"
    try:
        if feed.subscription.taxii:
            return _collect_objects(fetcher, settings, feed, path, now)
        return _collect_document(fetcher, settings, feed, path, now)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _collect_document(
    fetcher: Fetcher, settings: NetSettings, feed: Subscribed, path: Path, now: int
) -> Collected:
    subscription, good = feed.subscription, feed.standing.good
    headers: dict[str, str] = {}
    if good is not None and not runs_out(feed, now):
        known = {"If-None-Match": good.etag, "If-Modified-Since": good.last_modified}
        headers = {name: value for name, value in known.items() if value}
    got = fetcher.fetch(subscription.url, path, headers)
    said = Collected(
        got.status,
        got.size_bytes,
        sha256=got.sha256,
        etag=got.headers.get("etag", "")[:1000],
        last_modified=got.headers.get("last-modified", "")[:100],
        retry_after_s=_seconds(got.headers.get("retry-after", "")),
    )
    if got.status != OK:
        return said
    _verify(fetcher, feed, path, got.sha256)
    if good is not None and good.sha256 == got.sha256 and not runs_out(feed, now):
        path.unlink()
        return msgspec.structs.replace(said, status=UNCHANGED)
    if packer := packer_of(path):
        packed = path.with_name(f"{path.name}.packed")
        path.rename(packed)
        try:
            unpack(packed, path, packer, settings.max_unpacked_bytes)
        finally:
            packed.unlink()
    return msgspec.structs.replace(said, path=path)


def _collect_objects(
    fetcher: Fetcher, settings: NetSettings, feed: Subscribed, path: Path, now: int
) -> Collected:
    """Read what is new in a collection; all of it when half of an entry's time has passed."""
    standing = feed.standing
    whole_every_s = feed.subscription.expires_days * _DAY_S // 2
    is_part = (
        standing.good is not None
        and bool(standing.added_after)
        and now - standing.whole_at < whole_every_s
        and not runs_out(feed, now)
    )
    after = standing.added_after if is_part else ""
    got = fetch_collection(fetcher, settings, feed.subscription.url, path, after)
    wait_s = _seconds(got.headers.get("retry-after", ""))
    if got.status != OK:
        path.unlink(missing_ok=True)
        return Collected(got.status, got.size_bytes, retry_after_s=wait_s)
    if is_part and not got.objects:
        path.unlink()
        return Collected(UNCHANGED, got.size_bytes, added_after=got.added_after, is_part=True)
    return Collected(
        got.status,
        got.size_bytes,
        path,
        got.sha256,
        is_part=is_part,
        added_after=got.added_after,
    )


def runs_out(feed: Subscribed, now: int) -> bool:
    """Whether entries have expired, so that "unchanged" would say nothing of those deleted."""
    good = feed.standing.good
    return good is not None and good.runs_out is not None and good.runs_out <= now


def _verify(fetcher: Fetcher, feed: Subscribed, path: Path, found: str) -> None:
    """Raise InputError for a document that is not the pinned one, or not signed by the key."""
    subscription = feed.subscription
    if wanted := subscription.digest:
        if not _DIGEST.fullmatch(wanted):
            name = urlsplit(subscription.url).path.rpartition("/")[2]
            wanted = read_digest(_small(fetcher, wanted, path), name)
        if wanted.lower() != found:
            raise InputError("error-feed-pin", found=found[:12], wanted=wanted[:12])
    if subscription.key:
        signature = _small(fetcher, signature_url(subscription.url), path)
        require_signature(path, signature, subscription.key)


def signature_url(url: str) -> str:
    """Where the signature of a document lies: beside it, as minisign names it."""
    parts = urlsplit(url)
    return parts._replace(path=parts.path + SIGNATURE_SUFFIX).geturl()


def _small(fetcher: Fetcher, url: str, beside: Path) -> str:
    """The text of a small document; InputError when there is none."""
    path = beside.with_name(f"{beside.name}.pin")
    try:
        got = fetcher.fetch(url, path, most_bytes=_MOST_PIN_BYTES)
        if got.status != OK:
            raise InputError("error-feed-status", status=got.status, url=url[:200])
        return path.read_text("utf-8", "replace")
    finally:
        path.unlink(missing_ok=True)


def _seconds(text: str) -> int:
    """How long a server wants to be left alone (RFC 9110, 10.2.3); a date counts as nothing."""
    return min(int(text), _MOST_WAIT_S) if text.isdecimal() and len(text) < 10 else 0
