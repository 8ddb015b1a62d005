"""What a sender can't do to the model: thin a message out, or look ordinary by saying little."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityshield.adapters.packs.shelf import read_shipped
from cityshield.guards.messages.classes import CLASSES, learn_classes
from cityshield.guards.messages.corpus import read_corpus
from cityshield.guards.messages.features import (
    BUCKET_BITS,
    CLASS_BITS,
    CLASS_MASK,
    Tokens,
    buckets,
    tokenize,
)
from cityshield.guards.messages.model import (
    NORM_SHIFT,
    TYPE_BITS,
    WINDOW,
    WINDOWED_FROM,
    load_model,
    marks_of,
    write_places,
)
from cityshield.guards.messages.reader import SUSPICIOUS, Reader
from cityshield.vocabulary.errors import ConfigurationError
from cityshield.vocabulary.verdict import BENIGN
from tests.guards.messages.support import BROKEN_PARTS, broken_parts, reader

ROOT = Path(__file__).parents[3]
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


@pytest.mark.parametrize("part", BROKEN_PARTS)
@pytest.mark.parametrize("name", broken_parts(8))
def test_a_section_that_is_no_model_is_refused(name: str, part: str) -> None:
    sections = {**read_shipped().sections, part: broken_parts(BROKEN_PARTS[part])[name]}
    with pytest.raises(ConfigurationError, match="error-pack-section"):
        Reader(sections)


@pytest.mark.parametrize("part", ["fold", "tells", "model", "types", "classes", "settings"])
def test_a_pack_without_a_section_is_refused(part: str) -> None:
    sections = {name: one for name, one in read_shipped().sections.items() if name != part}
    with pytest.raises(ConfigurationError, match="error-pack-section"):
        Reader(sections)


HIDDEN = "move your savings to the safe account now and tell nobody about the fraud team"
HONEST = " ".join(f"the {word} of our street met again" for word in "abcdefghijklmnop")


def between_honest_words(words: str, before: int, tokens: int) -> Tokens:
    """The tokens, borders included so many, of these words after so many honest ones."""
    honest = HONEST.split() * 9
    after = tokens - 2 - before - len(words.split())
    text = " ".join([*honest[:before], words, *honest[:after]])
    found = tokenize(text, [], reader().model.classes)
    assert len(found.hashes) == tokens
    return found


@pytest.mark.parametrize(("tokens", "doubled"), [(97, 0), (191, 0), (192, 1), (383, 1), (384, 2)])
def test_what_a_long_honest_text_hides_is_found_in_a_window(tokens: int, doubled: int) -> None:
    model = reader().model
    text = between_honest_words(HIDDEN, 25, tokens)
    found, first, last = marks_of(model, text)
    assert (first % (WINDOW // 2), last - first) == (0, WINDOW)
    assert first <= 26
    assert last >= 26 + len(HIDDEN.split())
    cost, more = model.settings.window_cost
    norm = model.settings.norms[text.language][WINDOW]
    own = sum(model.weights[bucket] for bucket in buckets(text, first, last)) * norm >> NORM_SHIFT
    assert found == own - cost - doubled * more


def test_a_shorter_text_is_read_as_a_whole() -> None:
    text = between_honest_words(HIDDEN, 25, WINDOWED_FROM)
    assert marks_of(reader().model, text)[1:] == (0, WINDOWED_FROM)


def test_tells_outside_of_the_window_that_was_read_add_nothing() -> None:
    lines = [f"{HONEST}\nnever mind, we will see" for _ in range(12)]
    honest = "we went out to the big park and had a nice walk with her"
    told = "please send me the gift card code and pay the fee before the payout"
    before, after = (
        reader().read("\n".join([first, *lines, EN.lower()])) for first in (honest, told)
    )
    assert len(after.tells) > len(before.tells)
    assert after.marks == before.marks


def test_long_honest_texts_are_not_called_fraud_for_their_length() -> None:
    everyday = [
        message.text
        for message in read_corpus(ROOT / "corpus")
        if message.split == "test" and message.lang == "en" and message.type in ("chat", "family")
        if message.label == "benign"
    ]
    rng = random.Random(3)
    for _ in range(5):
        assert reader().read("\n".join(rng.choices(everyday, k=200))).score < SUSPICIOUS


def test_words_of_one_class_count_alike_alone_and_in_pairs() -> None:
    known = dict.fromkeys(
        [value & CLASS_MASK for value in tokenize("remit wire", [], {}).hashes], 7
    )
    one, other, strange = (
        tokenize(text, [], known) for text in ("remit wire", "wire remit", "horse barn")
    )
    word = [set(buckets(tokens, 1, 2)) for tokens in (one, other, strange)]
    assert word[0] & word[1]
    assert not word[0] & word[2]
    pair = [set(buckets(tokens, 1, 3)) for tokens in (one, other)]
    assert len(pair[0] & pair[1]) == 4  # two words, their class, its pair
    assert tokenize("汇款", [], known).classes == []
    assert set(reader().model.classes.values()) == set(range(1, CLASSES + 1))


def test_of_two_words_whose_hashes_end_alike_the_frequent_one_has_its_class() -> None:
    rng = random.Random(5)
    frequent, rare = 5, 5 + (1 << CLASS_BITS)
    texts = [[rng.randrange(1000, 1400) for _ in range(30)] for _ in range(400)]
    for number, text in enumerate(texts):
        text[3] = frequent if number % 4 else rare
    apart = learn_classes([[word & 0xFFFFFF for word in text] for text in texts])
    assert apart[frequent] == learn_classes(texts)[frequent]
    assert learn_classes([]) == {}
    assert learn_classes(texts[:2]) == {}
