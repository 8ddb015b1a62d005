"""Lists of websites, read line by line: plain names, CSV with owner, sector and district, zones.

A line that means nothing is reported with its number, and the others are taken. Lists are in UTF-8,
or in GB 18030 as programs in Chinese write them.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Final

import msgspec

from cityshield.desks.decisions.target import is_name
from cityshield.guards.links.canonical import canonicalize
from cityshield.guards.links.written import refang
from cityshield.vocabulary.census import Site

PLAIN: Final = "plain"
CSV: Final = "csv"
ZONE: Final = "zone"
FORMATS: Final = (PLAIN, CSV, ZONE)

MOST_LINE_BYTES = 64 * 1024
_MOST_WORDS = 200
"""Letters of an owner, a sector or a district that are kept."""

_SAMPLE = 50
_GB_2312 = re.compile(rb"(?:[\x00-\x7f]|[\xa1-\xf7][\xa1-\xfe])*+")
"""A line that is one in Chinese, and hardly one in a language with accents."""
_COLUMNS = {
    "host": (
        "host",
        "hostname",
        "domain",
        "site",
        "website",
        "url",
        "name",
        "网站",
        "域名",
        "网址",
    ),
    "owner": ("owner", "organisation", "organization", "单位", "主办单位", "所有者", "机构"),
    "sector": ("sector", "industry", "行业", "类别"),
    "district": ("district", "region", "area", "区县", "区", "地区"),
}
_ZONE_START = re.compile(
    r"\$(ORIGIN|TTL)\s|\S*\s+(\d+[smhdw]?\s+)?((IN|\d+)\s+)*(SOA|NS|A|AAAA|CNAME|MX)\s",
    re.IGNORECASE,
)
_ADDRESSED = frozenset({"A", "AAAA", "CNAME", "HTTPS"})
_TTL = re.compile(r"\d+[smhdw]?|IN|CH|HS", re.IGNORECASE)
_TYPE = re.compile(r"[A-Z][A-Z0-9-]{0,15}", re.IGNORECASE)

Row = Site | None
"""A line's site; None for a good line that names none."""


class Rejected(msgspec.Struct, frozen=True):
    """A line that could not be read: its number from 1, and its beginning."""

    number: int
    start: str


class _Garbage(Exception):
    """This line means nothing."""


def host_of(text: str) -> str | None:
    """The host that a name or an address of a page means, in A-labels; None where it is none.

    An address in numbers is none: its certificate and its owner cannot be told.
    """
    text = text.strip()
    if not text or len(text) > 2048:
        return None
    link = canonicalize(refang(text).encode("utf-8", "surrogatepass"))
    if link is None or not is_name(link.host) or "_" in link.host:
        return None
    return link.host


def read_sites(lines: Iterable[bytes], format: str = "") -> Iterator[Site | Rejected]:
    """Every site of a list, and every line that means nothing, in order."""
    first = list(islice(lines, _SAMPLE))
    read = _READERS[format or sniff(first)]()
    encoding = _encoding_of(first)
    for number, raw in enumerate(chain(first, lines), 1):
        try:
            if len(raw) > MOST_LINE_BYTES:
                raise _Garbage
            encoding = encoding or _encoding_of([raw])
            row = read(raw.decode(encoding or "ascii").removeprefix("\ufeff").rstrip("\r\n"))
        except (UnicodeDecodeError, _Garbage):
            yield Rejected(number, raw[:200].decode("utf-8", "replace").strip()[:80])
            continue
        if row is not None:
            yield row


def sniff(lines: Sequence[bytes]) -> str:
    """The format of a list, by its first lines."""
    encoding = _encoding_of(lines) or "ascii"
    texts = [line[:4096].decode(encoding, "replace").strip("\ufeff \t\r\n") for line in lines]
    meant = [text for text in texts if text and text[0] not in "#;"]
    if not meant:
        return PLAIN
    if _places(_cells(meant[0], _separator(meant[0]))).get("host") is not None:
        return CSV
    if sum(bool(_ZONE_START.match(text)) for text in meant) * 2 > len(meant):
        return ZONE
    return PLAIN


def _encoding_of(lines: Iterable[bytes]) -> str:
    """What most lines with other letters than ASCII are in; empty where none tells."""
    told = [_told_by(line) for line in lines if not line.isascii()]
    return max(("utf-8", "gb18030"), key=told.count) if any(told) else ""


def _told_by(line: bytes) -> str:
    try:
        line.decode()
    except UnicodeDecodeError:
        return "gb18030" if _GB_2312.fullmatch(line) else ""
    return "utf-8"


def _read_plain() -> Callable[[str], Row]:
    def read(line: str) -> Row:
        line = line.partition("#")[0].strip() if "://" not in line else line.strip()
        return _site(line) if line else None

    return read


def _read_csv() -> Callable[[str], Row]:
    places: dict[str, int] = {}
    separator = ","

    def read(line: str) -> Row:
        nonlocal separator
        if not line.strip() or line.startswith("#"):
            return None
        if not places:
            separator = _separator(line)
            places.update(_places(_cells(line, separator)))
            if "host" not in places:
                places.clear()
                raise _Garbage
            return None
        cells = _cells(line, separator)
        cell = {
            name: cells[place][:_MOST_WORDS] if place < len(cells) else ""
            for name, place in places.items()
            if name != "host"
        }
        if places["host"] >= len(cells):
            raise _Garbage
        return msgspec.structs.replace(_site(cells[places["host"]]), **cell)

    return read


def _read_zone() -> Callable[[str], Row]:
    origin, owner, depth = "", "", 0

    def absolute(name: str) -> str:
        if name == "@":
            return origin
        return name.rstrip(".") if name.endswith(".") or not origin else f"{name}.{origin}"

    def read(line: str) -> Row:
        nonlocal origin, owner, depth
        text = line.partition(";")[0].rstrip()
        inside, depth = depth, max(0, depth + text.count("(") - text.count(")"))
        if not text.strip() or inside:
            return None
        words = text.split()
        if words[0].startswith("$"):
            if words[0].upper() == "$ORIGIN" and len(words) > 1:
                origin = words[1].rstrip(".")
            return None
        if not text[0].isspace():
            owner = absolute(words.pop(0))
        while words and _TTL.fullmatch(words[0]):
            words.pop(0)
        if len(words) < 2 or not _TYPE.fullmatch(words[0]):
            raise _Garbage
        if words[0].upper() not in _ADDRESSED or "*" in owner or "_" in owner:
            return None
        return _site(owner)

    return read


_READERS = {PLAIN: _read_plain, CSV: _read_csv, ZONE: _read_zone}


def _site(text: str) -> Site:
    host = host_of(text)
    if host is None:
        raise _Garbage
    return Site(host)


def _separator(line: str) -> str:
    return max(",;\t", key=line.count)


def _cells(line: str, separator: str) -> list[str]:
    try:
        (row,) = csv.reader([line], delimiter=separator, strict=True)
    except (csv.Error, ValueError):
        return []
    return [cell.strip() for cell in row[:64]]


def _places(cells: Sequence[str]) -> dict[str, int]:
    """Where each column stands in the row of names."""
    names = [cell.lower() for cell in cells]
    found = {}
    for column, words in _COLUMNS.items():
        for word in words:
            if word in names and column not in found:
                found[column] = names.index(word)
    return found
