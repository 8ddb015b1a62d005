"""The findings of a run for other programs: CSV (RFC 4180), JSON Lines, SARIF 2.1.0 (OASIS)."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from io import StringIO
from typing import Final

import msgspec

from cityshield import __version__
from cityshield.guards.dates import moment
from cityshield.vocabulary.census import Run, Told

SARIF_SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "none": "none"}
_SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0", "none": "0.0"}
"""A score in the middle of what the word means in CVSS, for programs that sort by numbers."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_encode = msgspec.json.encode


class Rule(msgspec.Struct, frozen=True):
    """A check that found something, in words."""

    check: str
    severity: str
    what: str
    why: str
    now: str
    cwe: int = 0


Say = Callable[[str, dict[str, str]], str]
"""What a check found, by its id and the arguments of the finding."""

COLUMNS: Final = (
    "host", "owner", "sector", "district", "grade", "reason", "at", "check", "severity", "location",
    "what",
)  # fmt: skip


def as_csv(findings: Iterable[Told], say: Say) -> Iterator[str]:
    """A row for each finding, with what is wrong in words; a site without any has one too."""
    yield ",".join(COLUMNS) + "\r\n"
    for item in findings:
        row = msgspec.structs.asdict(item)
        row |= {"at": moment(item.at) if item.at else "", "what": _said(item, say)}
        text = StringIO()
        csv.writer(text).writerow([_plain(str(row[name])) for name in COLUMNS])
        yield text.getvalue()


def as_json(findings: Iterable[Told], say: Say) -> Iterator[str]:
    """An object a line for each finding, with what is wrong in words; a site without any too."""
    for item in findings:
        told = msgspec.to_builtins(item)
        if said := _said(item, say):
            told["what"] = said
        yield _encode(told).decode() + "\n"


WRITERS: Final[Mapping[str, Callable[[Iterable[Told], Say], Iterator[str]]]] = {
    "csv": as_csv,
    "json": as_json,
}


def as_sarif(findings: Iterable[Told], rules: Sequence[Rule], say: Say, run: Run) -> Iterator[str]:
    """One SARIF log with one run; sites without a result are notifications of its invocation."""
    places = {rule.check: place for place, rule in enumerate(rules)}
    driver = {
        "name": "CityShield",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(rule) for rule in rules],
    }
    yield (
        f'{{"$schema":{_json(SARIF_SCHEMA)},"version":"2.1.0","runs":[{{'
        f'"tool":{{"driver":{_json(driver)}}},'
        f'"automationDetails":{{"id":"sites/{run.id}"}},"columnKind":"unicodeCodePoints",'
        '"results":['
    )
    failed: list[str] = []
    comma = noticed = ""
    for item in findings:
        if item.reason and item.host != noticed:
            failed.append(_json(_notice(item)))
            noticed = item.host
        if not item.check:
            continue
        yield comma + _json(_result(item, places, say))
        comma = ","
    yield (
        '],"invocations":[{"executionSuccessful":true,"toolExecutionNotifications":['
        + ",".join(failed)
        + "]}]}]}\n"
    )


def _rule(rule: Rule) -> dict[str, object]:
    properties: dict[str, object] = {"security-severity": _SCORES[rule.severity]}
    if rule.cwe:
        properties["tags"] = ["security", f"external/cwe/cwe-{rule.cwe:03}"]
    said = {"shortDescription": rule.what, "fullDescription": rule.why, "help": rule.now}
    return {
        "id": rule.check,
        **{name: {"text": text} for name, text in said.items() if text},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": properties,
    }


def _result(item: Told, places: Mapping[str, int], say: Say) -> dict[str, object]:
    fingerprint = sha256(f"{item.host}\n{item.check}\n{item.location}".encode()).hexdigest()
    result: dict[str, object] = {
        "ruleId": item.check,
        "level": _LEVELS[item.severity],
        "message": {"text": _said(item, say) or item.check},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": f"https://{item.host}/"}},
                "logicalLocations": [{"fullyQualifiedName": item.location or item.host}],
            }
        ],
        "partialFingerprints": {"siteCheckPlace/v1": fingerprint},
        "properties": {"owner": item.owner, "sector": item.sector, "district": item.district},
    }
    if item.check in places:
        result["ruleIndex"] = places[item.check]
    return result


def _notice(item: Told) -> dict[str, object]:
    return {
        "level": "note",
        "message": {"text": f"{item.host}: {item.reason}"},
        "descriptor": {"id": item.reason},
    }


def _said(item: Told, say: Say) -> str:
    return say(item.check, item.args) if item.check else ""


def _plain(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: places and names come from strangers."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _json(value: object) -> str:
    return _encode(value).decode()
