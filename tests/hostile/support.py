"""What hostile tests share: how hard to try, and what every verdict must be."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec
from hypothesis import HealthCheck, settings

from cityshield.answer import answer
from cityshield.shield import Shield, complete
from cityshield.vocabulary.subject import Subject
from cityshield.vocabulary.verdict import BENIGN, LEVELS, Verdict

settings.register_profile(
    "hostile",
    derandomize=True,
    deadline=None,
    max_examples=300,
    database=None,
    suppress_health_check=list(HealthCheck),
)
relentless = settings.get_profile("hostile")


def judge(shield: Shield, kind: str, value: str, content: bytes | None = None) -> Verdict:
    """The verdict through the whole shield, found to be a sound one."""
    verdict = complete(shield.check(Subject(kind, value, content)))
    require_sound(verdict)
    assert verdict.subject == Subject(kind, value)
    spoken = shield.speak(verdict, "zh-Hans")
    assert len(spoken.subject.value) == len(value)
    assert msgspec.json.decode(msgspec.json.encode(spoken), type=Verdict).level == verdict.level
    shown = answer(shield, verdict, "en")
    assert "\x1b" not in f"{shown.shown}{shown.headline}{shown.why}{shown.now}"
    assert "".join(piece.text for piece in shown.marked) in (value, "")
    return verdict


def require_sound(verdict: Verdict) -> None:
    assert verdict.level in LEVELS
    assert 0 <= verdict.score <= 1
    assert 0 <= verdict.coverage <= 1
    assert verdict.subject.content is None
    length = len(verdict.subject.value)
    for item in verdict.evidence:
        assert -1 <= item.weight <= 1
        for start, end in item.spans:
            assert 0 <= start < end <= length, (item.check, start, end, length)
    for failure in verdict.failed:
        assert failure.reason != "raised", failure
        assert failure.count >= 1
    if verdict.coverage < 1:
        assert verdict.level != BENIGN
    for part in verdict.parts:
        require_sound(part)


def cpu_s(work: Callable[[], object]) -> float:
    """The least CPU time of two runs."""
    times = []
    for _ in range(2):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times)
