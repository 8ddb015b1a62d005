"""Training and evaluation: reproducible, honest about small numbers, and on hostile files."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from cityshield.guards.messages.corpus import Message, read_corpus, read_examples, read_messages
from cityshield.guards.messages.evaluate import evaluate, share, threshold_at
from cityshield.guards.messages.evasion import ATTACKS, halves
from cityshield.guards.messages.features import LANGUAGES
from cityshield.guards.messages.model import between
from cityshield.guards.messages.reader import Reader
from cityshield.guards.messages.sections import FOLDER, build_sections, read_tells
from cityshield.vocabulary.errors import InputError
from tests.guards.messages.support import fold, normalize, reader

ROOT = Path(__file__).parents[3]


def some(count: int) -> list[Message]:
    """A few messages of the corpus, all voices among them, the same each time."""
    found = [message for message in read_corpus(ROOT / "corpus") if message.split != "test"]
    return [*random.Random(4).sample(found, count), *read_examples(FOLDER)]


def test_the_same_messages_make_the_same_bytes_and_a_model_that_learnt() -> None:
    from cityshield.guards.messages.train import prepare, train

    table = read_tells(fold())
    made = []
    for _ in range(2):
        rows = prepare(some(1500), fold(), table, attacked=True)
        made.append(train(rows, sorted(table.silenced), lambda line: None))
    assert made[0] == made[1]
    fresh = Reader(build_sections(made[0]._asdict(), {"en": {}, "zh-Hans": {}}, fold()))
    held = [message for message in read_corpus(ROOT / "corpus") if message.split == "test"][::3]
    marks = {"fraud": [], "benign": []}  # type: ignore[var-annotated]
    for message in held:
        marks[message.label].append(fresh.read(message.text).marks)
    middle = sorted(marks["benign"])[len(marks["benign"]) // 2]
    assert sum(mark > middle for mark in marks["fraud"]) > 0.75 * len(marks["fraud"])


def test_shares_have_intervals_that_hold_them() -> None:
    for count, of in ((0, 10), (10, 10), (3, 7), (1, 30_000), (0, 0)):
        found = share(count, of)
        assert 0 <= found.low <= found.share <= found.high <= 1


def test_a_threshold_that_too_few_texts_can_tell_is_none() -> None:
    assert threshold_at(list(range(99)), 0.01) is None
    limit = threshold_at(list(range(1000)), 0.01)
    assert limit is not None
    assert sum(mark > limit for mark in range(1000)) == 10


def test_a_rising_line_is_read_between_its_points() -> None:
    knots = [(-100, 0), (0, 500), (10, 900)]
    values = [between(knots, mark) for mark in range(-200, 200)]
    assert values == sorted(values)
    assert (values[0], values[200], values[-1]) == (0, 500, 900)


def test_evaluation_counts_what_it_read() -> None:
    messages = [
        Message("请把钱转到国家安全账户，不要告诉家人", "fraud", "authority", voice="a"),
        Message("晚上一起吃饭吧，我在老地方等你", "benign", "family", voice="b"),
        Message("123456", "benign", "otp", voice="b"),
    ]
    found = evaluate(reader(), messages, attacks=True)
    whole = found.groups[0]
    assert (whole.texts, whole.recall.of, whole.false_alarms.of) == (3, 1, 2)
    assert whole.recall.count == 1
    assert whole.false_alarms.count == 0
    assert {group.name for group in found.groups} >= {"language zh", "source a", "benign otp"}
    assert set(found.attacks) == {
        f"{language} {name}"
        for language in LANGUAGES
        for name in (*ATTACKS[language], "split over two messages")
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_an_attack_spells_is_read_as_before(language: str) -> None:
    text = {"zh": "请您马上把五百块转账到安全账户", "en": "please send the gift card code now"}
    plain = normalize(text[language]).text
    for name, attack in ATTACKS[language].items():
        if name in ("pinyin", "padding", "chatter", "numerals", "variants", "leet"):
            continue
        assert normalize(attack(text[language], random.Random(1))).text == plain, name


def test_halves_are_the_whole() -> None:
    for text in ("", "a", "ab", "你好，请转账。谢谢", "one two three four"):
        assert "".join(halves(text)) == text


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b'{"text": "a", "label": "fraud"}\n{"text": 5}\n', "2"),
        (b"nonsense\n", "1"),
        (b'{"label": "fraud"}\n', "1"),
        (b'\xff\xfe{"text"\n', "1"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, content: bytes, line: str) -> None:
    path = tmp_path / "wrong.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        list(read_messages(path))
    assert caught.value.args_for_sentence["path"] == str(path)
    assert caught.value.args_for_sentence["reason"].startswith(f"{line}: ")


def test_the_corpus_is_as_its_datasheet_says() -> None:
    import importlib.util

    spec = importlib.util.spec_from_file_location("measure", ROOT / "corpus/measure.py")
    assert spec is not None
    assert spec.loader is not None
    measure = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(measure)
    found = measure.rows()
    for language in LANGUAGES:
        own = [row for row in found if row["lang"] == language]
        fraud = sum(row["label"] == "fraud" for row in own)
        assert 0.40 <= fraud / len(own) <= 0.50
        assert measure.near_duplicates([row["text"] for row in own]) < 0.01 * len(own)
        test = {row["voice"] for row in own if row["split"] == "test"}
        assert test
        assert not test & {row["voice"] for row in own if row["split"] == "train"}
    assert all(row.get("second", row["label"]) == row["label"] for row in found)
    hosts = [word for row in found for word in json.dumps(row).split() if "http" in word]
    assert all(any(end in host for end in (".example", ".test", ".invalid")) for host in hosts)
