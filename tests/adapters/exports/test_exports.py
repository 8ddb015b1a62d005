"""Each export read back by a reader of its format, and the same bytes for the same decisions."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dns.zone
import msgspec
import pytest

from cityshield.adapters.exports.export import About, formats, in_order
from cityshield.adapters.feeds.feed import Feed
from cityshield.entrypoints.cli.decisions import _EXPORTS
from cityshield.guards.dates import iso
from cityshield.vocabulary.decision import (
    ALLOW,
    BLOCK,
    DOMAIN,
    HOST,
    IN_FORCE,
    REVIEWED,
    URL,
    WARN,
    Decision,
    Target,
)

ABOUT = About("Test City CERT", "help@cert.example", "CC BY 4.0")
NOW = 1_800_000_000
HOSTILE = 'line\nbreak, "quoted", =formula \x1b[31m'


def decision(id: int, target: Target, action: str = BLOCK, **given: Any) -> Decision:
    values = {"reason": HOSTILE, "origin": REVIEWED, "evidence": ("seen",), "state": IN_FORCE}
    values |= {"needed": 2, "approvals": (), "proposed_at": NOW, "days": 30}
    values |= {"since": NOW + id, "expires": NOW + 30 * 86_400, **given}
    return Decision(id=id, action=action, target=target, **values)


LISTED = in_order(
    [
        decision(7, Target(HOST, "z.example")),
        decision(2, Target(DOMAIN, "whole.example")),
        decision(3, Target(HOST, "sub.whole.example")),
        decision(4, Target(URL, "docs.example/x?y='1'")),
        decision(5, Target(HOST, "good.whole.example"), ALLOW),
        decision(6, Target(HOST, "warned.example"), WARN),
        decision(8, Target(HOST, "dry.example"), dry_run=True),
        decision(9, Target(HOST, "both.example")),
        decision(10, Target(HOST, "both.example"), ALLOW),
    ]
)
BLOCKED = ["sub.whole.example", "whole.example", "z.example"]


def written(name: str, listed: Sequence[Decision] = LISTED) -> str:
    return "".join(formats()[name](listed, ABOUT))


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and line[0] not in "#!;["]


def test_the_command_offers_every_format() -> None:
    assert list(formats()) == list(_EXPORTS)


@pytest.mark.parametrize("name", _EXPORTS)
def test_an_export_is_the_same_for_the_same_decisions_and_says_its_licence(name: str) -> None:
    text = written(name)
    assert text == written(name, in_order(LISTED[::-1]))
    assert "CC BY 4.0" in text
    assert "dry.example" not in text
    assert "warned.example" not in text or name in ("csv", "json", "stix")
    assert "\x1b" not in text or name == "csv"
    assert written(name, [])


@pytest.mark.parametrize("name", ["hosts", "domains", "adblock"])
def test_lists_of_names_are_read_back_by_our_own_feeds(name: str) -> None:
    feed = Feed(io.BytesIO(written(name).encode()), {"domains": "plain"}.get(name, name))
    hosts = {value.partition("/")[0] for kind, value in feed.entries() if kind == HOST}
    if name == "adblock":
        assert hosts == {"whole.example"}  # a rule for one host alone is none for all below it
        text = written(name)
        assert "|https://z.example^\n" in text
        assert "@@|https://good.whole.example^\n" in text
    else:
        assert (sorted(hosts), feed.bad_lines) == (BLOCKED, 0)


def test_each_line_of_a_hosts_file_says_until_when() -> None:
    until = iso(NOW + 30 * 86_400)
    assert lines(written("hosts")) == [f"0.0.0.0 {name} # until {until}" for name in BLOCKED]


def test_the_zone_file_is_one_that_a_library_and_bind_read(tmp_path: Path) -> None:
    text = written("rpz")
    zone = dns.zone.from_text(text, "rpz.example", relativize=True)
    found = {str(n): str(r[0]) for n, r in zone.iterate_rdatasets("CNAME")}
    assert found == {
        **dict.fromkeys(["whole.example", "*.whole.example", "z.example"], "."),
        "good.whole.example": "rpz-passthru.",
        "*.good.whole.example": ".",
        "both.example": "rpz-passthru.",
    }
    if program := shutil.which("named-checkzone"):
        (tmp_path / "zone").write_text(text)
        subprocess.run([program, "-q", "rpz.example", str(tmp_path / "zone")], check=True)


def test_squid_is_given_no_name_below_a_listed_domain() -> None:
    listed = in_order(
        [decision(1, Target(DOMAIN, "whole.example")), decision(2, Target(HOST, "a.whole.example"))]
    )
    assert lines(written("squid", listed)) == [".whole.example"]


def test_squid_blocks_no_allowed_name_and_says_what_it_leaves_out() -> None:
    text = written("squid")  # good.whole.example is allowed
    assert lines(text) == ["sub.whole.example", "whole.example", "z.example"]
    assert "for one of them is allowed: whole.example\n" in text
    deep = in_order(
        [
            decision(1, Target(DOMAIN, "whole.example")),
            decision(2, Target(DOMAIN, "a.whole.example")),
            decision(3, Target(DOMAIN, "b.a.whole.example"), ALLOW),
            decision(4, Target(DOMAIN, "c.whole.example")),
            decision(5, Target(HOST, "d.c.whole.example")),
        ]
    )
    assert lines(written("squid", deep)) == ["a.whole.example", ".c.whole.example", "whole.example"]


def test_csv_has_one_decision_a_row_and_no_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(written("csv"), newline="")))
    assert [row["id"] for row in rows] == [str(decision.id) for decision in LISTED]
    assert rows[0]["reason"] == " ".join(HOSTILE.splitlines())
    formula = written("csv", [decision(1, Target(HOST, "a.example"), reason="=1+1")])
    assert next(iter(csv.DictReader(io.StringIO(formula))))["reason"] == "'=1+1"


def test_json_is_what_the_vocabulary_reads() -> None:
    class Exported(msgspec.Struct):
        about: About
        decisions: list[Decision]

    read = msgspec.json.decode(written("json"), type=Exported)
    assert (read.about, read.decisions) == (ABOUT, LISTED)


def test_stix_is_a_bundle_of_indicators_with_an_end() -> None:
    bundle = msgspec.json.decode(written("stix"))
    identity, *indicators = bundle["objects"]
    assert (bundle["type"], identity["type"]) == ("bundle", "identity")
    assert len({each["id"] for each in bundle["objects"]}) == len(LISTED) + 1
    patterns = {each["pattern"] for each in indicators}
    assert "[domain-name:value = 'z.example']" in patterns
    assert (
        "[url:value IN ('http://docs.example/x?y=\\'1\\'', 'https://docs.example/x?y=\\'1\\'')]"
        in patterns
    )
    for each in indicators:
        assert each["spec_version"] == "2.1"
        assert each["valid_from"] < each["valid_until"]
        assert each["created_by_ref"] == identity["id"]


def test_misp_is_an_event_with_an_attribute_a_block() -> None:
    event = msgspec.json.decode(written("misp"))["Event"]
    values = [(each["type"], each["value"]) for each in event["Attribute"]]
    assert ("hostname", "z.example") in values
    assert ("domain", "whole.example") in values
    assert ("url", "http://docs.example/x?y='1'") in values
    assert all(each["last_seen"] == iso(NOW + 30 * 86_400) for each in event["Attribute"])
