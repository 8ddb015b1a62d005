"""Files: types, names, rules, archives."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from cityshield.adapters.clock import SystemClock
from cityshield.adapters.store.database import open_database
from cityshield.adapters.store.indicators import import_entries
from cityshield.config import Config, Files, Parts
from cityshield.guards.files.checks.eicar import _TEXT as EICAR
from cityshield.guards.files.magic import claim_of, extensions_of, type_of
from cityshield.shield import Shield, build_shield, complete
from cityshield.vocabulary.indicator import BENIGN_ACTIVITY, SHA256
from cityshield.vocabulary.subject import Subject
from cityshield.vocabulary.verdict import BENIGN, MALICIOUS, SUSPICIOUS, UNKNOWN, Verdict


def zipped(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def judge(shield: Shield, name: str, content: bytes) -> Verdict:
    return complete(shield.check(Subject("file", name, content)))


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"", "empty"),
        (b"MZ\x90", "exe"),
        (b"\x7fELF", "elf"),
        (b"PK\x03\x04", "zip"),
        (b"%PDF-1.7", "pdf"),
        (b"#!/bin/sh", "script"),
        (b"  <!DOCTYPE html>", "html"),
        ("你好".encode(), "text"),
        ("你好".encode()[:-1], "text"),
        (b"\xff\xfe\x00", "data"),
        (b"\x00" * 257 + b"ustar", "tar"),
    ],
)
def test_types_by_content(head: bytes, kind: str) -> None:
    assert type_of(head) == kind


@pytest.mark.parametrize(
    ("name", "extensions", "claim"),
    [
        ("a.pdf.exe", ["pdf", "exe"], "exe"),
        ("C:\\temp\\a.PDF", ["pdf"], "pdf"),
        ("x.zip!/dir/photo.jpg ", ["jpg"], "jpeg"),
        ("noextension", [], ""),
        (".hidden", ["hidden"], ""),
        ("a.exe . .", ["exe"], "exe"),
    ],
)
def test_claims_by_name(name: str, extensions: list[str], claim: str) -> None:
    assert extensions_of(name) == extensions
    assert claim_of(name) == claim


def test_eicar_is_found_bare_and_deep_inside_archives(shield: Shield) -> None:
    assert judge(shield, "eicar.com", EICAR).level == MALICIOUS
    packed = zipped({"note.txt": b"hello", "inner.zip": zipped({"eicar.com": EICAR})})
    verdict = judge(shield, "mail.zip", packed)
    assert verdict.level == SUSPICIOUS
    inner = {part.subject.value: part for part in verdict.parts}["mail.zip!/inner.zip"]
    assert [part.level for part in inner.parts] == [MALICIOUS]
    assert inner.parts[0].subject.value == "mail.zip!/inner.zip!/eicar.com"
    assert inner.parts[0].subject.content is None


def test_the_budget_of_depth_and_count_is_one_for_all_parts(home: Path) -> None:
    config = Config(parts=Parts(depth=2, count=5))
    shield = build_shield(home, config, disk=False)
    nest = zipped({"eicar.com": EICAR})
    for _ in range(3):
        nest = zipped({"inner.zip": nest})
    verdict = judge(shield, "deep.zip", nest)
    assert verdict.level == UNKNOWN
    assert verdict.coverage < 1
    assert b"too-deep" in repr(verdict).encode()
    wide = judge(shield, "wide.zip", zipped({f"{n}.txt": b"x" for n in range(20)}))
    assert len(wide.parts) == 5
    assert [(item.reason, item.count) for item in wide.failed] == [("too-many", 15)]
    assert wide.coverage == 0.25


def test_a_member_larger_than_the_budget_is_not_unpacked(home: Path) -> None:
    shield = build_shield(home, Config(parts=Parts(bytes=1 << 20)), disk=False)
    verdict = judge(shield, "bomb.zip", zipped({"big": bytes(50 << 20), "small": b"x"}))
    assert [item.reason for item in verdict.failed] == ["too-large"]
    assert verdict.level == UNKNOWN


def test_rules_of_the_operator_are_used_and_a_broken_one_is_left_out(home: Path) -> None:
    rules = home / "rules" / "more"
    rules.mkdir(parents=True)
    (rules / "good.yar").write_text('rule good { strings: $a = "marker-one" condition: $a }')
    (rules / "mixed.yara").write_text(
        'rule bad { condition: nonsense }\nrule fine { strings: $a = "marker-two" condition: $a }'
    )
    (rules / "broken.yar").write_text("rule {{{{")
    shield = build_shield(home, Config(), disk=False)
    for marker, rule in ((b"marker-one", "good"), (b"marker-two", "fine")):
        verdict = judge(shield, "x.bin", marker)
        assert verdict.level == MALICIOUS
        assert [item.check for item in verdict.evidence] == [f"files.rules/{rule}"]
        assert verdict.failed == ()
    problems = "\n".join(shield.rooms.rules.problems())  # type: ignore[attr-defined]
    assert "broken.yar" in problems
    assert "mixed.yara: unknown identifier `nonsense` (line 1)" in problems


def test_a_file_beyond_the_reach_of_rules_is_not_fully_read(home: Path) -> None:
    (home / "rules").mkdir()
    (home / "rules" / "r.yar").write_text('rule r { strings: $a = "at-the-end" condition: $a }')
    shield = build_shield(home, Config(files=Files(scan_bytes=1000)), disk=False)
    verdict = judge(shield, "x.bin", bytes(3000) + b"at-the-end")
    assert verdict.level == UNKNOWN
    assert verdict.coverage < 0.4
    assert [item.reason for item in verdict.failed] == ["too-large"]


def test_a_known_good_file_is_benign_and_an_import_shows_through_the_cache(home: Path) -> None:
    from hashlib import sha256

    engine, clock = open_database(home), SystemClock()
    content = b"a form of the city"
    shield = build_shield(home, Config(), disk=False)
    assert judge(shield, "form.bin", content).level == UNKNOWN
    entry = (SHA256, sha256(content).hexdigest())
    import_entries(engine, home, clock, "city", [entry], type=BENIGN_ACTIVITY)
    assert judge(shield, "form.bin", content).level == BENIGN


def test_the_cache_answers_a_second_time_and_keeps_no_name(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_database(home).dispose()
    shield = build_shield(home, Config(), disk=False)
    first = judge(shield, "first-name.bin", b"content")
    monkeypatch.setattr(type(shield), "_judge", _not_again)
    second = judge(shield, "second-name.bin", b"content")
    assert second.subject.value == "second-name.bin"
    assert second.level == first.level
    assert b"first-name" not in (home / "cityshield.sqlite3").read_bytes()
    assert b"first-name" not in (home / "cityshield.sqlite3-wal").read_bytes()


async def _not_again(
    self: Shield, guard: object, subjects: list[Subject], *_: object
) -> tuple[list[Verdict], list[object]]:
    assert not subjects
    return [], []


@pytest.mark.parametrize("name", ["/dev/zero", "/proc/self/mem", "/", "/no/such/file"])
def test_what_cannot_be_read_to_its_end_is_not_opened(shield: Shield, name: str) -> None:
    verdict = complete(shield.check(Subject("file", name)))
    assert verdict.level == UNKNOWN
    assert verdict.coverage == 0
    assert [item.reason for item in verdict.failed] == ["unreadable"]


def test_a_service_opens_no_path(home: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    verdict = complete(build_shield(home, Config(), disk=False).check(Subject("file", str(secret))))
    assert [item.reason for item in verdict.failed] == ["unreadable"]


def test_what_a_list_says_of_a_file_ends_with_its_entry(home: Path) -> None:
    from hashlib import sha256

    from tests.adapters.store.test_indicators import Clock

    engine, clock = open_database(home), Clock(SystemClock().now())
    entry = (SHA256, sha256(b"content").hexdigest())
    options = {"type": BENIGN_ACTIVITY, "expires_days": 1}
    import_entries(engine, home, clock, "city", [entry], **options)  # type: ignore[arg-type]
    shield = build_shield(home, Config(), disk=False)
    shield.rooms.indicators._clock = clock  # type: ignore[attr-defined]
    assert judge(shield, "form.bin", b"content").level == BENIGN
    clock.time += 3 * 86_400
    assert judge(shield, "form.bin", b"content").level == UNKNOWN


def test_a_file_that_changes_between_two_readings_poisons_nothing(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_database(home).dispose()
    shield = build_shield(home, Config(), disk=True)
    file = tmp_path / "flips.bin"
    file.write_bytes(EICAR)
    gather = shield.guard("files").gatherer.gather_many

    async def flip(subjects: list[Subject]) -> object:
        file.write_bytes(b"harmless")
        return await gather(subjects)

    with monkeypatch.context() as patch:
        patch.setattr(shield.guard("files").gatherer, "gather_many", flip)
        assert complete(shield.check(Subject("file", str(file)))).level == UNKNOWN
    file.write_bytes(EICAR)
    assert complete(shield.check(Subject("file", str(file)))).level == MALICIOUS


def test_a_vouched_archive_is_not_taken_apart(home: Path) -> None:
    from hashlib import sha256

    packed = zipped({"a.bin": b"x"})
    entry = (SHA256, sha256(packed).hexdigest())
    import_entries(open_database(home), home, SystemClock(), "c", [entry], type=BENIGN_ACTIVITY)
    verdict = judge(build_shield(home, Config(), disk=False), "form.zip", packed)
    assert (verdict.level, verdict.parts) == (BENIGN, ())


def test_a_member_that_calls_itself_a_folder_is_read(shield: Shield) -> None:
    verdict = judge(shield, "x.zip", zipped({"eicar.com/": EICAR}))
    assert verdict.level == SUSPICIOUS
