"""Files: no archive makes the shield raise, swell, dawdle or vouch."""

from __future__ import annotations

import io
import os
import resource
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityshield.config import Config, Files, Parts
from cityshield.shield import Shield, build_shield
from cityshield.vocabulary.verdict import BENIGN, Verdict
from tests.conftest import run_cli
from tests.hostile.support import judge, relentless

MIB = 1 << 20
MARKER = b"harmless-marker-for-a-rule"


def zip_of(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return file.getvalue()


def zeros(size: int, method: int, times: int = 1, *, claims: int | None = None) -> bytes:
    """A zip of members of zeros, each packed once; `claims` is the size that headers tell."""
    one = zip_of(("0", bytes(size)), method=method)
    info = zipfile.ZipFile(io.BytesIO(one)).infolist()[0]
    start = info.header_offset + 30 + len(info.filename)
    packed = one[start : start + info.compress_size]
    return by_hand(
        [(f"{n}".encode(), packed, method, size, info.CRC) for n in range(times)], claims
    )


Member = tuple[bytes, bytes, int, int, int]


def by_hand(members: list[Member], claims: int | None = None, *, flags: int = 0) -> bytes:
    """A zip of members (name, packed, method, size, CRC), written as APPNOTE.TXT 4.3 has it."""
    out, directory = io.BytesIO(), io.BytesIO()
    for name, packed, method, size, crc in members:
        told = size if claims is None else claims
        fields = (flags, method, 0, 33, crc, len(packed), told, len(name))
        directory.write(
            struct.pack(
                "<4s2B5HL2L5H2L",
                b"PK\1\2",
                20,
                3,
                20,
                *fields[:4],
                *fields[4:7],
                fields[7],
                0,
                0,
                0,
                0,
                0,
                out.tell(),
            )
            + name
        )
        out.write(struct.pack("<4s5H3L2H", b"PK\3\4", 20, *fields, 0) + name + packed)
    start = out.tell()
    out.write(directory.getvalue())
    size = out.tell() - start
    count = min(len(members), 65_535)
    out.write(struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, size, start, 0))
    return out.getvalue()


def overlapping(times: int, size: int) -> bytes:
    """A zip whose directory names one packed member many times (after Fifield 2019)."""
    content = zeros(size, zipfile.ZIP_DEFLATED)
    end = content.rindex(b"PK\5\6")
    start = content.index(b"PK\1\2")
    entry = content[start:end]
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, times, times, len(entry) * times, start, 0)
    return content[:start] + entry * times + tail


def nested(depth: int, content: bytes, fan_out: int = 1) -> bytes:
    for level in range(depth):
        content = zip_of(*((f"{level}-{n}.zip", content) for n in range(fan_out)))
    return content


def quine(times: int) -> bytes:
    """A zip bomb by structure: each level holds sixteen of the one below, all alike."""
    return nested(times, bytes(100_000), 16)


def patched(content: bytes, signature: bytes, offset: int, value: bytes) -> bytes:
    """The content with some bytes after every occurrence of a signature replaced."""
    changed = bytearray(content)
    at = content.find(signature)
    while at >= 0:
        changed[at + offset : at + offset + len(value)] = value
        at = content.find(signature, at + 1)
    return bytes(changed)


def both(content: bytes, local: int, central: int, value: bytes) -> bytes:
    return patched(patched(content, b"PK\3\4", local, value), b"PK\1\2", central, value)


ORDINARY = zip_of(("a.txt", b"hello " * 100), ("b.txt", b"world " * 100))
LZMA = zip_of(("a.bin", b"hello " * 1000), method=zipfile.ZIP_LZMA)
BZIP2 = zip_of(("a.bin", b"hello " * 1000), method=zipfile.ZIP_BZIP2)
HUGE_DICTIONARY = LZMA.replace(LZMA[LZMA.index(b"\x5d") :][:5], b"\x5d\xff\xff\xff\xff", 1)

BOMBS: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "ten deep": (lambda: nested(10, b"end"), {"too-deep"}),
    "sixteen to the sixth": (lambda: quine(6), {"too-deep", "too-many", "too-large"}),
    "deflate, 300 MiB": (lambda: zeros(300 * MIB, zipfile.ZIP_DEFLATED), {"too-large"}),
    "deflate, 250 MiB": (lambda: zeros(250 * MIB, zipfile.ZIP_DEFLATED), set()),
    "bzip2, 300 MiB, said to be small": (
        lambda: zeros(300 * MIB, zipfile.ZIP_BZIP2, claims=1000), {"too-large"},
    ),
    "lzma, 300 MiB, said to be small": (
        lambda: zeros(300 * MIB, zipfile.ZIP_LZMA, claims=1000), {"damaged"},
    ),
    "deflate, said to be small": (
        lambda: zeros(200 * MIB, zipfile.ZIP_DEFLATED, claims=1000), {"damaged"},
    ),
    "many members of 200 MiB": (
        lambda: zeros(200 * MIB, zipfile.ZIP_DEFLATED, 200), {"too-large"},
    ),
    "100,000 members": (
        lambda: by_hand([(b"m%d" % n, b"x", 0, 1, zlib.crc32(b"x")) for n in range(100_000)]),
        {"too-many"},
    ),
    "one member named 60,000 times": (lambda: overlapping(60_000, 10 * MIB), {"too-large"}),
    "damaged members that take long": (
        lambda: patched(overlapping(60_000, 100 * MIB), b"PK\1\2", 16, b"\1\2\3\4"),
        {"damaged", "out-of-time"},
    ),
    "a dictionary of 4 GiB": (lambda: HUGE_DICTIONARY, {"damaged"}),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_bounded_memory_and_time(home: Path, tmp_path: Path, name: str) -> None:
    make, reasons = BOMBS[name]
    bomb = tmp_path / "bomb.zip"
    bomb.write_bytes(make())
    (home / "cityshield.toml").write_text("[parts]\ntime_s = 3.0\n")
    started = time.monotonic()
    verdict, peak_mib = checked_alone(bomb, home)
    assert time.monotonic() - started < 40
    assert peak_mib < 400
    assert verdict.level != BENIGN
    if reasons:
        assert verdict.coverage < 1
        assert {failure.reason for failure in all_failures(verdict)} & reasons


def all_failures(verdict: Verdict) -> list:  # type: ignore[type-arg]
    return [*verdict.failed, *(item for part in verdict.parts for item in all_failures(part))]


def checked_alone(file: Path, home: Path) -> tuple[Verdict, float]:
    """The verdict of a process of its own, and the most memory it held, in MiB."""
    code = (
        "import re, runpy, sys\n"
        "sys.argv = sys.argv[1:]\n"
        "try:\n"
        "    runpy.run_module('cityshield.serve', run_name='__main__')\n"
        "finally:\n"
        "    status = open('/proc/self/status').read()\n"  # ru_maxrss holds that of our parent too
        "    print(re.search(r'VmHWM:\\s+(\\d+)', status)[1], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "cityshield", "check", str(file), "--json"],
        capture_output=True,
        env={**os.environ, "CITYSHIELD_HOME": str(home)},
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30)),
    )
    assert done.returncode in (1, 3), done.stderr.decode()
    return msgspec.json.decode(done.stdout, type=Verdict), int(done.stderr.split()[-1]) / 1024


SPOILT: dict[str, tuple[bytes, str]] = {
    "cut in the directory": (ORDINARY[:-30], "damaged"),
    "cut in a member": (ORDINARY[:60], "damaged"),
    "no directory": (ORDINARY[: ORDINARY.index(b"PK\1\2")], "damaged"),
    "nothing but a signature": (b"PK\3\4", "damaged"),
    "wrong CRC": (both(ORDINARY, 14, 16, b"\1\2\3\4"), "damaged"),
    "spoilt deflate": (patched(ORDINARY, b"PK\3\4", 35, b"\xff" * 8), "damaged"),
    "spoilt lzma": (patched(LZMA, b"PK\3\4", 45, b"\xff" * 8), "damaged"),
    "spoilt lzma properties": (patched(LZMA, b"PK\3\4", 39, b"\xff" * 5), "damaged"),
    "spoilt bzip2": (patched(BZIP2, b"PK\3\4", 45, b"\xff" * 8), "damaged"),
    "encrypted": (both(ORDINARY, 6, 8, b"\1\0"), "encrypted"),
    "encrypted in the directory only": (patched(ORDINARY, b"PK\1\2", 8, b"\1\0"), "encrypted"),
    "strong encryption": (both(ORDINARY, 6, 8, b"\x41\0"), "encrypted"),
    "unknown method": (both(ORDINARY, 8, 10, b"\x63\0"), "unsupported"),
    "deflate64": (both(ORDINARY, 8, 10, b"\x09\0"), "unsupported"),
    "said to be larger": (patched(ORDINARY, b"PK\1\2", 24, b"\xff\xff\xff\x7f"), "too-large"),
    "offset beyond the end": (patched(ORDINARY, b"PK\1\2", 42, b"\xff\xff\xff\x7f"), "damaged"),
    "names that are not UTF-8": (
        both(zip_of(("é.txt", b"x")), 6, 8, b"\0\x08").replace("é".encode(), b"\xff\xfe"),
        "damaged",
    ),
    "version of the future": (patched(ORDINARY, b"PK\1\2", 6, b"\xff\0"), "damaged"),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_archive_is_said_to_be_not_read(shield: Shield, name: str) -> None:
    content, reason = SPOILT[name]
    verdict = judge(shield, "file", "a.zip", content)
    assert verdict.level != BENIGN
    assert verdict.coverage < 1
    assert reason in {failure.reason for failure in all_failures(verdict)}


@settings(relentless, max_examples=250)
@given(st.data())
def test_an_archive_with_any_bytes_changed_gets_a_sound_verdict(
    memory: Shield, data: st.DataObject
) -> None:
    content = bytearray(data.draw(st.sampled_from([ORDINARY, LZMA, BZIP2, nested(2, b"x")])))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        width = data.draw(st.sampled_from([1, 2, 4]))
        content[at : at + width] = data.draw(st.binary(min_size=width, max_size=width))
    cut = data.draw(st.sampled_from([0, 0, 1, 22, 60]))
    judge(memory, "file", "a.zip", bytes(content[: len(content) - cut]))


@settings(relentless, max_examples=150)
@given(st.text(max_size=60), st.binary(max_size=600))
def test_any_file_gets_a_sound_verdict(memory: Shield, name: str, content: bytes) -> None:
    judge(memory, "file", name, content)


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Shield:
    limits = Parts(bytes=4 * MIB)
    return build_shield(tmp_path_factory.mktemp("home"), Config(parts=limits), disk=False)


def test_names_of_members_open_nothing(
    shield: Shield, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = [
        "/etc/passwd",
        "../../up.txt",
        "a\\..\\b",
        "C:\\x.exe",
        "\u202egpj.exe",
        "a\x1b[31m.pdf.exe",
    ]
    names += ["n" * 60_000, "", "a/../../b", "con", "\ufeff", "ليلى.exe"]
    verdict = judge(shield, "file", "a.zip", zip_of(*((name, b"x") for name in names)))
    assert {part.subject.value for part in verdict.parts} >= {
        f"a.zip!/{name}" for name in names[:3]
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]
    nul = by_hand([(b"a\0.exe", b"x", 0, 1, zlib.crc32(b"x"))])
    assert judge(shield, "file", "a.zip", nul).level != BENIGN


def test_a_service_opens_no_path_that_a_name_gives(home: Path) -> None:
    shield = build_shield(home, Config(), disk=False)
    verdict = judge(shield, "file", "/etc/passwd")
    assert [failure.reason for failure in verdict.failed] == ["unreadable"]
    assert verdict.coverage == 0


def test_two_names_of_one_content_are_two_subjects(home: Path) -> None:
    """A verdict is kept; a name that was part of it is not, and speaks for no other file."""
    run_cli("retention", home=home)
    shield = build_shield(home, Config(), disk=False)
    assert judge(shield, "file", "plain.exe", b"MZ same").level == "unknown"
    assert judge(shield, "file", "ann-secret.pdf.exe", b"MZ same").level == "suspicious"
    assert judge(shield, "file", "ann-secret.pdf.exe", b"MZ same").level == "suspicious"
    assert judge(shield, "file", "\u202eterces-nna.exe", b"MZ same").level == "suspicious"
    for file in home.iterdir():
        assert b"secret" not in file.read_bytes() and b"terces" not in file.read_bytes()


# --- rules -----------------------------------------------------------------------------------

GOOD = 'rule good { strings: $a = "harmless-marker-for-a-rule" condition: $a }'
SLOW = "rule slow { condition: for all i in (0..2000000000) : (i >= 0) }"
RULE_FOLDERS: dict[str, dict[str, bytes]] = {
    "broken beside": {"broken.yar": b"rule { oops"},
    "noise beside": {"noise.yar": bytes(range(256)) * 50},
    "broken rule beside": {"more.yar": b"rule bad { condition: x }\nrule ok { condition: 1 }"},
    "nul": {"nul.yar": b"\0" * 1000},
    "empty file": {"empty.yar": b""},
    "unknown module": {"module.yar": b'import "nothing"\nrule m { condition: true }'},
    "include": {"include.yar": b'include "/etc/passwd"\nrule i { condition: true }'},
    "deep": {"deep.yar": b"rule d { condition: " + b"(" * 5_000 + b"true" + b")" * 5_000 + b" }"},
    "same name twice": {"again.yar": GOOD.encode()},
}  # fmt: skip


@pytest.mark.parametrize("name", RULE_FOLDERS)
def test_good_rules_stay_in_use_beside_bad_ones(home: Path, name: str) -> None:
    rules = home / "rules"
    rules.mkdir()
    (rules / "good.yar").write_text(GOOD)
    for file, content in RULE_FOLDERS[name].items():
        (rules / file).write_bytes(content)
    shield = build_shield(home, Config(), disk=False)
    verdict = judge(shield, "file", "a.bin", b"x" + MARKER)
    assert "files.rules/good" in [item.check for item in verdict.evidence]
    assert verdict.level == "malicious"
    assert verdict.failed == ()


def test_rule_files_that_cannot_be_read_are_named_by_the_doctor(home: Path) -> None:
    rules = home / "rules"
    (rules / "folder.yar").mkdir(parents=True)
    (rules / "good.yar").write_text(GOOD)
    (rules / "unreadable.yar").symlink_to("/proc/self/mem")
    (rules / "dangling.yar").symlink_to("/nowhere")
    os.mkfifo(rules / "pipe.yar")
    (rules / os.fsdecode(b"\xff\xfe.yar")).write_text("rule bad {")
    done = run_cli("doctor", home=home, timeout_s=30)
    assert done.returncode == 1
    assert b"unreadable.yar" in done.stdout and b"Traceback" not in done.stderr
    found = judge(build_shield(home, Config(), disk=False), "file", "a.bin", MARKER)
    assert found.level == "malicious"


def test_an_empty_rule_folder_is_no_fault(home: Path) -> None:
    (home / "rules").mkdir()
    verdict = judge(build_shield(home, Config(), disk=False), "file", "a.bin", MARKER)
    assert verdict.failed == ()


def test_a_rule_that_never_ends_does_not_silence_the_others(home: Path) -> None:
    rules = home / "rules"
    rules.mkdir()
    (rules / "good.yar").write_text(GOOD)
    (rules / "slow.yar").write_text(SLOW)
    shield = build_shield(home, Config(files=Files(rule_timeout_s=1)), disk=False)
    started = time.monotonic()
    verdict = judge(shield, "file", "a.bin", MARKER)
    assert time.monotonic() - started < 10
    assert [failure.reason for failure in verdict.failed] == ["out-of-time"]
    assert verdict.coverage < 1
    assert "files.rules/good" in [item.check for item in verdict.evidence]
