"""Where judging happens, as an entrypoint may ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cityshield.vocabulary.subject import Subject
from cityshield.vocabulary.verdict import Verdict


class Runner(Protocol):
    """Judges batches somewhere else: another process, another host."""

    async def check_many(self, subjects: Sequence[Subject], time_s: float) -> list[Verdict]:
        """One verdict for each subject, in order, each batch within `time_s` seconds."""
        ...
