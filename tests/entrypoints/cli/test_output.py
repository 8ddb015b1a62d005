"""Files that commands write: whole, whoever else writes the same at that time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cityshield.entrypoints.cli.output import write_whole
from cityshield.vocabulary.errors import InputError


def test_two_who_write_one_file_each_write_it_whole(tmp_path: Path) -> None:
    path = tmp_path / "decisions.hosts"

    def slow() -> Iterator[str]:
        yield "one\n"
        write_whole(str(path), ["other\n"])
        assert path.read_text() == "other\n"
        yield "two\n"

    write_whole(str(path), slow())
    assert path.read_text() == "one\ntwo\n"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_leaves_what_there_is(tmp_path: Path) -> None:
    path = tmp_path / "decisions.hosts"
    path.write_text("old\n")

    def broken() -> Iterator[str]:
        yield "one\n"
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError) as caught:
        write_whole(str(path), broken())
    assert caught.value.sentence == "error-file-write"
    assert path.read_text() == "old\n"
    assert list(tmp_path.iterdir()) == [path]
