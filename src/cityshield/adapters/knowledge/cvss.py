"""The severity of a CVSS 3 vector (CVSS 3.1 specification, sections 5 and 7.1)."""

from __future__ import annotations

from math import ceil
from typing import Final

from cityshield.vocabulary.finding import CRITICAL, HIGH, LOW, MEDIUM, NONE

_WEIGHTS: Final = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_PRIVILEGES: Final = {
    "U": {"N": 0.85, "L": 0.62, "H": 0.27},
    "C": {"N": 0.85, "L": 0.68, "H": 0.5},
}
_LONGEST = 200


def severity_of_vector(vector: str) -> str:
    """The word for the base score of `CVSS:3.x/...`; empty for another vector."""
    if not vector.startswith("CVSS:3"):
        return ""
    parts = dict(part.partition(":")[::2] for part in vector[:_LONGEST].split("/"))
    try:
        weight = {name: table[parts[name]] for name, table in _WEIGHTS.items()}
        privileges = _PRIVILEGES[parts["S"]][parts["PR"]]
    except KeyError:
        return ""
    base = 1 - (1 - weight["C"]) * (1 - weight["I"]) * (1 - weight["A"])
    is_changed = parts["S"] == "C"
    impact = 7.52 * (base - 0.029) - 3.25 * (base - 0.02) ** 15 if is_changed else 6.42 * base
    if impact <= 0:
        return NONE
    ease = 8.22 * weight["AV"] * weight["AC"] * privileges * weight["UI"]
    return severity_of_score(_round_up(min((1.08 if is_changed else 1.0) * (impact + ease), 10)))


def severity_of_score(score: float) -> str:
    """The word for a score from 0 to 10 (CVSS 3.1, section 5)."""
    bounds = ((9.0, CRITICAL), (7.0, HIGH), (4.0, MEDIUM), (0.1, LOW))
    return next((word for least, word in bounds if score >= least), NONE)


def _round_up(score: float) -> float:
    """Up to one decimal, without the noise of binary fractions (CVSS 3.1, appendix A)."""
    whole = round(score * 100_000)
    return whole / 100_000 if whole % 10_000 == 0 else ceil(whole / 10_000) / 10
