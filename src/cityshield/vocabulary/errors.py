"""The tree of errors that CityShield raises on purpose.

CityShieldError             carries a sentence id and its arguments, never a literal
├── InputError              what an outside party sent cannot be used
├── ConfigurationError      the operator's settings cannot be used
├── StoreError              the data directory cannot be used
└── Forbidden               the identity may not do this
"""

from __future__ import annotations


class CityShieldError(Exception):
    """An error a person can mend: `sentence` is the id of what went wrong and of the remedy."""

    def __init__(self, sentence: str, **args: str | int) -> None:
        self.sentence = sentence
        self.args_for_sentence = {name: str(value) for name, value in args.items()}
        super().__init__(sentence, self.args_for_sentence)


class InputError(CityShieldError):
    """What an outside party sent cannot be used."""


class ConfigurationError(CityShieldError):
    """The operator's settings cannot be used."""


class StoreError(CityShieldError):
    """The data directory cannot be used."""


class Forbidden(CityShieldError):
    """The identity may not do this."""
