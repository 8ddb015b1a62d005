"""Packed documents come out whole, or not at all."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import zipfile
from pathlib import Path

import pytest

from cityshield.adapters.net.unpack import packer_of, unpack
from cityshield.vocabulary.errors import InputError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TEXT = b"".join(b"h%d.example\n" % number for number in range(100_000))


def zipped(*contents: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for number, content in enumerate(contents):
            archive.writestr(f"list{number}.txt", content)
    return held.getvalue()


PACKED = {
    "gzip": gzip.compress(TEXT),
    "bzip2": bz2.compress(TEXT),
    "xz": lzma.compress(TEXT),
    "zstd": zstd.compress(TEXT, options={zstd.CompressionParameter.checksum_flag: 1}),
    "zip": zipped(TEXT),
}


def unpacked(tmp_path: Path, content: bytes, most: int = 1 << 24) -> bytes:
    source, target = tmp_path / "packed", tmp_path / "document"
    source.write_bytes(content)
    unpack(source, target, packer_of(source), most)
    return target.read_bytes()


@pytest.mark.parametrize("packer", PACKED)
def test_what_was_packed_comes_out(tmp_path: Path, packer: str) -> None:
    assert unpacked(tmp_path, PACKED[packer]) == TEXT
    assert packer_of(tmp_path / "packed") == packer


@pytest.mark.parametrize("packer", ["gzip", "bzip2", "xz", "zstd"])
def test_pieces_in_a_row_are_one_document(tmp_path: Path, packer: str) -> None:
    assert unpacked(tmp_path, PACKED[packer] * 2) == TEXT * 2


@pytest.mark.parametrize(
    ("packer", "harm"),
    [
        (packer, harm)
        for packer in PACKED
        for harm in ("cut", "flipped", "followed by garbage")
        if (packer, harm) != ("zip", "followed by garbage")  # which is a zip's comment
    ],
)
def test_damage_is_told(tmp_path: Path, packer: str, harm: str) -> None:
    content = PACKED[packer]
    middle = len(content) // 2
    flipped = content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]
    harmed = {"cut": content[:-30], "flipped": flipped, "followed by garbage": content + b"x" * 99}
    with pytest.raises(InputError) as refused:
        unpacked(tmp_path, harmed[harm])
    assert refused.value.sentence == "error-net-packed"


@pytest.mark.parametrize(
    "bomb",
    [
        gzip.compress(bytes(64 << 20)),
        bz2.compress(bytes(64 << 20)),
        lzma.compress(bytes(64 << 20), preset=0),
        zstd.compress(bytes(64 << 20)),
        zipped(bytes(64 << 20)),
        gzip.compress(b"") * 100_000 + gzip.compress(bytes(64 << 20)),
    ],
    ids=["gzip", "bzip2", "xz", "zstd", "zip", "many members"],
)
def test_a_bomb_is_cut_at_the_limit(tmp_path: Path, bomb: bytes) -> None:
    with pytest.raises(InputError) as refused:
        unpacked(tmp_path, bomb, 1 << 20)
    assert refused.value.sentence == "error-net-unpacked"
    assert (tmp_path / "document").stat().st_size <= 1 << 20


def test_odd_zips_are_refused(tmp_path: Path) -> None:
    many = zipped(b"a", b"b")
    strange = zipped(TEXT, method=zipfile.ZIP_LZMA)
    listing = bytearray(zipped(b"a"))
    listing[-10:-6] = (1 << 24).to_bytes(4, "little")  # the size of the listing, in the last record
    for content in (many, strange, zipped(), bytes(listing), b"PK\x03\x04" + b"x" * 100):
        with pytest.raises(InputError):
            unpacked(tmp_path, content)
