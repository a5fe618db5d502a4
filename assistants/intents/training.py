"""Learning the weights: a logistic regression over vector and hashed words, held down lest it learns by heart.

How well it does on sentences that it has not seen is measured with whole families left out: what is asked of one has
other words than what the others taught. The same measurement calibrates the score.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistants.intents.features import HASHED, clip
from assistants.intents.sentences import Sentence, fingerprint, read_sentences
from assistants.intents.variation import vary
from assistants.intents.weights import DIMENSIONS, HASHED_SCALE, KINDS, Floats, Weights, place_words, softmax

STIFFNESS = 1.0  # how strongly weights are held near zero, against the mean loss of all sentences times their number
STEPS = 250
FOLDS = 5

Embed = Callable[[Sequence[str]], Floats]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lesson:
    """Sentences as numbers: vectors, and the hashed places of all in one row with where each sentence's begin."""

    vectors: Floats
    places: NDArray[np.intp]
    owners: NDArray[np.intp]
    shares: Doubles
    kinds: NDArray[np.intp]
    families: NDArray[np.str_]
    original: NDArray[np.bool_]

    def pick(self, chosen: NDArray[np.bool_]) -> Lesson:
        numbers = np.cumsum(chosen) - 1
        kept = chosen[self.owners]
        return Lesson(
            self.vectors[chosen],
            self.places[kept],
            numbers[self.owners[kept]],
            self.shares[kept],
            self.kinds[chosen],
            self.families[chosen],
            self.original[chosen],
        )

    def sums(self, table: Doubles) -> Doubles:
        """What the weights (vector, hashed, bias, one below the other) say of each sentence."""
        made = self.vectors @ table[:DIMENSIONS] + table[-1]
        hashed = table[DIMENSIONS:-1]
        for kind in range(len(KINDS)):
            made[:, kind] += np.bincount(
                self.owners, hashed[self.places, kind] * self.shares, minlength=len(self.kinds)
            )
        return np.asarray(made)

    def gradient(self, excess: Doubles) -> Doubles:
        hashed = np.column_stack(
            [np.bincount(self.places, excess[self.owners, kind] * self.shares, minlength=HASHED) for kind in range(3)]
        )
        return np.vstack([self.vectors.T @ excess, hashed, excess.sum(axis=0)])


@dataclass(frozen=True, slots=True)
class Trained:
    """The weights, and how well such do on families that they were not learnt from."""

    weights: Weights
    sentences: int
    accuracy: float
    crossed: float
    by_family: dict[str, float]


def train(embed: Embed) -> Trained:
    """Learn from all sentences, each also in another manner of writing. ``embed`` answers vectors of length 1."""
    sentences = read_sentences()
    lesson = prepare(sentences, embed)
    unseen = _leave_out(lesson)
    sharpness = _calibrate(unseen[lesson.original], lesson.kinds[lesson.original])
    table = fit(lesson)
    said = unseen.argmax(axis=1)
    right = said == lesson.kinds
    none = KINDS.index("none")
    crossed = ~right & (said != none) & (lesson.kinds != none)
    by_family = {
        str(family): round(float(right[lesson.original & (lesson.families == family)].mean()), 3)
        for family in np.unique(lesson.families)
    }
    return Trained(
        Weights(
            vector=table[:DIMENSIONS].astype(np.float32),
            hashed=table[DIMENSIONS:-1].astype(np.float32),
            bias=table[-1].astype(np.float32),
            sharpness=sharpness,
            fingerprint=fingerprint(),
        ),
        sentences=len(sentences),
        accuracy=round(float(np.mean(list(by_family.values()))), 4),
        crossed=round(float(crossed[lesson.original].mean()), 4),
        by_family=by_family,
    )


def prepare(sentences: Sequence[Sentence], embed: Embed) -> Lesson:
    """Each sentence as it is and once otherwise written, as numbers."""
    varied = [vary(each.text, language=each.language, greet=each.kind != "none") for each in sentences]
    texts = [clip(text) or "." for text in itertools.chain((each.text for each in sentences), varied)]
    placed = [place_words(text) for text in texts]
    counts = np.array([len(places) for places in placed])
    return Lesson(
        vectors=embed(texts),
        places=np.fromiter(itertools.chain.from_iterable(placed), dtype=np.intp),
        owners=np.repeat(np.arange(len(texts)), counts),
        shares=np.repeat(HASHED_SCALE / np.sqrt(np.maximum(counts, 1)), counts),
        kinds=np.array([KINDS.index(each.kind) for each in sentences] * 2),
        families=np.array([f"{each.kind}/{each.family}" for each in sentences] * 2),
        original=np.arange(len(texts)) < len(sentences),
    )


def fit(lesson: Lesson) -> Doubles:
    """The weights of least loss; each kind counts as much as the others, however many sentences it has."""
    counts = np.bincount(lesson.kinds, minlength=len(KINDS))
    worth = (len(lesson.kinds) / (len(KINDS) * np.maximum(counts, 1)))[lesson.kinds]
    wanted = np.eye(len(KINDS))[lesson.kinds]
    held = np.full((DIMENSIONS + HASHED + 1, 1), STIFFNESS)
    held[-1] = 0

    def loss(flat: Doubles) -> tuple[float, Doubles]:
        table = flat.reshape(-1, len(KINDS))
        sums = lesson.sums(table)
        sums -= sums.max(axis=1, keepdims=True)
        powers = np.exp(sums)
        totals = powers.sum(axis=1, keepdims=True)
        lost = (worth * (np.log(totals[:, 0]) - (sums * wanted).sum(axis=1))).sum()
        excess = (powers / totals - wanted) * worth[:, None]
        return float(lost + (held * table**2).sum() / 2), (lesson.gradient(excess) + held * table).ravel()

    return _minimise(loss, np.zeros((DIMENSIONS + HASHED + 1) * len(KINDS))).reshape(-1, len(KINDS))


def _leave_out(lesson: Lesson) -> Doubles:
    """The sums of every sentence by weights that were learnt without its family."""
    folds: dict[str, int] = {}
    for kind in KINDS:
        families = sorted({str(family) for family in lesson.families if str(family).startswith(f"{kind}/")})
        random.Random(1).shuffle(families)  # noqa: S311  (no secret)
        folds |= {family: number % FOLDS for number, family in enumerate(families)}
    fold = np.array([folds[str(family)] for family in lesson.families])
    unseen = np.zeros((len(lesson.kinds), len(KINDS)))
    for number in range(FOLDS):
        unseen[fold == number] = lesson.pick(fold == number).sums(fit(lesson.pick(fold != number)))
    return unseen


def _calibrate(sums: Doubles, kinds: NDArray[np.intp]) -> float:
    """The sharpness under which the right kinds of sentences not seen are the likeliest."""

    def surprise(sharpness: float) -> float:
        chances = softmax(np.asarray(sums * sharpness, dtype=np.float32))
        return float(-np.log(np.maximum(chances[np.arange(len(kinds)), kinds], 1e-9)).mean())

    return min((step / 20 for step in range(4, 60)), key=surprise)


def _minimise(loss: Callable[[Doubles], tuple[float, Doubles]], start: Doubles, memory: int = 10) -> Doubles:
    """Limited-memory BFGS (Nocedal and Wright, Numerical Optimization, 7.4) with a halving line search."""
    at = start
    value, slope = loss(at)
    past: list[tuple[Doubles, Doubles]] = []
    for _ in range(STEPS):
        way = slope.copy()
        shares = []
        for step, bend in reversed(past):
            share = float(step @ way / (step @ bend))
            shares.append(share)
            way -= share * bend
        if past:
            step, bend = past[-1]
            way *= float(step @ bend / (bend @ bend))
        for (step, bend), share in zip(past, reversed(shares), strict=True):
            way += step * (share - float(bend @ way / (step @ bend)))
        length = 1.0 if past else 1.0 / float(np.linalg.norm(slope))
        falls = float(slope @ way)
        while True:
            there = at - length * way
            new_value, new_slope = loss(there)
            if new_value <= value - 1e-4 * length * falls or length < 1e-8:
                break
            length /= 2
        step, bend = there - at, new_slope - slope
        if step @ bend > 1e-10:
            past = [*past[-memory + 1 :], (step, bend)]
        done = value - new_value < 1e-5 * max(1.0, abs(value)) and length == 1.0
        at, value, slope = there, new_value, new_slope
        if done or length < 1e-8:
            break
    return at
