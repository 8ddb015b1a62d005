"""Classes of words that stand among the same neighbours, so that a word seen seldom is not strange.

Words are vectors of positive pointwise mutual information with the words around them, made short
by singular values (Levy & Goldberg 2014), and classes the clusters of these vectors. Labels play no
part. Needs the extra `train`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.linalg import svds
from sklearn.cluster import KMeans

from cityshield.guards.messages.features import CLASS_MASK

CLASSES = 250
"""So many that a class takes one byte; class zero is that of what has none."""
FEWEST_TIMES, NEIGHBOURS = 8, 8000
"""How often a word stands in the texts at least, and how many words count as neighbours."""
REACH, DIMENSIONS, SMOOTHING = 4, 100, 0.75
_ROUNDS = 30


def learn_classes(texts: Sequence[Sequence[int]]) -> dict[int, int]:
    """The class of each token that is not rare, by the end of its hash, from texts of hashes."""
    if not texts:
        return {}
    hashes, counts = np.unique(
        np.concatenate([np.array(text) for text in texts]), return_counts=True
    )
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] >= FEWEST_TIMES]
    words, counts = hashes[order], counts[order]
    if len(words) <= max(CLASSES, DIMENSIONS):
        return {}
    rank = {int(word): place for place, word in enumerate(words)}
    together = _together([np.array([rank.get(word, -1) for word in text]) for text in texts])
    vectors = _vectors(together, len(words))
    clusters = KMeans(CLASSES, n_init=1, max_iter=_ROUNDS, random_state=0)
    found = clusters.fit(vectors, sample_weight=np.sqrt(counts)).labels_
    classes: dict[int, int] = {}
    for word, number in zip(words.tolist(), found.tolist(), strict=True):
        classes.setdefault(word & CLASS_MASK, number + 1)  # of two that end alike the frequent one
    return classes


def _together(texts: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Words, neighbours and weights of all pairs; next before, next after and farther are apart."""
    words, neighbours, weights = [], [], []
    for distance in range(1, REACH + 1):
        before = np.concatenate([text[:-distance] for text in texts])
        after = np.concatenate([text[distance:] for text in texts])
        for side, (word, neighbour) in enumerate(((after, before), (before, after))):
            both = (word >= 0) & (neighbour >= 0) & (neighbour < NEIGHBOURS)
            words.append(word[both])
            neighbours.append(neighbour[both] + NEIGHBOURS * (side if distance == 1 else 2))
            weights.append(np.full(both.sum(), 1 / distance))
    return np.concatenate(words), np.concatenate(neighbours), np.concatenate(weights)


def _vectors(together: tuple[np.ndarray, np.ndarray, np.ndarray], words: int) -> np.ndarray:
    """A short vector of length one for each word."""
    rows, columns, weights = together
    shape = (words, 3 * NEIGHBOURS)
    found = sparse.coo_matrix((weights, (rows, columns)), shape=shape).tocsr().tocoo()
    total = found.sum()
    of_word = np.asarray(found.sum(1)).ravel()
    of_neighbour = np.asarray(found.sum(0)).ravel() ** SMOOTHING
    of_neighbour *= total / of_neighbour.sum()
    information = np.log(found.data * total / (of_word[found.row] * of_neighbour[found.col]))
    more = information > 0
    positive = sparse.csr_matrix(
        (information[more], (found.row[more], found.col[more])), shape=shape
    )
    left, values, _ = svds(positive, k=DIMENSIONS, random_state=0)
    vectors = left * np.sqrt(values)
    return np.asarray(vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9))
