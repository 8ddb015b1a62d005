"""What a sender can't do to the model: thin a message out, or look ordinary by saying little."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityshield.adapters.packs.shelf import read_shipped
from cityshield.guards.messages.features import BUCKET_BITS, CLASS_MASK, buckets, tokenize
from cityshield.guards.messages.model import (
    TYPE_BITS,
    WINDOW,
    WINDOWED_FROM,
    load_model,
    marks_of,
    write_places,
)
from cityshield.guards.messages.reader import SUSPICIOUS
from cityshield.vocabulary.errors import ConfigurationError
from cityshield.vocabulary.verdict import BENIGN
from tests.guards.messages.support import broken_models, reader

ZH = "你涉嫌洗钱，请把存款转到国家安全账户接受资金清查，不要告诉家人"
EN = "This is the fraud team. Move your savings to the safe account now and tell nobody."


@pytest.mark.parametrize("text", [ZH, EN])
@pytest.mark.parametrize(
    "letter", ["啊", "!", "a ", "哈", "1 ", "啊哦", "啊\n", "哈嘿哟", "?! ", "12 ab "]
)
def test_a_letter_held_down_hides_nothing(text: str, letter: str) -> None:
    assert reader().read(text).score >= SUSPICIOUS
    assert reader().read(text + letter * 3000).score >= SUSPICIOUS
    assert reader().read(letter * 3000 + text).score >= SUSPICIOUS


def test_of_a_repeated_token_three_are_kept_and_cover_the_rest() -> None:
    tokens = tokenize("哈哈哈哈哈哈好", [], {})
    assert len(tokens.hashes) == 2 + 4
    assert (tokens.starts[3], tokens.ends[3]) == (2, 6)
    assert tokens.words == 4


@pytest.mark.parametrize("text", ["你好", "在吗", "hi mum", "好的收到", "ok thanks bye"])
def test_what_says_too_little_is_not_called_ordinary(text: str) -> None:
    assert reader().read(text).level != BENIGN


GAPS = st.one_of(st.integers(1, 3), st.integers(254, 257), st.integers(509, 512))


@settings(max_examples=20, deadline=None)
@given(st.lists(GAPS, max_size=30), st.booleans())
def test_weights_stand_in_the_places_they_were_written_for(gaps: list[int], last: bool) -> None:
    places = [sum(gaps[: number + 1]) - 1 for number in range(len(gaps))]
    places += [(1 << BUCKET_BITS) - 1] if last else []
    rows = sorted({place % (1 << TYPE_BITS) for place in places})
    words = sorted({place & CLASS_MASK for place in places})
    own = reader().model.settings
    values = bytes(1 + number % 100 for number in range(len(places)))
    model = load_model(
        write_places(places) + values,
        write_places(rows) + bytes(len(rows) * len(own.types)),
        write_places(words) + values[: len(words)],
        own,
    )
    assert [model.weights[place] for place in places] == list(values)
    assert sum(map(bool, model.weights.tobytes())) == len(places)
    assert model.classes == dict(zip(words, values, strict=False))
    found = {row: start for row, start in enumerate(model.type_rows) if start >= 0}
    assert found == {row: number * len(own.types) for number, row in enumerate(rows)}


@pytest.mark.parametrize("name", broken_models())
def test_a_section_that_is_no_model_is_refused(name: str) -> None:
    kept = read_shipped().sections
    broken = broken_models()[name]
    for part in ("model", "classes"):
        sections = {**kept, part: broken}
        with pytest.raises(ConfigurationError, match="error-pack-section"):
            load_model(
                *[bytes(sections[one]) for one in ("model", "types", "classes")],
                reader().model.settings,
            )


def test_what_a_long_honest_text_hides_is_found_in_a_window() -> None:
    model = reader().model
    honest = " ".join(f"the {word} of our street met again" for word in "abcdefghijklmnop")
    tokens = tokenize(f"{honest} {EN.lower()} {honest}", [], model.classes)
    assert len(tokens.hashes) > WINDOWED_FROM
    found, first, last = marks_of(model, tokens)
    assert (last - first, last < len(tokens.hashes)) == (WINDOW, True)
    whole = tokenize(honest, [], model.classes)
    assert len(whole.hashes) > WINDOWED_FROM
    assert marks_of(model, whole)[0] < found


def test_words_of_one_class_count_alike() -> None:
    known = dict.fromkeys(
        [value & CLASS_MASK for value in tokenize("remit wire", [], {}).hashes], 7
    )
    one, other, strange = (
        set(buckets(tokenize(word, [], known), 1, 2)) for word in ("remit", "wire", "horse")
    )
    assert one & other
    assert not one & strange
    assert tokenize("汇款", [], known).classes == []
    assert set(reader().model.classes.values()) <= set(range(1, 256))
    assert len(reader().model.classes) > 5000
