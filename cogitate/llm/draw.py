"""How a token is drawn from logits: greedy or by nucleus, within what a constraint allows.

What it does not know: models, caches and text.
"""

from dataclasses import dataclass
from typing import Any

from cogitate.llm.constrain import Constraint


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How the next token is drawn. Temperature 0 takes the most likely one."""

    temperature: float = 0.0
    top_p: float = 0.95
    seed: int | None = None
    max_tokens: int = 512


class Drawing:
    """Draws tokens from logits, with one random stream for one answer."""

    def __init__(self, sampling: Sampling) -> None:
        import numpy

        self._numpy = numpy
        self._sampling = sampling
        self._random = numpy.random.default_rng(sampling.seed)

    def next(self, logits: Any, constraint: Constraint | None) -> int:
        """Return the next token; `logits` may be changed in place."""
        if self._sampling.temperature <= 0:
            token = int(logits.argmax())
            # Masking 150k tokens costs more than asking about one: ask first.
            if constraint is None or constraint.allows(token):
                return token
        if constraint is not None:
            constraint.mask(logits)
        if self._sampling.temperature <= 0:
            return int(logits.argmax())
        return self._nucleus(logits)

    def _nucleus(self, logits: Any) -> int:
        numpy = self._numpy
        top = numpy.argpartition(logits, -256)[-256:]
        top = top[numpy.argsort(-logits[top])]
        scaled = (logits[top] - logits[top[0]]) / self._sampling.temperature
        chance = numpy.exp(scaled)
        chance /= chance.sum()
        keep = int(numpy.searchsorted(numpy.cumsum(chance), self._sampling.top_p)) + 1
        chance = chance[:keep] / chance[:keep].sum()
        return int(self._random.choice(top[:keep], p=chance))


def log_probability(logits: Any, token: int) -> float:
    """Return the natural log-probability that `logits` give `token`."""
    import numpy

    top = float(logits.max())
    return float(logits[token]) - top - float(numpy.log(numpy.exp(logits - top).sum()))
