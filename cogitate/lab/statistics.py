"""Intervals and tests for shares of successes, exact where that is simple, without numpy.

Wilson's interval for one share; for two methods on the same cases McNemar's exact test and a
paired bootstrap; Holm's correction when several are compared; how many of an expected order's
pairs were confirmed; Cohen's kappa for judges.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb, sqrt
from typing import Literal

Z95 = 1.959963984540054
"""The 97.5 % point of the normal distribution."""
RESAMPLES = 10_000
SEED = 20_240

Outcome = Literal["confirmed", "contradicted", "not separated"]


def wilson(successes: float, cases: int, z: float = Z95) -> tuple[float, float]:
    """Return Wilson's interval for a share, (0, 1) when there are no cases.

    `successes` may be fractional: the mean over the repeats of each case.
    """
    if cases <= 0:
        return 0.0, 1.0
    share = successes / cases
    middle = share + z * z / (2 * cases)
    half = z * sqrt(max(share * (1 - share), 0.0) / cases + z * z / (4 * cases * cases))
    scale = 1 + z * z / cases
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the two-sided exact p-value of McNemar's test on the discordant pairs.

    Args:
        only_first: cases that only the first method passes.
        only_second: cases that only the second one passes.
    """
    pairs = only_first + only_second
    if pairs == 0:
        return 1.0
    tail = sum(comb(pairs, i) for i in range(min(only_first, only_second) + 1))
    return min(1.0, float(2 * tail / (1 << pairs)))


def paired_bootstrap(
    differences: Sequence[float], resamples: int = RESAMPLES, seed: int = SEED
) -> tuple[float, float]:
    """Return the 95 % percentile interval of the mean difference, cases drawn with replacement.

    Args:
        differences: of each case, the second method's result minus the first one's.
        resamples: how many times the cases are drawn.
        seed: makes the interval repeatable.
    """
    if not differences:
        return 0.0, 0.0
    draw, cases = random.Random(seed), len(differences)
    means = sorted(sum(draw.choices(differences, k=cases)) / cases for _ in range(resamples))
    return _quantile(means, 0.025), _quantile(means, 0.975)


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Return a quantile with linear interpolation between the neighbours."""
    at = share * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p-values, in the order given."""
    adjusted, worst = [1.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        worst = max(worst, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = worst
    return adjusted


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Two methods on the same cases; positive means that the second one is better."""

    first: str
    second: str
    cases: int
    mean: float
    low: float
    high: float
    """The 95 % interval of the mean difference, by paired bootstrap."""
    only_first: int
    only_second: int
    p: float
    """McNemar's exact test."""
    p_holm: float = 1.0
    """The same, corrected for all comparisons made together."""

    @property
    def separated(self) -> bool:
        """Whether the interval excludes 0; otherwise no order may be claimed."""
        return self.low > 0 or self.high < 0


def compare(
    names: tuple[str, str], first: Mapping[str, float], second: Mapping[str, float]
) -> Difference:
    """Return how two methods differ on the cases that both have.

    Args:
        names: what the methods are called.
        first: of each case, the share of its repeats that the first method passed.
        second: the same of the second one. A case counts as passed by more than half of them.
    """
    common = [case for case in first if case in second]
    differences = [second[case] - first[case] for case in common]
    low, high = paired_bootstrap(differences)
    passed = [(first[case] > 0.5, second[case] > 0.5) for case in common]
    only_first, only_second = passed.count((True, False)), passed.count((False, True))
    return Difference(
        first=names[0],
        second=names[1],
        cases=len(common),
        mean=sum(differences) / len(common) if common else 0.0,
        low=low,
        high=high,
        only_first=only_first,
        only_second=only_second,
        p=mcnemar(only_first, only_second),
    )


def ordering(
    expected: Sequence[str], differences: Sequence[Difference]
) -> dict[tuple[str, str], Outcome]:
    """Return what became of each pair of an expected order, the best method first.

    A pair that was not compared is left out.
    """
    places = {name: place for place, name in enumerate(expected)}
    found: dict[tuple[str, str], Outcome] = {}
    for one in differences:
        if one.first not in places or one.second not in places:
            continue
        turned = places[one.first] > places[one.second]
        better, worse = (one.second, one.first) if turned else (one.first, one.second)
        if not one.separated:
            found[better, worse] = "not separated"
        else:
            found[better, worse] = "confirmed" if (one.mean > 0) == turned else "contradicted"
    return found


def kappa(first: Sequence[str], second: Sequence[str]) -> float:
    """Return Cohen's kappa of two raters' labels; 1 when both always give one same label."""
    cases = len(first)
    if not cases:
        return 0.0
    agreed = sum(a == b for a, b in zip(first, second, strict=True)) / cases
    labels = {*first, *second}
    chance = sum(first.count(label) * second.count(label) for label in labels) / cases**2
    return 1.0 if chance == 1 else (agreed - chance) / (1 - chance)
