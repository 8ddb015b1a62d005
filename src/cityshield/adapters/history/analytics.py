"""DuckDB over the Parquet files of a run: opened here only, within bounds of memory."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cityshield.vocabulary.errors import StoreError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_MEMORY = "384MB"
_THREADS = 2


class Analytics:
    """Questions about Parquet files; `folder` is where it may put what memory does not hold."""

    def __init__(self, connection: DuckDBPyConnection, folder: Path) -> None:
        self._connection = connection
        self._folder = folder

    def rows(self, query: str, values: Sequence[Any] | dict[str, Any] = ()) -> list[Any]:
        """All rows of an answer."""
        found: list[Any] = self._ask(query, values).fetchall()
        return found

    def pieces(
        self, query: str, values: Sequence[Any] | dict[str, Any] = (), most: int = 1000
    ) -> Iterator[list[Any]]:
        """The rows of an answer, piece by piece."""
        asked = self._ask(query, values)
        while piece := asked.fetchmany(most):
            yield piece

    def write(self, query: str, path: Path, values: Sequence[Any] = ()) -> None:
        """Write the rows of an answer as Parquet; complete or absent."""
        scratch = path.with_name(path.name + ".part")
        self._ask(
            f"COPY ({query}) TO '{quoted(scratch)}' "
            "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 8192)",
            values,
        )
        sync(scratch)
        scratch.replace(path)
        sync(path.parent)

    def _ask(self, query: str, values: Sequence[Any] | dict[str, Any]) -> DuckDBPyConnection:
        import duckdb

        try:
            return self._connection.execute(query, values or None)
        except duckdb.Error as error:
            raise unusable(self._folder, str(error).partition("\n")[0]) from error


@contextmanager
def analytics(folder: Path) -> Iterator[Analytics]:
    """A connection of its own that keeps nothing and reaches no network."""
    import duckdb

    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": _MEMORY,
        "threads": _THREADS,
        "temp_directory": str(folder / "scratch"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "preserve_insertion_order": True,
    }
    connection = duckdb.connect(":memory:", config=settings)
    try:
        connection.execute("SET enable_progress_bar = false")  # it would draw on standard output
        yield Analytics(connection, folder)
    finally:
        connection.close()


def unusable(folder: Path, reason: str) -> StoreError:
    """What is said of a run's files that can't be read or written."""
    return StoreError("error-sites-history", path=str(folder), reason=reason[:200])


def sync(path: Path) -> None:
    """Have a file or the names in a folder on the disk, come a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def quoted(path: Path) -> str:
    """A path as it stands between single quotes in SQL."""
    return str(path).replace("'", "''")
