"""Progress of long work, on a terminal only."""

from __future__ import annotations

import os
import stat
import sys
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID


class Progress:
    """A bar on standard error that follows how far a file has been read, with rate and ETA.

    Shows nothing when standard error is not a terminal; of a pipe it shows the count. Without a
    file it follows the count of items towards `total`.
    """

    def __init__(self, file: BinaryIO | None = None, total: int | None = None) -> None:
        self._file = file
        self._total = total
        self._steps = 0
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Progress:
        if not sys.stderr.isatty():
            return self
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        self._bar = Bar(
            BarColumn(),
            TextColumn("{task.fields[count]:,}"),
            TextColumn("{task.fields[rate]:,.0f}/s"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task = self._bar.add_task("", total=self._size(), count=0, rate=0.0)
        self._bar.start()
        return self

    def advance(self, count: int) -> None:
        """Say how many items are done."""
        if self._bar is None or self._task is None:
            return
        task = self._bar.tasks[0]
        rate = count / task.elapsed if task.elapsed else 0.0
        done = count if self._file is None else self._file.tell() if task.total else None
        self._bar.update(self._task, completed=done, count=count, rate=rate)

    def step(self) -> None:
        """Say that one more item is done."""
        self._steps += 1
        if self._steps % 50 == 0 or self._steps == self._total:
            self.advance(self._steps)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def _size(self) -> int | None:
        if self._file is None:
            return self._total
        found = os.fstat(self._file.fileno())
        return found.st_size if stat.S_ISREG(found.st_mode) else None
