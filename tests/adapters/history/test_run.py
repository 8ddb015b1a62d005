"""What a run keeps: whole lines are recorded, a cut one is not, packing changes nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from cityshield.adapters.history.analytics import analytics
from cityshield.adapters.history.run import (
    LONGEST_FACTS,
    Record,
    RunFolder,
    VerdictRow,
    next_number,
)
from cityshield.guards.sites.facts import SiteFacts
from cityshield.vocabulary.census import BUDGET, Site
from cityshield.vocabulary.errors import StoreError
from tests.census.standing import facts_of

HOSTS = [f"site-{number}.example" for number in range(40)]


@pytest.fixture
def folder(home: Path) -> RunFolder:
    made = RunFolder(home, 1)
    wanted = [(Site(host, 'O\'Neill "x"', "s", "区"), "") for host in HOSTS]
    assert made.write_plan([*wanted, *wanted[:5], (Site("out.example"), "out-of-scope")]) == 41
    return made


def plan_of(folder: RunFolder) -> dict[int, str]:
    return {p.n: p.host for piece in folder.planned(bytearray(41)) for p in piece}


def kept(folder: RunFolder) -> dict[int, SiteFacts]:
    with analytics(folder.path) as ask:
        return {n: facts for piece in folder.facts(ask) for n, facts in piece}


def test_a_plan_names_each_site_once_and_spreads_them(folder: RunFolder) -> None:
    planned = plan_of(folder)
    assert sorted(planned) == list(range(41))
    assert sorted(planned.values()) == sorted([*HOSTS, "out.example"])
    assert list(planned.values()) != sorted(planned.values())
    reasons = {p.reason for piece in folder.planned(bytearray(41)) for p in piece}
    assert reasons == {"", "out-of-scope"}


def test_what_is_recorded_is_known_before_and_after_it_is_packed(folder: RunFolder) -> None:
    planned = plan_of(folder)
    for n in (0, 3, 7):
        folder.append(Record(n, facts_of(planned[n])))
    folder.append(Record(9, facts_of(planned[9]), again=True))
    other = RunFolder(folder.path.parents[2], 1)
    assert [n for n, done in enumerate(other.settled()) if done] == [0, 3, 7]
    folder.pack(folder.turn())
    assert [n for n, done in enumerate(other.settled()) if done] == [0, 3, 7]
    assert kept(folder) == {n: facts_of(planned[n]) for n in (0, 3, 7)}
    assert [p.n for piece in folder.planned(other.settled()) for p in piece][:3] == [1, 2, 4]


@pytest.mark.parametrize("cut", [1, 2, 40, 10_000])
def test_a_line_that_was_cut_off_is_not_recorded(folder: RunFolder, cut: int) -> None:
    planned = plan_of(folder)
    for n in range(5):
        folder.append(Record(n, facts_of(planned[n])))
    folder.close()
    (segment,) = folder.path.glob("facts-*.jsonl")
    whole = segment.read_bytes()
    last = len(whole.splitlines(keepends=True)[-1])
    segment.write_bytes(whole[: -min(cut, last)])
    assert list(folder.settled()[:5]) == [1, 1, 1, 1, 0]
    folder.append(Record(4, facts_of(planned[4])))
    folder.pack(folder.turn())
    assert sorted(kept(folder)) == [0, 1, 2, 3, 4]


def test_who_is_killed_while_packing_loses_and_repeats_nothing(folder: RunFolder) -> None:
    planned = plan_of(folder)
    for n in range(5):
        folder.append(Record(n, facts_of(planned[n])))
    folder.close()
    (segment,) = folder.path.glob("facts-*.jsonl")
    copy = segment.with_name("copy")
    shutil.copy(segment, copy)
    (folder.path / "facts-000001.parquet.part").write_bytes(b"half")
    folder.pack(folder.turn())
    shutil.move(copy, segment)  # as if killed between renaming and deleting
    assert sum(folder.settled()) == 5
    assert not segment.exists()
    folder.append(Record(5, facts_of(planned[5])))
    folder.pack(folder.turn())
    assert sorted(kept(folder)) == list(range(6))


def test_facts_that_are_too_large_become_a_reason(folder: RunFolder) -> None:
    huge = msgspec.structs.replace(
        facts_of("site-1.example"), reason="", robots="x" * LONGEST_FACTS
    )
    folder.append(Record(0, huge))
    folder.pack(folder.turn())
    assert kept(folder)[0].reason == BUDGET


def test_a_run_without_its_plan_is_said(home: Path) -> None:
    with pytest.raises(StoreError) as caught:
        RunFolder(home, 5).settled()
    assert caught.value.sentence == "error-sites-history"


def test_a_new_file_begins_while_another_is_packed(tmp_path: Path) -> None:
    for name in ("facts-000003.parquet", "facts-000004.jsonl", "facts-000004.parquet.part"):
        (tmp_path / name).touch()
    assert next_number(tmp_path, "facts") == 5
    assert next_number(tmp_path, "asked") == 1


def test_a_full_file_is_packed_within_memory(home: Path) -> None:
    folder = RunFolder(home, 1)
    folder.write_plan([(Site(f"site-{number}.example"), "") for number in range(20_000)])
    facts = msgspec.structs.replace(facts_of("site-1.example"), security_txt="x y\n" * 500)
    count = 0
    while not folder.is_full:
        folder.append(Record(count, facts))
        count += 1
    assert count > 2_000
    folder.pack(folder.turn())
    assert sum(folder.settled()) == count


_FACTS = b'"facts":{"subject":{"kind":"site","value":"x.example"},"host":"x.example","at":1}'


@pytest.mark.parametrize(
    "line",
    [b"garbage", b'{"n":1}', b'{"n":"1"}', b"\xff\xfe", b"[" * 100_000,
     b'{"n":99999,' + _FACTS + b"}", b'{"n":-1,' + _FACTS + b"}"],
)  # fmt: skip
def test_lines_that_somebody_edited_are_an_error_that_names_the_place(
    folder: RunFolder, line: bytes
) -> None:
    (folder.path / "facts-000001.jsonl").write_bytes(line + b"\n")
    with pytest.raises(StoreError):
        folder.settled()


def test_packed_facts_that_are_none_are_an_error(folder: RunFolder) -> None:
    folder.append(Record(0, facts_of(plan_of(folder)[0])))
    folder.pack(folder.turn())
    (part,) = folder.path.glob("facts-*.parquet")
    with analytics(folder.path) as ask:
        ask.write("SELECT 0 AS n, false AS again, '{}' AS facts", part)
    with pytest.raises(StoreError):
        kept(folder)


def test_a_stranger_among_the_files_takes_no_number(folder: RunFolder) -> None:
    (folder.path / "facts-copy.jsonl.bak").write_bytes(b"")
    assert next_number(folder.path, "facts") == 1


@pytest.mark.parametrize("name", ["city [1]", "a*b", "o'clock"])
def test_any_name_of_a_data_directory_will_do(tmp_path: Path, name: str) -> None:
    folder = RunFolder(tmp_path / name, 1)
    folder.write_plan([(Site(HOSTS[0]), "")])
    folder.append(Record(0, facts_of(HOSTS[0])))
    folder.pack(folder.turn())
    judgement = folder.new_judgement(1)
    judgement.add(VerdictRow(0, HOSTS[0], 1, "", "A", "unknown", 1.0, 0), ())
    judgement.close()
    with analytics(folder.path) as ask:
        assert ask.rows(f"SELECT count(*) FROM {folder.verdicts(1)}") == [(1,)]
    assert len(kept(folder)) == 1
    with pytest.raises(StoreError):
        folder.verdicts(2)
