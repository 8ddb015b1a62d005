"""The fields of the console's forms."""

from __future__ import annotations

from collections.abc import Iterable

from cityshield.entrypoints.console.visits import Asked
from cityshield.entrypoints.form import Form, read_form
from cityshield.vocabulary.errors import InputError

MOST_AT_ONCE = 200
"""How many decisions one form acts on at most."""

_CHOSEN = "d-"
_MOST_BYTES = 256 << 10
_MOST_DIGITS = 18


async def read_fields(request: Asked) -> Form:
    """The fields of a form; InputError when it is longer than a form of the console gets."""
    return await read_form(request, _MOST_BYTES)


def text_of(form: Form, name: str) -> str:
    """A field's text, empty where there is none."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def chosen_in(form: Form) -> list[int]:
    """The decisions that a form is about: see `numbers`."""
    return numbers(name.removeprefix(_CHOSEN) for name in form if name.startswith(_CHOSEN))


def numbers(texts: Iterable[str]) -> list[int]:
    """The numbers of decisions, the smallest first; InputError for none, and for too many."""
    found = {int(text) for text in texts if is_number(text)}
    if not found:
        raise InputError("error-none-chosen")
    if len(found) > MOST_AT_ONCE:
        raise InputError("error-many-chosen", count=len(found), most=MOST_AT_ONCE)
    return sorted(found)


def is_number(text: str) -> bool:
    """Whether a text is a number that a decision may have."""
    return text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
