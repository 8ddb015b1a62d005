"""Sources of templates: folders, archives and files, bounded and never unpacked onto the disk."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import time
import zipfile
from pathlib import Path

import pytest

from cityshield.adapters.knowledge import archive
from cityshield.adapters.knowledge.archive import members
from cityshield.guards.sites.templates.tree import LARGEST_BYTES
from cityshield.vocabulary.errors import InputError


def tar(path: Path, files: dict[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as out:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            out.addfile(info, io.BytesIO(data))
    return path


FILES = {"a.yaml": b"id: a\n", "b/c.YML": b"id: c\n", "README.md": b"no", "b/d.yaml.bak": b"no"}


def test_folders_and_archives_give_their_yaml(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in FILES.items():
            out.writestr(name, data)
    sources = [
        folder, tmp_path / "x.zip", tar(tmp_path / "x.tar", FILES),
        tar(tmp_path / "x.tar.gz", FILES, "w:gz"),
    ]  # fmt: skip
    for source in sources:
        assert dict(members(source)) == {"a.yaml": b"id: a\n", "b/c.YML": b"id: c\n"}
    assert list(members(folder / "a.yaml")) == [("a.yaml", b"id: a\n")]


def test_links_and_pipes_are_passed_over(tmp_path: Path) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_bytes(b"id: secret\n")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link.yaml").symlink_to(secret)
    (folder / "up").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.yaml")
    assert list(members(folder)) == []
    with tarfile.open(tmp_path / "x.tar", "w") as out:
        info = tarfile.TarInfo("link.yaml")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        out.addfile(info)
    assert list(members(tmp_path / "x.tar")) == []


def test_names_lead_nowhere(tmp_path: Path) -> None:
    source = tar(tmp_path / "x.tar", {"../../evil.yaml": b"id: e\n", "/etc/evil.yaml": b"id: f\n"})
    before = sorted(tmp_path.rglob("*"))
    assert [name for name, _ in members(source)] == ["../../evil.yaml", "/etc/evil.yaml"]
    assert sorted(tmp_path.rglob("*")) == before


def test_a_large_file_is_read_as_far_as_it_may_be(tmp_path: Path) -> None:
    source = tar(tmp_path / "x.tar", {"a.yaml": b"x" * (LARGEST_BYTES + 9), "b.yaml": b"id: b\n"})
    assert [len(data) for _, data in members(source)] == [LARGEST_BYTES + 1, 6]


@pytest.mark.parametrize("cut", [10, 700, -30])
def test_a_damaged_archive_is_named(tmp_path: Path, cut: int) -> None:
    source = tar(tmp_path / "x.tar.gz", {f"{n}.yaml": os.urandom(600) for n in range(5)}, "w:gz")
    source.write_bytes(source.read_bytes()[:cut])
    with pytest.raises(InputError, match=r"error-templates-archive|error-file"):
        list(members(source))


@pytest.mark.parametrize("data", [b"", b"hello", b"PK\x03\x04junk", b"\x1f\x8bjunk" * 9])
def test_what_is_no_archive_is_named(tmp_path: Path, data: bytes) -> None:
    source = tmp_path / "x.bin"
    source.write_bytes(data)
    with pytest.raises(InputError, match=r"error-templates-archive|error-file"):
        list(members(source))
    with pytest.raises(InputError, match="error-file"):
        list(members(tmp_path / "absent"))


def test_a_bomb_ends_where_the_limit_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_BYTES", 4 << 20)
    bomb = tmp_path / "bomb.tar.gz"
    head = tarfile.TarInfo("a.bin")
    head.size = 1 << 40
    with gzip.open(bomb, "wb", compresslevel=1) as out:
        out.write(head.tobuf())
        for _ in range(64):
            out.write(bytes(1 << 20))
    began = time.process_time()
    with pytest.raises(InputError, match="error-templates-too-much"):
        list(members(bomb))
    assert time.process_time() - began < 5
    many = tar(tmp_path / "many.tar", {f"{n}.yaml": bytes(1 << 20) for n in range(6)})
    with pytest.raises(InputError, match="error-templates-too-much"):
        list(members(many))


def test_too_many_files_are_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_FILES", 5)
    few = tar(tmp_path / "few.tar", {f"{n}.yaml": b"" for n in range(5)})
    assert len(list(members(few))) == 5
    many = tar(tmp_path / "many.tar", {f"{n}.txt": b"" for n in range(30)})
    with pytest.raises(InputError, match="error-templates-too-much"):
        list(members(many))


def test_odd_packing_in_a_zip_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_LZMA) as out:
        out.writestr("a.yaml", b"id: a\n" * 100)
    with pytest.raises(InputError, match="error-templates-archive"):
        list(members(tmp_path / "x.zip"))


def test_a_listing_that_would_fill_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as out:
        for number in range(40):
            out.writestr(f"{number}.yaml", b"")
    assert len(list(members(tmp_path / "x.zip"))) == 40
    monkeypatch.setattr(archive, "_LARGEST_LISTING", 1_000)
    with pytest.raises(InputError, match="error-templates-archive"):
        list(members(tmp_path / "x.zip"))
