"""CVE records as weaknesses of the products that are recognised."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from cityshield.adapters.knowledge.cvss import severity_of_vector
from cityshield.adapters.knowledge.records import Affected, Change, Container, Match, Record
from cityshield.guards.sites.software import products
from cityshield.guards.sites.versions import LONGEST, Range, key_of, read_range
from cityshield.guards.sites.weaknesses import Weakness, severity_or_medium
from cityshield.vocabulary.finding import HIGH, LOW, MEDIUM

NUMBER: Final = re.compile(r"CVE-\d{4}-\d{4,12}")

_MOST_RANGES = 500
_WORDS: Final = {"moderate": MEDIUM, "important": HIGH, "minor": LOW}
_PUNCTUATION = re.compile(r"[^a-z0-9*]+")
_ON_WINDOWS = re.compile(r"\b(?:on|for|under) (?:Microsoft )?Windows\b", re.IGNORECASE)
_NOT_ONLY = re.compile(r"\b(?:Linux|macOS|Unix|platforms)\b", re.IGNORECASE)


class Names:
    """From a vendor and a product, as records write them, to our name of the product."""

    def __init__(self) -> None:
        self._called: dict[str, str] = {}
        self.lifecycles: dict[str, str] = {}
        for name, product in products().items():
            for called in product.called:
                vendor, _, of_vendor = called.partition(":")
                self._called[f"{_bare(vendor)}:{_bare(of_vendor)}"] = name
            for called in product.lifecycle:
                self.lifecycles[called] = name
        self._kept: dict[tuple[str, str], str] = {}

    def find(self, vendor: str, product: str) -> str:
        """Our name; empty for a product that is not recognised."""
        asked = vendor[:100], product[:100]
        found = self._kept.get(asked)
        if found is None:
            if len(self._kept) > 100_000:
                self._kept.clear()
            bare = _bare(asked[1])
            found = self._called.get(f"{_bare(asked[0])}:{bare}") or self._called.get(
                f"*:{bare}", ""
            )
            self._kept[asked] = found
        return found


def read_weaknesses(record: Record, names: Names) -> dict[str, Weakness]:
    """The weaknesses that a record speaks of, by our name of the product."""
    number, containers = number_of(record), containers_of(record)
    found: dict[str, tuple[list[Range], list[Range]]] = {}
    closed: set[str] = set()
    platforms: dict[str, bool] = {}
    for publisher in containers:
        group: set[str] = set()
        before = ("", "")
        for entry in publisher.affected:
            vendor, product = entry.vendor or "", entry.product or entry.package_name or ""
            if (vendor, product) != before:  # the first who names versions is the one who counts
                closed |= group
                group, before = set(), (vendor, product)
            name = names.find(vendor, product)
            if not name or name in closed:
                continue
            affected, safe = _ranges(entry)
            if affected or safe:
                group.add(name)
                ours = found.setdefault(name, ([], []))
                ours[0].extend(affected)
                ours[1].extend(safe)
                is_so = bool(entry.platforms) and all(
                    "windows" in (each or "").lower() for each in entry.platforms
                )
                platforms[name] = platforms.get(name, True) and is_so
        closed |= group
    for name, some in _by_cpe(record, containers, names):
        if name not in closed:
            found.setdefault(name, ([], []))[0].append(some)
    if not found:
        return {}
    severity = _severity(record, containers)
    windows = _is_on_windows(record, containers)
    return {
        name: Weakness(
            number,
            severity,
            tuple(dict.fromkeys(affected))[:_MOST_RANGES],
            tuple(dict.fromkeys(safe))[:_MOST_RANGES],
            windows or platforms.get(name, False),
        )
        for name, (affected, safe) in found.items()
    }


def number_of(record: Record) -> str:
    """The CVE number; empty where there is none."""
    number = (record.metadata.cve_id if record.metadata else record.cve) or ""
    return number if NUMBER.fullmatch(number) else ""


def containers_of(record: Record) -> list[Container]:
    """What each publisher says, the CVE's own authority first."""
    if record.containers is not None:
        return [record.containers.cna, *record.containers.adp]
    return [Container(affected=record.affected)]


def is_exploited(record: Record) -> bool:
    """Whether the record itself says that it is in CISA's catalogue."""
    return record.kev or any(
        metric.other is not None and (metric.other.type or "").lower() == "kev"
        for container in containers_of(record)
        for metric in container.metrics
    )


def _bare(text: str) -> str:
    return _PUNCTUATION.sub(" ", text.lower()).strip()


def _ranges(entry: Affected) -> tuple[list[Range], list[Range]]:
    """The versions that have the weakness, and those that do not."""
    affected: list[Range] = []
    safe: list[Range] = []
    is_named = False
    for each in entry.versions[:_MOST_RANGES]:
        is_affected = (each.status or "affected") == "affected"
        is_named = is_named or is_affected
        if is_affected or each.status == "unaffected":
            below, last = each.less_than or "", each.less_than_or_equal or ""
            for text in _texts(each.version or "", is_whole=bool(below or last)):
                if (some := read_range(text, below, last)) is not None:
                    (affected if is_affected else safe).append(some)
        if is_affected and each.changes:
            safe.extend(_mended(each.changes[:_MOST_RANGES]))
    if not affected and (is_named or entry.default_status != "affected"):
        return [], []  # nothing that can be compared, or nothing that is weak
    return affected, safe


def _mended(changes: list[Change]) -> Iterator[Range]:
    """Where a range was mended: from the last version on, and in the branches of the others."""
    at = sorted(
        (each.at[:LONGEST] for each in changes if each.at and each.status == "unaffected"),
        key=key_of,
    )
    for version in at:
        if key_of(version):
            branch = f"{version.rpartition('.')[0]}.*"
            yield Range(version) if version == at[-1] else Range(version, "", branch)


def _texts(version: str, *, is_whole: bool) -> list[str]:
    """The versions in a text: `1.2, 1.3` are two, `>= 1.2, < 1.3` is one range."""
    if is_whole or "<" in version or ">" in version:
        return [version]
    return version[:5_000].split(",")[:_MOST_RANGES]


def _by_cpe(
    record: Record, containers: list[Container], names: Names
) -> Iterator[tuple[str, Range]]:
    """Versions in CPE names, for records whose products name none."""
    for container in containers:
        for where in container.cpe_applicability[:_MOST_RANGES]:
            for node in where.nodes[:_MOST_RANGES]:
                for match in node.cpe_match[:_MOST_RANGES]:
                    if match.vulnerable:
                        yield from _matched(match, names)
    for criteria in record.cpe[:_MOST_RANGES]:
        yield from _matched(Match(criteria=criteria), names)


def _matched(match: Match, names: Names) -> Iterator[tuple[str, Range]]:
    parts = (match.criteria or "").split(":")
    if len(parts) < 6 or parts[2] != "a":
        return
    name = names.find(parts[3].replace("\\", ""), parts[4].replace("\\", ""))
    below, last = match.version_end_excluding or "", match.version_end_including or ""
    start = match.version_start_including or parts[5].replace("\\", "")
    some = read_range(start, below, last) if name else None
    if some is not None:
        yield name, some


def _severity(record: Record, containers: list[Container]) -> str:
    """The severity of the newest scale that somebody gives, else the publisher's own word."""
    if record.cvss:
        return severity_or_medium(severity_of_vector(record.cvss))
    metrics = [metric for container in containers for metric in container.metrics]
    for scale in zip(*((m.v4, m.v31, m.v30, m.v2) for m in metrics), strict=True):
        for score in scale:
            if score is not None and (word := score.word()):
                return severity_or_medium(word)
    for metric in metrics:
        if metric.other is not None and (word := _own_word(metric.other.content)):
            return severity_or_medium(_WORDS.get(word, word))
    return MEDIUM


def _own_word(content: msgspec.Raw) -> str:
    try:
        return str(msgspec.json.decode(content, type=dict[str, object]).get("text", "")).lower()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""


def _is_on_windows(record: Record, containers: list[Container]) -> bool:
    """Whether the words of the record say that it is one of Windows only."""
    words = record.desc or next(
        (each.value for own in containers for each in own.descriptions if each.value), ""
    )
    words = (words or "")[:5_000]
    return _ON_WINDOWS.search(words) is not None and _NOT_ONLY.search(words) is None
