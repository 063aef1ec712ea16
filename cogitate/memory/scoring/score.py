"""What a memory counts for a query: relevance, importance and recency, weighed against each other.

    score     = w_relevance * relevance + w_importance * importance + w_recency * recency
    relevance = w_dense * dense + (1 - w_dense) * lexical

`dense` is the cosine, `lexical` the BM25 score (0 for a record that shares no word), `recency`
decay ** hours since the last access. These three and the importance are each scaled to 0..1 by
the least and the greatest value over all records searched; where these are equal, the part
says nothing and counts 0 (Park et al. 2023, section 4.1). What this module does not know:
where records are kept. `ScoreIndex` finds the best ones; `reference_scores` is its yardstick.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cogitate.errors import SetupError

Numbers = NDArray[np.float64]

DECAY = 0.995
"""What is left of the recency after an hour without access."""
HOUR = 3600.0
FLAT = 1e-9
"""Cosines that differ by less are equal: float32 vectors hold no finer difference."""


@dataclass(frozen=True)
class Weights:
    """How much each part of the score counts. Only their proportions matter."""

    relevance: float = 1.0
    importance: float = 0.2
    recency: float = 0.05
    dense: float = 0.5
    """The share of meaning in the relevance; shared words have the rest."""

    def __post_init__(self) -> None:
        for name in ("relevance", "importance", "recency", "dense"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise SetupError(f"the weight {name}={value!r} must be 0 or more")
        if self.dense > 1:
            raise SetupError(f"dense={self.dense!r} is a share; give 0 (words) to 1 (meaning)")


PRESETS: Mapping[str, Weights] = MappingProxyType(
    {
        "default": Weights(),
        "paper": Weights(1.0, 1.0, 1.0),
        "smallville": Weights(3.0, 2.0, 0.5),
    }
)
"""Named weights: ours; those of the paper; and those of the paper's code, without its
inverted recency."""


def weights_of(choice: str | Weights) -> Weights:
    """Return the weights that a name stands for, or those given.

    Raises:
        SetupError: there are no weights of that name.
    """
    if isinstance(choice, Weights):
        return choice
    if choice not in PRESETS:
        raise SetupError(
            f"unknown weights {choice!r}; choose from {sorted(PRESETS)}, "
            "or give Weights(relevance, importance, recency)"
        )
    return PRESETS[choice]


@dataclass(frozen=True)
class Part:
    """One part of the score: raw values, and the least and the span of all of them."""

    raw: Numbers
    low: float
    span: float

    def scaled(self, at: Any = slice(None)) -> Numbers:
        """Return the values at some places, scaled to 0..1; zeros where all are equal."""
        values = self.raw[at]
        return (values - self.low) / self.span if self.span > 0 else np.zeros(len(values))


def part_of(raw: NDArray[Any]) -> Part:
    """Return a part whose span is that of its own values."""
    values = np.asarray(raw, np.float64)
    low = float(values.min())
    return Part(values, low, float(values.max()) - low)


def recency(last_access: Numbers, now: float, decay: float) -> Numbers:
    """Return decay ** hours since the last access; an access still to come counts as now."""
    with np.errstate(under="ignore"):
        found: Numbers = np.exp(math.log(decay) / HOUR * np.maximum(now - last_access, 0.0))
    return found


@dataclass(frozen=True, kw_only=True)
class Columns:
    """What a score is made of, one entry a record; only the records that are searched."""

    vectors: NDArray[Any]
    """Unit rows."""
    lexical: NDArray[Any]
    """BM25 scores; 0 where no word is shared."""
    importance: NDArray[Any]
    last_access: NDArray[Any]
    """Seconds."""


@dataclass(frozen=True, kw_only=True)
class Scores:
    """The score of each record, and its parts, all scaled to 0..1."""

    total: Numbers
    dense: Numbers
    lexical: Numbers
    relevance: Numbers
    importance: Numbers
    recency: Numbers


def reference_scores(
    columns: Columns,
    vector: NDArray[Any] | None,
    weights: Weights,
    now: float,
    decay: float = DECAY,
) -> Scores:
    """Return the scores of all records, by the formula as it is written, in float64.

    It shares no code with `ScoreIndex`, because it is what that is measured against.
    """
    count = len(columns.importance)
    cosines = np.zeros(count)
    if vector is not None:
        query = np.asarray(vector, np.float64)
        length = float(np.sqrt((query * query).sum()))
        cosines = np.asarray(columns.vectors, np.float64) @ (query / length if length else query)
    hours = np.clip((now - np.asarray(columns.last_access, np.float64)) / HOUR, 0.0, None)

    def minmax(values: NDArray[Any], flat: float = 0.0) -> Numbers:
        values = np.asarray(values, np.float64)
        least, most = (values.min(), values.max()) if count else (0.0, 0.0)
        return (values - least) / (most - least) if most - least > flat else np.zeros(count)

    dense, lexical = minmax(cosines, FLAT), minmax(columns.lexical)
    relevance = weights.dense * dense + (1 - weights.dense) * lexical
    important, recent = minmax(columns.importance), minmax(np.power(decay, hours))
    total = weights.relevance * relevance + weights.importance * important
    return Scores(
        total=total + weights.recency * recent,
        dense=dense,
        lexical=lexical,
        relevance=relevance,
        importance=important,
        recency=recent,
    )
