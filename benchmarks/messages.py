"""Messages: quality beside its peers on kept-out voices and a source never trained on, and time."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.data import data_folder
from benchmarks.measure import ROOT, Bar, Bench, Row
from cityshield.adapters.packs.shelf import SHIPPED_PACK, read_shipped
from cityshield.guards.messages.corpus import (
    FRAUD,
    Message,
    read_corpus,
    read_messages,
    read_public,
)
from cityshield.guards.messages.evaluate import evaluate, share
from cityshield.guards.messages.reader import MALICIOUS, SUSPICIOUS, Reader

READER_JS = ROOT / "src/cityshield/entrypoints/pages/static/reader.js"
LANGUAGES = ("zh", "en")
EVERYDAY = ("chat", "family", "health", "school", "travel", "work")
_MOST_BURIED = 20_000
"""Honest messages that a figure reads, at the most."""
Scores = Callable[[Sequence[Message], Sequence[Message]], list[float] | None]


def at_least(value: float, words: str) -> Bar:
    return Bar(">=", value, words=f">= {words}")


def at_most(value: float, words: str) -> Bar:
    return Bar("<=", value, words=f"<= {words}")


def measure(bench: Bench) -> Iterator[Row]:
    """Every figure of the guard of messages."""
    reader = Reader(read_shipped().sections)
    corpus = read_corpus(ROOT / "corpus")
    test = [message for message in corpus if message.split == "test"]
    known = [message for message in corpus if message.split != "test"]
    yield from _quality(reader, test)
    yield from _peers(known, test)
    yield from _public(reader)
    yield from _attacks(reader, test)
    yield from _buried(reader, test)
    yield from _time(reader)
    size = SHIPPED_PACK.stat().st_size
    yield Row("pack, compressed", size / 1000, "kB", bar=at_most(1000, "1,000 kB"))


def _quality(reader: Reader, test: Sequence[Message]) -> Iterator[Row]:
    found = evaluate(reader, test, mistakes=0)
    groups = {group.name: group for group in found.groups}
    for language in LANGUAGES:
        group = groups[f"language {language}"]
        at = group.recall_at.get("1.0%")
        if at:
            yield Row(
                f"{language}, kept-out voices: recall at 1 % false alarms",
                at.share, note=_interval(at), bar=at_least(0.80, "0.80"),
            )  # fmt: skip
        recall, alarms = group.recall, group.false_alarms
        yield Row(
            f"{language}, kept-out voices: recall at the shipped threshold",
            recall.share, note=_interval(recall), bar=at_least(0.75, "0.75"),
        )  # fmt: skip
        yield Row(
            f"{language}, kept-out voices: false alarms at the shipped threshold",
            alarms.share, note=_interval(alarms), bar=at_most(0.03, "3 %"),
        )  # fmt: skip
        yield Row(
            f"{language}, kept-out voices: benign shown as malicious",
            group.loud.share, note=_interval(group.loud), bar=at_most(0.003, "0.3 %"),
        )  # fmt: skip
        yield Row(
            f"{language}, kept-out voices: fraud shown as benign",
            group.missed.share, note=_interval(group.missed),
        )  # fmt: skip
    yield Row(
        "calibration error on kept-out voices",
        groups["all"].calibration_error,
        bar=at_most(0.06, "0.06"),
    )
    yield Row("type of fraud, macro-F1", found.types_f1, bar=at_least(0.70, "0.70"))
    kinds = ("otp", "bank", "courier", "police")
    notices = [message for message in test if message.label != FRAUD and message.type in kinds]
    read = [reader.read(message.text) for message in notices]
    alarms = share(sum(r.score >= SUSPICIOUS for r in read), len(read))
    yield Row(
        "codes, bank, courier and police notices: suspicious",
        alarms.share, note=_interval(alarms), bar=at_most(0.02, "2 %"),
    )  # fmt: skip
    loud = sum(r.score >= MALICIOUS for r in read)
    yield Row("codes, bank, courier and police notices: malicious", loud, bar=at_most(0, "0"))


def _peers(known: Sequence[Message], test: Sequence[Message]) -> Iterator[Row]:
    """Recall at 1 % false alarms of others, trained on the same messages."""
    peers: dict[str, Scores] = {
        "tells only": _tells_only,
        "public-data n-gram model": _public_model,
        "fastText, supervised": _fasttext,
        "bogofilter": _bogofilter,
    }
    for language in LANGUAGES:
        train = [message for message in known if message.lang == language]
        held = [message for message in test if message.lang == language]
        for name, score in peers.items():
            scores = score(train, held)
            if scores is None:
                yield Row(f"{language}, {name}: recall at 1 % false alarms", note="not installed")
                continue
            benign = sorted(
                (s for s, m in zip(scores, held, strict=True) if m.label != FRAUD), reverse=True
            )
            limit = benign[len(benign) // 100]
            fraud = [s for s, m in zip(scores, held, strict=True) if m.label == FRAUD]
            found = share(sum(s > limit for s in fraud), len(fraud))
            yield Row(
                f"{language}, {name}: recall at 1 % false alarms",
                found.share, note=_interval(found),
            )  # fmt: skip


def _tells_only(train: Sequence[Message], held: Sequence[Message]) -> list[float]:
    reader = Reader(read_shipped().sections)
    return [float(len(reader.tells.find(reader.normalize(m.text)))) for m in held]


def _public_model(train: Sequence[Message], held: Sequence[Message]) -> list[float] | None:
    data = data_folder()
    if data is None:
        return None
    lang = held[0].lang
    rows = [m for m in read_public(data) if m.lang == lang]
    return _n_grams(rows, held)


def _n_grams(train: Sequence[Message], held: Sequence[Message]) -> list[float] | None:
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        return None
    reader = Reader(read_shipped().sections)
    make = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), min_df=2, sublinear_tf=True)
    matrix = make.fit_transform([reader.normalize(m.text).text for m in train])
    model = LogisticRegression(C=10, max_iter=200)
    model.fit(matrix, [m.label == FRAUD for m in train])
    scores = model.decision_function(make.transform([reader.normalize(m.text).text for m in held]))
    return [float(score) for score in scores]


def _fasttext(train: Sequence[Message], held: Sequence[Message]) -> list[float] | None:
    try:
        import fasttext
    except ImportError:
        return None
    reader = Reader(read_shipped().sections)

    def line(message: Message) -> str:
        text = reader.normalize(message.text).text.replace("\n", " ")
        return re.sub(r"([\u3400-\u9fff])", r" \1 ", text)

    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.writelines(f"__label__{m.label} {line(m)}\n" for m in train)
        file.flush()
        model = fasttext.train_supervised(
            file.name, epoch=25, wordNgrams=3, dim=50, minCount=2, thread=1, verbose=0
        )
    found = []
    for message in held:
        chances = {label: chance for chance, label in model.f.predict(line(message), 2, 0.0, "")}
        found.append(chances.get("__label__fraud", 0.0))
    return found


def _bogofilter(train: Sequence[Message], held: Sequence[Message]) -> list[float] | None:
    if shutil.which("bogofilter") is None:
        return None
    reader = Reader(read_shipped().sections)

    def mail(message: Message) -> bytes:
        text = reader.normalize(message.text).text
        spaced = re.sub(r"([\u3400-\u9fff]{1,2})", r" \1 ", text)
        return f"From x\nSubject: x\nContent-Type: text/plain; charset=utf-8\n\n{spaced}\n".encode()

    with tempfile.TemporaryDirectory() as folder:
        for flag, label in (("-s", FRAUD), ("-n", "benign")):
            box = b"\n".join(mail(m) for m in train if m.label == label)
            subprocess.run(["bogofilter", "-d", folder, flag, "-M"], input=box, check=True)
        found = []
        for message in held:
            said = subprocess.run(
                ["bogofilter", "-d", folder, "-T"], input=mail(message), capture_output=True
            ).stdout.split()
            found.append(float(said[1]) if len(said) > 1 else 0.5)
    return found


def _public(reader: Reader) -> Iterator[Row]:
    data = data_folder()
    if data is None:
        yield Row("public sets", note="not measured: no data sets")
        return
    marks: list[int] = []
    for name in ("nus_zh", "nus_en", "crosswoz"):
        held = [m for m in read_public(data, [name]) if m.split == "test"]
        read = [reader.read(message.text) for message in held]
        marks += [-(1 << 30) if r.abstained else r.marks for r in read]
        alarms = share(sum(r.score >= SUSPICIOUS for r in read), len(read))
        yield Row(
            f"{name}, kept-out groups: false alarms", alarms.share,
            note=_interval(alarms), bar=at_most(0.001, "0.1 %"),
        )  # fmt: skip
    for message in read_corpus(ROOT / "corpus"):
        if message.split == "test" and message.label != FRAUD:
            found = reader.read(message.text)
            marks.append(-(1 << 30) if found.abstained else found.marks)
    limit = sorted(marks, reverse=True)[len(marks) // 1000]
    path = data / "messages/evaluate/tft5.jsonl.gz"
    fraud = [m for m in read_messages(path) if m.label == FRAUD]
    caught = share(sum(reader.read(m.text).marks > limit for m in fraud), len(fraud))
    yield Row(
        "tft5 (never trained on): recall at 0.1 % false alarms", caught.share,
        note=f"{_interval(caught)}; threshold from {len(marks):,} kept-out benign texts",
        bar=at_least(0.60, "0.60"),
    )  # fmt: skip


def _attacks(reader: Reader, test: Sequence[Message]) -> Iterator[Row]:
    found = evaluate(reader, test, attacks=True, mistakes=0)
    for name, kept in found.attacks.items():
        yield Row(
            f"attack, recall kept: {name}", kept.share, note=_interval(kept),
            bar=at_least(0.90, "0.90"),
        )  # fmt: skip


def _buried(reader: Reader, test: Sequence[Message]) -> Iterator[Row]:
    """Fraud between honest messages of everyday life, as one text; and as many without a fraud."""
    for language in LANGUAGES:
        own = [message for message in test if message.lang == language]
        fraud = [message.text for message in own if message.label == FRAUD]
        fraud = [text for text in fraud if reader.read(text).score >= SUSPICIOUS]
        everyday = [m.text for m in own if m.label != FRAUD and m.type in EVERYDAY]
        for others in (4, 12, 100):
            rng = random.Random(others)
            kept = alarms = 0
            some = rng.sample(fraud, min(len(fraud), _MOST_BURIED // others))
            for text in some:
                around = rng.choices(everyday, k=others)
                place = rng.randrange(others + 1)
                buried = "\n".join([*around[:place], text, *around[place:]])
                kept += reader.read(buried).score >= SUSPICIOUS
                honest = "\n".join([*around, rng.choice(everyday)])
                alarms += reader.read(honest).score >= SUSPICIOUS
            for name, count in (
                (f"fraud among {others} honest messages, recall kept", kept),
                (f"{others + 1} honest messages as one, suspicious", alarms),
            ):
                found = share(count, len(some))
                yield Row(f"{language}, {name}", found.share, note=_interval(found))


def _time(reader: Reader) -> Iterator[Row]:
    rng = random.Random(8)
    texts = [m.text for m in read_corpus(ROOT / "corpus") if 70 <= len(m.text) <= 90]
    texts = rng.sample(texts, min(1000, len(texts)))
    costs = []
    for _ in range(5):
        started = time.process_time()
        for text in texts:
            reader.read(text)
        costs.append((time.process_time() - started) / len(texts) * 1e6)
    yield Row(
        "one message of 80 characters, Python", sorted(costs)[2], "us",
        bar=at_most(2000, "2,000 us"),
    )  # fmt: skip
    node = shutil.which("node")
    if node is None:
        yield Row("one message of 80 characters, JavaScript", note="node is not installed")
        return
    code = """
    import { readFileSync } from "node:fs";
    const { openPack } = await import(process.argv[1]);
    const reader = await openPack(new Uint8Array(readFileSync(process.argv[2])));
    const texts = JSON.parse(readFileSync(0, "utf8"));
    const costs = [];
    for (let round = 0; round < 6; round++) {
      const before = process.cpuUsage();
      for (const text of texts) reader.read(text);
      const used = process.cpuUsage(before);
      costs.push((used.user + used.system) / texts.length);
    }
    console.log(costs.slice(1).sort((a, b) => a - b)[2]);
    """
    with tempfile.TemporaryDirectory() as folder:
        module = Path(folder) / "reader.mjs"
        module.write_bytes(READER_JS.read_bytes())
        done = subprocess.run(
            [node, "--input-type=module", "-e", code, str(module), str(SHIPPED_PACK)],
            input=json.dumps(texts).encode(), capture_output=True, check=True,
        )  # fmt: skip
    yield Row(
        "one message of 80 characters, JavaScript", float(done.stdout), "us",
        bar=at_most(300, "300 us"),
    )  # fmt: skip


def _interval(value: Any) -> str:
    return f"95 %: {value.low:.3f} to {value.high:.3f}, n = {value.of:,}"
