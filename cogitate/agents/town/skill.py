"""TrueSkill: who is better, by how often and against whom (Herbrich, Minka & Graepel 2006).

Players are ranked in one comparison after the other, with ties; teams have one player each. The
posterior comes from expectation propagation along the chain of neighbouring ranks. What this
module does not know: what is compared.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import NormalDist

MU, SIGMA = 25.0, 25.0 / 3
BETA = SIGMA / 2
"""How much a performance differs from the skill."""
TAU = SIGMA / 100
"""How much a skill may change from one comparison to the next."""
DRAWS = 0.10
"""How often two equal players tie."""
ROUNDS = 60
_UNIT = NormalDist()


@dataclass(frozen=True)
class Rating:
    """A belief about a skill."""

    mu: float = MU
    sigma: float = SIGMA


@dataclass
class _Message:
    """A normal distribution by its precision and its precision times its mean."""

    pi: float = 0.0
    tau: float = 0.0

    def __mul__(self, other: "_Message") -> "_Message":
        return _Message(self.pi + other.pi, self.tau + other.tau)

    def __truediv__(self, other: "_Message") -> "_Message":
        return _Message(self.pi - other.pi, self.tau - other.tau)

    @property
    def mean(self) -> float:
        return self.tau / self.pi if self.pi else 0.0

    @property
    def variance(self) -> float:
        return 1 / self.pi if self.pi else math.inf


@dataclass
class _Link:
    """Two neighbours in the ranking, and what their comparison says of each."""

    tie: bool
    upper: _Message = field(default_factory=_Message)
    lower: _Message = field(default_factory=_Message)
    outcome: _Message = field(default_factory=_Message)


def rated(ratings: Sequence[Rating], ranks: Sequence[float]) -> list[Rating]:
    """Return the ratings after a comparison; a smaller rank is better, equal ones tie."""
    order = sorted(range(len(ratings)), key=lambda at: (ranks[at], at))
    before = [_normal(ratings[at].mu, ratings[at].sigma ** 2 + TAU**2) for at in order]
    prior = [_normal(each.mean, each.variance + BETA**2) for each in before]
    links = [_Link(ranks[one] == ranks[other]) for one, other in pairwise(order)]
    for _ in range(ROUNDS if len(links) > 1 else 1):
        for at in [*range(len(links)), *reversed(range(len(links)))]:
            _update(links, prior, at)
    found = list(ratings)
    for at, player in enumerate(order):
        said = _from_links(links, at)
        after = before[at]
        if said.pi:
            after *= _normal(said.mean, said.variance + BETA**2)
        found[player] = Rating(after.mean, math.sqrt(after.variance))
    return found


def _normal(mean: float, variance: float) -> _Message:
    return _Message(1 / variance, mean / variance)


def _from_links(links: Sequence[_Link], at: int, but: int = -1) -> _Message:
    found = _Message()
    if at < len(links) and at != but:
        found *= links[at].upper
    if at > 0 and at - 1 != but:
        found *= links[at - 1].lower
    return found


def _update(links: Sequence[_Link], prior: Sequence[_Message], at: int) -> None:
    link = links[at]
    upper = prior[at] * _from_links(links, at, but=at)
    lower = prior[at + 1] * _from_links(links, at + 1, but=at)
    cavity = _normal(upper.mean - lower.mean, upper.variance + lower.variance)
    deviation = math.sqrt(cavity.variance)
    margin = _UNIT.inv_cdf((DRAWS + 1) / 2) * math.sqrt(2) * BETA / deviation
    shift, shrink = _truncated(cavity.mean / deviation, margin, link.tie)
    left = 1 - shrink
    whole = _normal(cavity.mean + deviation * shift, cavity.variance * max(left, 1e-9))
    link.outcome = whole / cavity
    difference = link.outcome
    link.upper = _normal(lower.mean + difference.mean, lower.variance + difference.variance)
    link.lower = _normal(upper.mean - difference.mean, upper.variance + difference.variance)


def _truncated(t: float, margin: float, tie: bool) -> tuple[float, float]:
    """Return how a normal difference shifts and shrinks when it is known to be a win, or a tie."""
    if not tie:
        beyond = max(_UNIT.cdf(t - margin), 1e-12)
        shift = _UNIT.pdf(t - margin) / beyond
        return shift, shift * (shift + t - margin)
    high, low = margin - t, -margin - t
    inside = max(_UNIT.cdf(high) - _UNIT.cdf(low), 1e-12)
    shift = (_UNIT.pdf(low) - _UNIT.pdf(high)) / inside
    return shift, shift**2 + (high * _UNIT.pdf(high) - low * _UNIT.pdf(low)) / inside
