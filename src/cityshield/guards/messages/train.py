"""Training of the model, reproducible to the byte; needs the extra `train`.

Logistic regression over hashed n-grams, tells and signs of disguise, one for each language, in one
table of 8-bit weights. A rare n-gram counts for more (inverse document frequency to the power
IDF_POWER), and so does one that leans to a class (its log-count ratio to the power LEAN_POWER,
after Wang & Manning 2012); a long text counts for less (its number of tokens to the power
NORM_POWER). English words have classes, learnt from all texts without their labels. The
BUCKETS_KEPT that weigh most are fitted once more without the others. Thresholds and calibration
come from predictions for voices that a model did not read (cross-validation by voice); the powers
and the penalty were chosen by such predictions too.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
import scipy.sparse as sparse
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from cityshield.guards.messages.classes import learn_classes
from cityshield.guards.messages.corpus import FRAUD, Message
from cityshield.guards.messages.evasion import ATTACKS
from cityshield.guards.messages.features import (
    BUCKET_BITS,
    EN,
    LANGUAGES,
    ZH,
    Tokens,
    buckets,
    classes_of,
    tokenize,
)
from cityshield.guards.messages.fold import Fold
from cityshield.guards.messages.model import (
    NORM_SHIFT,
    TYPE_BITS,
    Model,
    Settings,
    load_model,
    marks_of,
    write_places,
)
from cityshield.guards.messages.normal import normalize
from cityshield.guards.messages.reader import SIGNS, Tells, TellTable, signs_of

IDF_POWER, LEAN_POWER, PENALTY = (3.0, 2.5), 0.3, 0.025
NORM_POWER = (0.3, 0.5)
LARGEST_NORM = 512
BUCKETS_KEPT = (320_000, 220_000)
LEVELS = np.array([0, 1, 3, 6, 10, 17, 28, 46, 76, 127])
"""The sizes that a weight may have: ten take half of the room of 128, at hardly any loss."""
TYPE_ROWS_KEPT, TYPE_IDF_POWER, TYPE_PENALTIES = 8_000, 1.25, (0.3, 0.03)
TYPE_NORM_POWER = 0.5
FEWEST_TEXTS, FEWEST_PUBLIC = 3, 5
FOLDS = 4
EXTRA_SCALE = 4.0
"""How much less a tell or a sign is held back than an n-gram."""
PUBLIC_WEIGHT, ATTACKED_WEIGHT = (0.02, 0.01), 0.5
ATTACKED_KINDS = {
    "zh": ("pinyin", "pinyin", "padding", "chatter"),
    "en": ("leet", "padding", "padding", "chatter"),
}
PUBLIC_TALK, PUBLIC_TALK_WEIGHT = ("nus_zh", "nus_en"), 8.0
"""What people really sent one another, which is rarely fraud."""
EXAMPLES_WEIGHT = 3.0
_WEIGHTS = {"": 1.0, "examples": EXAMPLES_WEIGHT}
_OWN = frozenset(_WEIGHTS)
FALSE_ALARMS = ((0.0060, 0.0001), (0.0080, 0.0001))
"""The shares of benign texts from the corpus that may be suspicious, and malicious, by language."""

WINDOW_COST = (2500, 700)
"""Marks by which a window must outweigh the whole, and more for each doubling of the text: with
less, more padded fraud is found, and more long honest texts are called suspicious."""
ORDINARY_MISSED = 0.005
"""The share of fraud that may look like everyday life."""
CALIBRATION_BINS = 16


class Trained(NamedTuple):
    """The sections of a pack that training makes."""

    model: bytes
    types: bytes
    classes: bytes
    settings: bytes


class Row(NamedTuple):
    """A text made ready: tokens, tells and signs, with its label and weight; buckets come later."""

    message: Message
    language: int
    tokens: Tokens
    buckets: list[int]
    size: int
    tells: list[str]
    signs: list[str]
    fraud: bool
    weight: float


def prepare(
    messages: Iterable[Message],
    fold: Fold,
    table: TellTable,
    *,
    attacked: bool,
    progress: Callable[[], None] = lambda: None,
) -> list[Row]:
    """Rows for messages, those of the corpus once more as an attack would spell them."""
    tells = Tells(table)
    link = re.compile(table.patterns.entities["link"])
    rng = random.Random("attacked")  # noqa: S311
    rows = []
    for message in messages:
        own = not message.source
        rows.append(_row(message, message.text, fold, tells, link))
        if attacked and own and rows[-1].size > 8:
            language = LANGUAGES[rows[-1].language]
            attack = ATTACKS[language][rng.choice(ATTACKED_KINDS[language])]
            spelt = _row(message, attack(message.text, rng), fold, tells, link)
            rows.append(spelt._replace(weight=ATTACKED_WEIGHT))
        progress()
    return rows


def _weight(message: Message, language: int) -> float:
    """What a text counts for in training; public sets count by the language of the text."""
    if message.source in _WEIGHTS:
        return _WEIGHTS[message.source]
    if message.source in PUBLIC_TALK:
        return PUBLIC_TALK_WEIGHT
    return PUBLIC_WEIGHT[language]


def _row(message: Message, text: str, fold: Fold, tells: Tells, link: Any) -> Row:
    normal = normalize(text[:2000], fold)
    tokens = tokenize(normal.text, [match.span() for match in link.finditer(normal.text)], {})
    return Row(
        message,
        tokens.language,
        tokens,
        [],
        len(tokens.hashes),
        [name for name, _ in tells.find(normal)],
        signs_of(normal),
        message.label == FRAUD,
        _weight(message, tokens.language),
    )


def train(rows: Sequence[Row], tells: Sequence[str], say: Callable[[str], None]) -> Trained:
    """Train, choose thresholds, calibrate; the same rows give the same bytes."""
    with threadpool_limits(limits=1):
        return _train(rows, list(tells), say)


class _Linear(NamedTuple):
    """A model of one language before it is made of integers."""

    weights: np.ndarray
    extras: np.ndarray
    bias: float


def _train(rows: Sequence[Row], tells: list[str], say: Callable[[str], None]) -> Trained:
    names = [*tells, *SIGNS]
    known = [row for row in rows if row.language == EN and row.weight == 1.0]
    classes = learn_classes([row.tokens.hashes for row in known])
    rows = [_counted(row, classes) for row in rows]
    words = sorted(classes)
    class_section = write_places(words) + bytes(classes[word] for word in words)
    typed = [row for row in rows if row.fraud and row.message.type and row.message.source in _OWN]
    types = sorted({row.message.type for row in typed})
    type_section = _fit_types(typed, types)
    unseen = _cross_validate(rows, names, types, (type_section, class_section), say)
    linear = [_fit(_of(rows, language), names, language) for language in (ZH, EN)]
    weights, draft = _quantise(linear, names, types)
    settings = _calibrate(draft, unseen, say)
    return Trained(weights, type_section, class_section, msgspec.json.encode(settings))


def _counted(row: Row, classes: dict[int, int]) -> Row:
    """A row with the classes and the buckets of its tokens."""
    tokens = row.tokens
    if row.language == EN:
        tokens = tokens._replace(classes=classes_of(tokens.hashes, classes))
    return row._replace(tokens=tokens, buckets=buckets(tokens, 0, row.size))


def _of(rows: Sequence[Row], language: int) -> list[Row]:
    return [row for row in rows if row.language == language]


class _Unseen(NamedTuple):
    """Marks of texts by models that did not read their voice, by language."""

    marks: list[np.ndarray]
    fraud: list[np.ndarray]


def _cross_validate(
    rows: Sequence[Row],
    names: list[str],
    types: list[str],
    others: tuple[bytes, bytes],
    say: Callable[[str], None],
) -> _Unseen:
    marks: list[np.ndarray] = []
    fraud: list[np.ndarray] = []
    for language in (ZH, EN):
        some = _of(rows, language)
        voices = sorted({row.message.voice for row in some if not row.message.source})
        found: list[int] = []
        truth: list[bool] = []
        for number in range(FOLDS):
            left_out = set(voices[number::FOLDS])
            linear = _fit(
                [row for row in some if row.message.voice not in left_out], names, language
            )
            weights, settings = _quantise([linear, linear], names, types)
            model = load_model(weights, *others, settings)
            held = [r for r in some if r.message.voice in left_out and r.weight == 1.0]
            found += [_marks(model, row) for row in held]
            truth += [row.fraud for row in held]
            say(f"{LANGUAGES[language]}: fold {number + 1} of {FOLDS}, {len(held)} texts unseen")
        marks.append(np.array(found))
        fraud.append(np.array(truth))
    return _Unseen(marks, fraud)


def _marks(model: Model, row: Row) -> int:
    settings = model.settings
    own, _, _ = marks_of(model, row.tokens)
    own += settings.bias[row.language]
    own += sum([settings.tells.get(name, 0) for name in row.tells])
    return own + sum([settings.signs.get(name, 0) for name in row.signs])


def _matrix(rows: Sequence[Row], power: float, bits: int = BUCKET_BITS) -> sparse.csr_matrix:
    """Counts of the buckets, of which so many bits are taken, less for longer texts."""
    mask = (1 << bits) - 1
    starts = np.zeros(len(rows) + 1, np.int64)
    starts[1:] = np.cumsum([len(row.buckets) for row in rows])
    columns = np.fromiter((b & mask for row in rows for b in row.buckets), np.int32, starts[-1])
    found = sparse.csr_matrix(
        (np.ones(len(columns), np.float64), columns, starts), shape=(len(rows), mask + 1)
    )
    found.sum_duplicates()
    sizes = np.minimum([row.size for row in rows], LARGEST_NORM - 1)
    return sparse.diags(_norm(sizes, power)) @ found


def _norm(sizes: Any, power: float) -> np.ndarray:
    return np.asarray((np.maximum(np.asarray(sizes, np.float64), 3) / 40) ** -power)


def _extras(rows: Sequence[Row], names: list[str]) -> sparse.csr_matrix:
    number = {name: place for place, name in enumerate(names)}
    found = sparse.lil_matrix((len(rows), len(names)))
    for place, row in enumerate(rows):
        for name in (*row.tells, *row.signs):
            found[place, number[name]] = 1.0
    return found.tocsr()


def _fit(rows: Sequence[Row], names: list[str], language: int) -> _Linear:
    grams = _matrix(rows, NORM_POWER[language])
    fraud = np.array([row.fraud for row in rows])
    weight = np.array([row.weight for row in rows])
    own = np.array([row.message.source in _OWN for row in rows])
    frequency, public = _texts_with(grams[own]), _texts_with(grams[~own])
    known = np.flatnonzero((frequency >= FEWEST_TEXTS) | (public >= FEWEST_PUBLIC))
    frequency, fraudulent = frequency[known], _texts_with(grams[own & fraud])[known]
    seen = frequency + public[known] * PUBLIC_WEIGHT[language]
    scale = _rarity(own.sum() / np.maximum(frequency, 1)) ** IDF_POWER[language]
    scale *= np.abs(_lean(fraudulent, frequency, fraud[own])) ** LEAN_POWER
    extras = _extras(rows, names) * EXTRA_SCALE

    def fit(places: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        used = grams[:, known[places]] @ sparse.diags(scale[places])
        regression = LogisticRegression(C=PENALTY, max_iter=200, tol=1e-4)
        fitted = regression.fit(sparse.hstack([used, extras]).tocsr(), fraud, weight)
        found = fitted.coef_[0]
        return found[: len(places)] * scale[places], found[len(places) :], fitted.intercept_[0]

    places = np.arange(len(known))
    found, of_extras, bias = fit(places)
    if len(known) > BUCKETS_KEPT[language]:
        places = _heaviest(np.abs(found), seen, BUCKETS_KEPT[language])
        found, of_extras, bias = fit(places)
    weights = np.zeros(1 << BUCKET_BITS)
    weights[known[places]] = found
    return _Linear(weights, of_extras * EXTRA_SCALE, float(bias))


def _texts_with(grams: sparse.csr_matrix) -> np.ndarray:
    """In how many texts each bucket is."""
    return np.bincount(grams.indices, minlength=grams.shape[1])


def _rarity(texts_for_one: np.ndarray) -> np.ndarray:
    """Inverse document frequency: of how many texts one has the bucket, in logarithms."""
    return np.asarray(np.log(texts_for_one) / 4 + 0.25)


def _heaviest(weights: np.ndarray, frequency: np.ndarray, count: int) -> np.ndarray:
    """The places, in order, of so many that weigh most, the frequent ones before the rare."""
    rank = weights * np.sqrt(frequency)
    return np.sort(np.argsort(-rank, kind="stable")[:count])


def _lean(fraudulent: np.ndarray, frequency: np.ndarray, fraud: np.ndarray) -> np.ndarray:
    """The log of how much more often a bucket is in fraud than in honest texts, one text added."""
    of_fraud = (fraudulent + 1) / (fraud.sum() + 2)
    of_honest = (frequency - fraudulent + 1) / ((~fraud).sum() + 2)
    return np.asarray(np.log(of_fraud) - np.log(of_honest))


def _quantise(
    linear: Sequence[_Linear], names: list[str], types: list[str]
) -> tuple[bytes, Settings]:
    """The section of weights, and settings without thresholds, in integers.

    The languages share the table, which is large, for what falls on a weight that is not its own is
    noise: 2**20 buckets, a quarter of them in use, cost a tenth of the recall. Where both languages
    have a bucket, which is rare, the larger weight stays.
    """
    table = np.zeros(1 << BUCKET_BITS, np.int64)
    norms = []
    for language, model in enumerate(linear):
        used = np.abs(model.weights[model.weights != 0])
        scale = 127 / np.quantile(used, 0.9995) if len(used) else 1.0
        own = _coarse(model.weights * scale)
        table = np.where(np.abs(own) > np.abs(table), own, table)
        factor = 1000 * (1 << NORM_SHIFT) / scale
        powers = _norm(np.arange(LARGEST_NORM), NORM_POWER[language])
        norms.append([round(factor * value) for value in powers])
    used_places = np.flatnonzero(table)
    section = write_places(used_places.tolist()) + table[used_places].astype(np.int8).tobytes()
    extras = {
        name: round(1000 * sum(model.extras[place] for model in linear) / len(linear))
        for place, name in enumerate(names)
    }
    flat = [(0, 0), (1, 1000)]
    settings = Settings(
        norms=(norms[0], norms[1]),
        bias=(round(1000 * linear[0].bias), round(1000 * linear[1].bias)),
        window_cost=WINDOW_COST,
        signs={name: extras[name] for name in SIGNS},
        tells={name: extras[name] for name in names if name not in SIGNS},
        knots=(flat, flat),
        chances=(flat, flat),
        ordinary=(0, 0),
        types=types,
    )
    return section, settings


def _coarse(weights: np.ndarray) -> np.ndarray:
    """Each weight with its sign and the nearest of LEVELS."""
    nearest = np.searchsorted((LEVELS[1:] + LEVELS[:-1]) / 2, np.abs(weights))
    return np.asarray(np.sign(weights) * LEVELS[nearest], np.int64)


def _calibrate(draft: Settings, unseen: _Unseen, say: Callable[[str], None]) -> Settings:
    """Thresholds and the table of probabilities, from texts of voices that were not read."""
    knots, chances, ordinary = [], [], []
    for language in (ZH, EN):
        marks, fraud = unseen.marks[language], unseen.fraud[language]
        benign = np.sort(marks[~fraud])
        alarms = FALSE_ALARMS[language]
        suspicious, malicious = (int(np.quantile(benign, 1 - share)) for share in alarms)
        malicious = max(malicious, suspicious + 1000)
        lowest = int(np.quantile(marks[fraud], ORDINARY_MISSED))
        ordinary.append(min(lowest, suspicious - 1000))
        knots.append(
            [(suspicious - 5000, 0), (suspicious, 500), (malicious, 900), (malicious + 4000, 1000)]
        )
        chances.append(_chances(marks, fraud))
        recall = np.mean(marks[fraud] >= suspicious)
        say(
            f"{LANGUAGES[language]}: {len(marks)} unseen texts, at {alarms[0]:.2%} false "
            f"alarms {recall:.1%} of fraud is suspicious, {np.mean(marks[fraud] >= malicious):.1%} "
            f"malicious, {np.mean(benign < ordinary[-1]):.1%} of benign is ordinary"
        )
    return msgspec.structs.replace(
        draft,
        knots=(knots[0], knots[1]),
        chances=(chances[0], chances[1]),
        ordinary=(ordinary[0], ordinary[1]),
    )


def _chances(marks: np.ndarray, fraud: np.ndarray) -> list[tuple[int, int]]:
    """The share of fraud by marks, rising, at the means of equally filled bins."""
    order = np.argsort(marks, kind="stable")
    points: list[tuple[int, int]] = []
    rising = IsotonicRegression(out_of_bounds="clip").fit(marks, fraud)
    for part in np.array_split(order, CALIBRATION_BINS):
        place = int(np.mean(marks[part]))
        value = round(1000 * float(np.mean(rising.predict(marks[part]))))
        if not points or place > points[-1][0]:
            points.append((place, min(max(value, 5), 995)))
    return points


def _fit_types(rows: Sequence[Row], types: list[str]) -> bytes:
    """The section of rows that name a type: one regression over coarse buckets, fitted twice."""
    grams = _matrix(rows, TYPE_NORM_POWER, TYPE_BITS)
    frequency = _texts_with(grams)
    known = np.flatnonzero(frequency >= FEWEST_TEXTS)
    idf = _rarity(len(rows) / frequency[known]) ** TYPE_IDF_POWER
    truth = np.array([types.index(row.message.type) for row in rows])
    weight = np.array([row.weight for row in rows])

    def fit(places: np.ndarray, penalty: float) -> np.ndarray:
        used = grams[:, known[places]] @ sparse.diags(idf[places])
        fitted = LogisticRegression(C=penalty, max_iter=100, tol=1e-3).fit(used, truth, weight)
        return np.asarray(fitted.coef_ * idf[places])

    weights = fit(np.arange(len(known)), TYPE_PENALTIES[0])
    best = _heaviest(np.abs(weights).max(0), frequency[known], TYPE_ROWS_KEPT)
    weights = fit(best, TYPE_PENALTIES[1])
    scale = 127 / np.quantile(np.abs(weights), 0.9995)
    table = _coarse(weights * scale).astype(np.int8)
    return write_places(known[best].tolist()) + bytes(table.T.tobytes())
