"""A TAXII 2.1 collection read page by page into a file with one STIX object a line.

Source: OASIS TAXII 2.1, sections 3.4 (pagination), 3.7 (envelope) and 5.4 (get objects).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlencode

import msgspec

from cityshield.adapters.net.fetch import OK, Fetcher
from cityshield.adapters.net.settings import NetSettings
from cityshield.vocabulary.errors import InputError

MEDIA_TYPE = "application/taxii+json;version=2.1"
_MOST_PAGES = 10_000
_MOST_PAGE_BYTES = 64 << 20
_PAGE_OBJECTS = 1000
_LONGEST_NEXT = 4096
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
_ADDED_LAST = "x-taxii-date-added-last"


class Envelope(msgspec.Struct, frozen=True):
    """One page of objects."""

    objects: list[msgspec.Raw] = []
    more: bool = False
    next: str = ""


class Collected(msgspec.Struct, frozen=True):
    """What came: the last status with its headers, the objects and bytes, and how far it goes.

    `added_after` is what to ask for next time, the time of the newest object, as the server has it.
    """

    status: int
    headers: Mapping[str, str]
    objects: int
    size_bytes: int
    added_after: str
    sha256: str = ""


_decode = msgspec.json.Decoder(Envelope).decode


def fetch_collection(
    fetcher: Fetcher, settings: NetSettings, url: str, into: Path, added_after: str = ""
) -> Collected:
    """Read the objects of a collection that were added after a time, or all of them.

    Raises InputError for a server that breaks off, repeats itself, or goes on without end.
    """
    address = url.rstrip("/")
    address += "/" if address.endswith("/objects") else "/objects/"
    page_file = into.with_name(f"{into.name}.page")
    objects = size = written = 0
    digest = sha256()
    asked: set[tuple[str, str]] = set()
    after, following = added_after, ""
    try:
        with into.open("wb") as file:
            while (after, following) not in asked and len(asked) < _MOST_PAGES:
                asked.add((after, following))
                query = {"limit": str(_PAGE_OBJECTS), "added_after": after, "next": following}
                said = urlencode({name: value for name, value in query.items() if value})
                got = fetcher.fetch(
                    f"{address}?{said}", page_file, {"Accept": MEDIA_TYPE}, _MOST_PAGE_BYTES
                )
                size += got.size_bytes
                if got.status != OK:
                    return Collected(got.status, got.headers, objects, size, added_after)
                page = _read(page_file, got.headers)
                for each in page.objects:
                    line = _one_line(each)
                    written += len(line)
                    if written > settings.max_unpacked_bytes or size > settings.max_bytes:
                        raise InputError(
                            "error-net-large", url=url[:200], mib=settings.max_bytes >> 20
                        )
                    digest.update(line)
                    file.write(line)
                objects += len(page.objects)
                newest = got.headers.get(_ADDED_LAST, "")
                if _TIME.fullmatch(newest) and newest > added_after:
                    added_after = newest
                if not page.more:
                    told = (objects, size, added_after, digest.hexdigest())
                    return Collected(got.status, got.headers, *told)
                following = page.next[:_LONGEST_NEXT]
                after = after if following else added_after
        raise InputError("error-taxii-endless", url=url[:200], pages=len(asked))
    finally:
        page_file.unlink(missing_ok=True)


def _read(path: Path, headers: Mapping[str, str]) -> Envelope:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/taxii+json", "application/stix+json", "application/json"):
        raise InputError("error-taxii-type", type=kind[:80])
    try:
        return _decode(path.read_bytes())
    except (msgspec.DecodeError, RecursionError) as error:
        raise InputError("error-taxii-envelope", reason=str(error)[:200]) from error


def _one_line(raw: msgspec.Raw) -> bytes:
    """An object on one line: what breaks lines in JSON is blank space between its parts."""
    return bytes(raw).replace(b"\r", b" ").replace(b"\n", b" ") + b"\n"
