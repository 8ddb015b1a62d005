"""Lists of weaknesses and of support, compiled into the one file that the sites guard reads.

What is imported later takes the place of what it speaks of: a KEV catalogue that of the former, a
CVE record that of its number, the branches of a product those of the product.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import msgspec

from cityshield.adapters.knowledge import folder
from cityshield.adapters.knowledge.cve import (
    NUMBER,
    Names,
    is_exploited,
    number_of,
    read_weaknesses,
)
from cityshield.adapters.knowledge.documents import Document, Rejected, read_documents
from cityshield.adapters.knowledge.records import Exploited, Lifecycle, OldCycle, Record
from cityshield.guards.sites.versions import key_of
from cityshield.guards.sites.weaknesses import (
    FILE,
    PAST,
    Compiled,
    Cycle,
    Source,
    Weakness,
    read_compiled,
)

KEV, CVE, LIFECYCLE = "kev", "cve", "lifecycle"
MOST_REJECTED: Final = 20
"""So many that could not be read are told one by one."""

_MOST_CYCLES = 500
_MOST_SOURCES = 30
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_FAULTS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, csv.Error)


class Taken(msgspec.Struct, frozen=True):
    """What an import did: entries by kind of list, those that speak of products we recognise.

    `rejected` counts what could not be read; `bad` are the first of them.
    """

    entries: dict[str, int]
    used: dict[str, int]
    rejected: int
    bad: list[Rejected]
    weaknesses: int
    size_bytes: int


def read_lists(home: Path) -> Compiled:
    """The compiled file; an empty one where nothing was imported."""
    data = folder.read(home, FILE)
    return Compiled() if data is None else read_compiled(data)


def import_lists(
    home: Path, paths: Iterable[Path], now: int, progress: Callable[[int], None] | None = None
) -> Taken:
    """Take lists from files and folders into the compiled file, which is replaced at once.

    Where nothing of it could be read, the file stays as it is. Nobody else may import meanwhile.
    """
    lists = _Lists(read_lists(home))
    for item in read_documents(paths):
        if isinstance(item, Rejected):
            lists.reject(item)
        else:
            lists.take(item)
        if progress is not None:
            progress(1)
    size_bytes = 0
    if lists.entries:
        data = msgspec.json.encode(lists.compiled(now))
        size_bytes = len(data)
        folder.keep(home, FILE, data)
    return Taken(
        dict(lists.entries), dict(lists.used), lists.rejected, lists.bad,
        sum(map(len, lists.weaknesses.values())), size_bytes,
    )  # fmt: skip


class _Lists:
    """What is known so far."""

    def __init__(self, known: Compiled) -> None:
        self._names = Names()
        self._record = msgspec.json.Decoder(Record)
        self._sources = list(known.sources)
        self._exploited = dict(known.exploited)
        self._own: dict[str, str] = {}
        self._cycles = dict(known.cycles)
        self.weaknesses: dict[str, dict[str, Weakness]] = {}
        self._where: dict[str, set[str]] = {}
        for name, several in known.weaknesses.items():
            for each in several:
                self._put(name, each)
        self.entries: Counter[str] = Counter()
        self.used: Counter[str] = Counter()
        self._files: dict[str, str] = {}
        self.rejected = 0
        self.bad: list[Rejected] = []

    def reject(self, item: Rejected) -> None:
        """Note what could not be read."""
        self.rejected += 1
        if len(self.bad) < MOST_REJECTED:
            self.bad.append(item)

    def take(self, document: Document) -> None:
        """Take a document of whichever list, or note why it can't be."""
        try:
            data = document.data.removeprefix(b"\xef\xbb\xbf").lstrip()
            if data[:1] == b"{":
                self._take_object(data, document)
            elif data[:1] == b"[":
                self._take_array(data, document)
            else:
                self._take_table(data, document)
        except _FAULTS as error:
            detail = " ".join(str(error).split())[:200] or type(error).__name__
            self.reject(Rejected(document.file, document.place, "unreadable", detail))

    def compiled(self, now: int) -> Compiled:
        """All that is known, fit to be kept."""
        if self.entries[KEV]:
            self.used[KEV] = sum(number in self._where for number in self._exploited)
        fresh = [
            Source(kind, self._files.get(kind, "")[:200], now, self.entries[kind], self.used[kind])
            for kind in (KEV, CVE, LIFECYCLE)
            if self.entries[kind]
        ]
        return Compiled(
            sources=tuple([*self._sources, *fresh][-_MOST_SOURCES:]),
            exploited={**self._own, **self._exploited},
            weaknesses={
                name: tuple(several.values())
                for name, several in self.weaknesses.items()
                if several
            },
            cycles=self._cycles,
        )

    def _count(self, kind: str, document: Document, *, used: bool) -> None:
        self.entries[kind] += 1
        self.used[kind] += used
        self._files.setdefault(kind, document.file)

    def _take_object(self, data: bytes, document: Document) -> None:
        record = self._record.decode(data)
        if record.vulnerabilities is not None:
            self._take_exploited(record.vulnerabilities, document)
        elif bytes(record.result):
            result = bytes(record.result)
            several = msgspec.json.decode(
                result if result[:1] == b"[" else b"[" + result + b"]", type=list[msgspec.Raw]
            )
            for place, raw in enumerate(several):
                self._take_lifecycle(raw, document, f"result {place}")
        elif record.metadata is not None or record.cve:
            self._take_record(record, document)
        else:
            self._take_products(data, document)

    def _take_array(self, data: bytes, document: Document) -> None:
        several = msgspec.json.decode(data, type=list[msgspec.Raw])
        if several and b'"cycle"' in bytes(several[0]):
            product = Path(document.place.split(" ")[0] or document.file).name.partition(".")[0]
            self._take_branches(product, several, document)
            return
        for place, raw in enumerate(several):
            try:
                self._take_record(self._record.decode(raw), document)
            except _FAULTS as error:
                self.reject(_fault(document, f"[{place}]", error))

    def _take_table(self, data: bytes, document: Document) -> None:
        """The KEV catalogue as CSV."""
        rows = csv.DictReader(io.StringIO(data.decode("utf-8")))
        if "cveID" not in (rows.fieldnames or ()):
            self.reject(Rejected(document.file, document.place, "strange"))
            return
        found: dict[str, str] = {}
        for number, row in enumerate(rows, 2):
            if NUMBER.fullmatch(row["cveID"] or ""):
                found[row["cveID"]] = _day(row.get("dateAdded"))
            else:
                self.reject(Rejected(document.file, f"line {number}", "no-number"))
        self._put_exploited(found, document)

    def _take_exploited(self, several: list[msgspec.Raw], document: Document) -> None:
        found: dict[str, str] = {}
        for place, raw in enumerate(several):
            try:
                each = msgspec.json.decode(raw, type=Exploited)
            except _FAULTS as error:
                self.reject(_fault(document, f"vulnerabilities[{place}]", error))
                continue
            if NUMBER.fullmatch(each.cve):
                found[each.cve] = _day(each.added)
            else:
                place_of = f"vulnerabilities[{place}]"
                self.reject(Rejected(document.file, place_of, "no-number"))
        self._put_exploited(found, document)

    def _put_exploited(self, found: dict[str, str], document: Document) -> None:
        if not found:
            return
        self._exploited = found
        self.entries[KEV] += len(found)
        self._files.setdefault(KEV, document.file)

    def _take_record(self, record: Record, document: Document) -> None:
        number = number_of(record)
        if not number:
            self.reject(Rejected(document.file, document.place, "no-number"))
            return
        for name in self._where.pop(number, ()):
            del self.weaknesses[name][number]
        is_withdrawn = record.metadata is not None and record.metadata.state == "REJECTED"
        found = {} if is_withdrawn else read_weaknesses(record, self._names)
        for name, each in found.items():
            self._put(name, each)
        if found and is_exploited(record):
            self._own[number] = ""
        self._count(CVE, document, used=bool(found))

    def _put(self, name: str, each: Weakness) -> None:
        self.weaknesses.setdefault(name, {})[each.id] = each
        self._where.setdefault(each.id, set()).add(name)

    def _take_products(self, data: bytes, document: Document) -> None:
        """Branches of several products in the first form: an object of arrays."""
        several = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        taken = 0
        for product, raw in several.items():
            if bytes(raw)[:1] == b"[" and b'"cycle"' in bytes(raw):
                taken += 1
                branches = msgspec.json.decode(raw, type=list[msgspec.Raw])
                self._take_branches(product, branches, document)
        if not taken:
            self.reject(Rejected(document.file, document.place, "strange"))

    def _take_branches(self, product: str, several: list[msgspec.Raw], document: Document) -> None:
        cycles = []
        for place, raw in enumerate(several[:_MOST_CYCLES]):
            try:
                each = msgspec.json.decode(raw, type=OldCycle)
            except _FAULTS as error:
                self.reject(_fault(document, f"{product[:60]}[{place}]", error))
                continue
            until = _day(each.eol) if isinstance(each.eol, str) else PAST if each.eol else ""
            cycles.append(Cycle(str(each.cycle)[:40], until, _version(each.latest)))
        self._put_cycles(product, cycles, document)

    def _take_lifecycle(self, raw: msgspec.Raw, document: Document, place: str) -> None:
        try:
            product = msgspec.json.decode(raw, type=Lifecycle)
        except _FAULTS as error:
            self.reject(_fault(document, place, error))
            return
        cycles = [
            Cycle(
                each.name[:40],
                _day(each.eol_from) or (PAST if each.is_eol else ""),
                _version(each.latest.name if each.latest else ""),
            )
            for each in product.releases[:_MOST_CYCLES]
        ]
        self._put_cycles(product.name, cycles, document)

    def _put_cycles(self, product: str, cycles: list[Cycle], document: Document) -> None:
        name = self._names.lifecycles.get(product.lower())
        if name and cycles:
            self._cycles[name] = tuple(cycles)
        if cycles:
            self._count(LIFECYCLE, document, used=bool(name))


def _fault(document: Document, place: str, error: Exception) -> Rejected:
    detail = " ".join(str(error).split())[:200] or type(error).__name__
    where = " ".join(part for part in (document.place, place) if part)
    return Rejected(document.file, where, "unreadable", detail)


def _day(text: str | None) -> str:
    return text if text and _DAY.fullmatch(text) else ""


def _version(value: str | float | None) -> str:
    text = "" if value is None else str(value)[:40]
    return text if key_of(text) else ""
