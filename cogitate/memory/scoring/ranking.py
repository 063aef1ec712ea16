"""Which records score highest: a first pass over all of them, a second over those in question.

The first pass goes by float32 cosines. A bound on their rounding says which records could
still be among the best; only these are scored again in float64. What this module does not
know: where vectors and records lie.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cogitate.memory.scoring.score import FLAT, Numbers, Part, Weights, part_of, recency
from cogitate.memory.scoring.segments import Places

RESCORED = 4_096
"""Most records that are scored again in float64; more only tie within rounding."""
ROUNDING = 1e-14
"""More than a few sums and products in float64 can be off, for values of about 1."""
BELOW = 5


@dataclass(frozen=True, kw_only=True)
class Query:
    """What to look for, and among which records."""

    now: float
    """Seconds, by the clock that the last accesses go by."""
    vector: NDArray[Any] | None = None
    """None: only words, importance and recency count."""
    lexical: Mapping[int, float] = field(default_factory=dict)
    """The BM25 score, above 0, of each row that shares a word with the query."""
    weights: Weights = field(default_factory=Weights)
    k: int = 5
    kinds: Collection[str] | None = None
    """Only these, where given; likewise scopes and rows."""
    scopes: Collection[str] | None = None
    rows: Collection[int] | None = None
    hidden: bool = False
    """Whether hidden records are searched, too."""
    below: int = BELOW
    """How many are told of that just missed the cut."""


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A row that was found. Its parts are scaled to 0..1; the cosine is as it is."""

    row: int
    score: float
    dense: float
    lexical: float
    relevance: float
    importance: float
    recency: float
    cosine: float


@dataclass(frozen=True, kw_only=True)
class Found:
    """The best rows, the best first; among equals the newest row."""

    hits: tuple[Scored, ...] = ()
    proven: bool = True
    """False where too many records tie within rounding to score each of them in float64."""
    below: tuple[Scored, ...] = ()
    """Those just below the cut."""


@dataclass(frozen=True, kw_only=True)
class Pool:
    """The records that a query is ranked over, one entry each."""

    rows: Places
    cosines: NDArray[np.float32]
    rounding: float
    """How far a cosine here may be from the exact one; 0 says that the query has no vector."""
    exact: Callable[[Places], Numbers]
    """Gives the exact cosines of some entries."""
    lexical: Numbers
    """The BM25 scores, 0 where no word is shared."""
    matched: Places
    """The entries whose `lexical` is not 0."""
    importance: Numbers
    last_access: Numbers


def rank(query: Query, pool: Pool, decay: float) -> Found:
    """Return the best of a pool that is not empty, with scores exact in float64."""
    weights, count = query.weights, len(pool.rows)
    low, span, sure = _range(pool)
    others = (
        (weights.relevance * (1 - weights.dense), _lexical(pool)),
        (weights.importance, part_of(pool.importance)),
        (weights.recency, part_of(recency(pool.last_access, query.now, decay))),
    )
    meaning = weights.relevance * weights.dense
    rough, margin = _rough(pool, meaning / span if span > 0 else 0.0, others)
    wanted = min(query.k + query.below, count)
    cut = np.partition(rough, count - wanted)[count - wanted] - 2 * margin
    chosen = np.flatnonzero(rough >= cut)
    if len(chosen) > RESCORED:
        chosen, sure = _least(chosen, rough, -1), False
    cosines = pool.exact(chosen)
    dense = (cosines - low) / span if span > 0 else np.zeros(len(chosen))
    lexical, importance, recent = [part.scaled(chosen) for _, part in others]
    score = meaning * dense + others[0][0] * lexical
    score += others[1][0] * importance
    score += others[2][0] * recent
    rows = pool.rows[chosen]
    order = np.lexsort((-rows, -score))[:wanted]
    relevance = weights.dense * dense + (1 - weights.dense) * lexical
    columns = (rows, score, dense, lexical, relevance, importance, recent, cosines)
    hits = tuple(map(_scored, *(column[order].tolist() for column in columns)))
    return Found(hits=hits[: query.k], proven=sure, below=hits[query.k :])


def _scored(row: int, *parts: float) -> Scored:
    score, dense, lexical, relevance, importance, recent, cosine = parts
    return Scored(
        row=row,
        score=score,
        dense=dense,
        lexical=lexical,
        relevance=relevance,
        importance=importance,
        recency=recent,
        cosine=cosine,
    )


def _lexical(pool: Pool) -> Part:
    """Return the part of shared words; what shares none is not looked at."""
    some = pool.lexical[pool.matched]
    if len(some) < len(pool.rows):
        some = np.append(some, 0.0)
    low = float(some.min())
    return Part(pool.lexical, low, float(some.max()) - low)


def _rough(
    pool: Pool, factor: float, others: tuple[tuple[float, Part], ...]
) -> tuple[Numbers, float]:
    """Return the score of every entry up to a constant, and by how much it may be off at most.

    What lies further below the cut than twice that cannot be among the best.
    """
    rough: Numbers = np.multiply(pool.cosines, factor, dtype=np.float64)
    # The cosine's own rounding, and that of adding up in float64, with room to spare.
    margin = factor * (pool.rounding + ROUNDING) + 1e-12
    words = others[0][1].raw
    for share, part in others:
        if not share or part.span <= 0:
            continue
        if part.raw is words:
            rough[pool.matched] += words[pool.matched] / part.span * share
        else:
            # Divided first: a span near the least number there is makes `share / span` infinite.
            rough += part.raw / part.span * share
        greatest = max(abs(part.low), abs(part.low + part.span))
        margin += share * (1e-12 + ROUNDING * greatest / part.span)
    return rough, margin


def _range(pool: Pool) -> tuple[float, float, bool]:
    """Return the least cosine and the span of all, exactly, and whether they are certain."""
    if not pool.rounding:
        return 0.0, 0.0, True
    raw = pool.cosines
    reach = np.float32(2 * pool.rounding + 3e-7)  # what this sum itself may lose included
    lowest = (raw <= raw.min() + reach).nonzero()[0]
    highest = (raw >= raw.max() - reach).nonzero()[0]
    sure = max(len(lowest), len(highest)) <= RESCORED
    ends = np.concatenate([_least(lowest, raw), _least(highest, raw, -1)])
    exact = pool.exact(ends)
    low, high = float(exact.min()), float(exact.max())
    return low, high - low if high - low > FLAT else 0.0, sure


def _least(places: Places, values: NDArray[Any], sign: int = 1) -> Places:
    """Return the places, or the RESCORED of them with the least values times `sign`."""
    if len(places) <= RESCORED:
        return places
    return places[np.argpartition(sign * values[places], RESCORED)[:RESCORED]]
