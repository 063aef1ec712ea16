"""From attempts to a report: one row for each loop with each model, and what sets them apart.

Every number is made from the kept attempts alone, in the order of the plan, so that a report
that was interrupted and brought to its end is the one that would have come in one go.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from cogitate.errors import SetupError
from cogitate.lab.metrics import pass_at_k, per_success, vote_of, within_budget
from cogitate.lab.statistics import Difference, compare, holm, ordering, wilson

Record = Mapping[str, Any]
Shares = dict[str, float]
"""Of each case, the share of its repeats that passed."""

SIZES = {"up to 2 digits": 2.0, "3 or 4 digits": 4.0, "5 digits and more": float("inf")}
"""How large the largest number of a question is: programs reckon alike in all, words do not."""


def label(model: str, loop: str, models: Sequence[str]) -> str:
    """Return a method's name: the loop, with the model where there are several."""
    return loop if len(set(models)) <= 1 else f"{loop}/{model}"


def by_method(records: Sequence[Record]) -> dict[str, list[Record]]:
    """Return the attempts of each method, in the order in which the methods come."""
    models = [record["model"] for record in records]
    found: dict[str, list[Record]] = {}
    for record in records:
        found.setdefault(label(record["model"], record["loop"], models), []).append(record)
    return found


def shares(records: Sequence[Record]) -> Shares:
    """Return of each case the share of its repeats that passed."""
    tries: dict[str, list[bool]] = {}
    for record in records:
        tries.setdefault(record["case"], []).append(record["correct"])
    return {case: sum(passed) / len(passed) for case, passed in tries.items()}


def summarise(header: Mapping[str, Any], records: Sequence[Record]) -> dict[str, Any]:
    """Return the report as plain data."""
    methods = by_method(records)
    return {
        "eval": dict(header),
        "methods": {name: row(tries) for name, tries in methods.items()},
        "differences": [as_data(one) for one in pairwise(methods)],
    }


def row(records: Sequence[Record]) -> dict[str, Any]:
    """Return the sums of one method."""
    passed = shares(records)
    success = sum(passed.values()) / len(passed)
    low, high = wilson(sum(passed.values()), len(passed))
    good = sum(record["correct"] for record in records)
    used = [total_tokens(record) for record in records]
    return {
        "cases": len(passed),
        "tries": len(records),
        "success": success,
        "low": low,
        "high": high,
        "tokens": sum(used) / len(used),
        "tokens_read": mean(record["usage"]["read"] for record in records),
        "tokens_per_success": per_success(sum(used), good),
        "calls": mean(record["usage"]["calls"] for record in records),
        "seconds": mean(record["seconds"] for record in records),
        "stopped": dict(Counter(record["stopped"] for record in records).most_common()),
        "failures": dict(Counter(r["failure"] for r in records if r["failure"]).most_common()),
        "scores": _scores(records),
        "categories": _categories(records),
        "sizes": _sizes(records),
        **_repeats(records),
        **_flips(records),
    }


def total_tokens(record: Record) -> int:
    """Return all tokens of an attempt: prompt tokens read or reused, and tokens written."""
    usage = record["usage"]
    return int(usage["read"] + usage["reused"] + usage["written"])


def mean(values: Iterable[float]) -> float:
    """Return the mean, 0 of nothing."""
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0


def within(
    records: Sequence[Record], *, tokens: int | None = None, calls: int | None = None
) -> float:
    """Return the share of attempts that succeeded within a budget."""
    return within_budget(
        [(r["correct"], total_tokens(r), r["usage"]["calls"]) for r in records],
        tokens=tokens,
        calls=calls,
    )


def _scores(records: Sequence[Record]) -> dict[str, float]:
    """Return the mean of each further score over the attempts that have it.

    What cannot be scored has a score of 0; cases of other kinds and attempts that laid out no
    plan have none.
    """
    names = dict.fromkeys(name for record in records for name in record["scores"])
    given = {name: [r["scores"][name] for r in records if name in r["scores"]] for name in names}
    return {name: mean(values) for name, values in given.items()}


def _categories(records: Sequence[Record]) -> dict[str, dict[str, float]]:
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(record["category"], []).append(record)
    if len(groups) < 2:
        return {}
    return {
        name: {"cases": len(passed := shares(group)), "success": mean(passed.values())}
        for name, group in groups.items()
    }


def _sizes(records: Sequence[Record]) -> dict[str, dict[str, float]]:
    """Return the success by how large the numbers of the question are, where they differ."""
    groups: dict[str, list[Record]] = {name: [] for name in SIZES}
    for record in records:
        digits = record.get("digits")
        if digits is not None:
            groups[next(name for name, most in SIZES.items() if digits <= most)].append(record)
    found = {name: group for name, group in groups.items() if group}
    return {name: _share(group) for name, group in found.items()} if len(found) > 1 else {}


def _share(records: Sequence[Record]) -> dict[str, float]:
    """Return the success of some attempts with its interval."""
    passed = shares(records)
    low, high = wilson(sum(passed.values()), len(passed))
    return {"cases": len(passed), "success": mean(passed.values()), "low": low, "high": high}


def _repeats(records: Sequence[Record]) -> dict[str, Any]:
    """Return pass@k, maj@k and the success of each repeat, when there are several."""
    by_case: dict[str, list[Record]] = {}
    by_repeat: dict[int, list[bool]] = {}
    for record in records:
        by_case.setdefault(record["case"], []).append(record)
        by_repeat.setdefault(record["repeat"], []).append(record["correct"])
    most = min(len(tries) for tries in by_case.values())
    if most < 2:
        return {}
    counts = [(len(tries), sum(r["correct"] for r in tries)) for tries in by_case.values()]
    return {
        "pass_at": {k: mean(pass_at_k(n, c, k) for n, c in counts) for k in range(1, most + 1)},
        "majority": mean(_vote_is_right(tries) for tries in by_case.values()),
        "repeats": {repeat: mean(passed) for repeat, passed in by_repeat.items()},
    }


def _flips(records: Sequence[Record]) -> dict[str, Any]:
    """Return what became of first answers that were turned down, and how many were judged.

    `oracle` is the success of a critic that knows the right answers and stops at the first one:
    no loop is ever told them.
    """
    judged = [r for r in records if r.get("first_right") is not None]
    if not any(r["rounds"] > 1 for r in judged):
        return {}
    return {
        "rounds": dict(sorted(Counter(r["rounds"] for r in judged).items())),
        "flips": {
            "wrong to right": sum(r["correct"] and not r["first_right"] for r in judged),
            "right to wrong": sum(r["first_right"] and not r["correct"] for r in judged),
        },
        "oracle": mean(r["correct"] or r.get("any_right", r.get("first_right")) for r in records),
    }


def _vote_is_right(tries: Sequence[Record]) -> bool:
    """Return whether the answer that most tries gave is right; failures have no vote."""
    votes = [(r["given"] or "", r["correct"]) for r in tries if r["failure"] in ("", "wrong")]
    winner = vote_of([given for given, _ in votes])
    return bool(winner) and next(correct for given, correct in votes if given == winner)


# ------------------------------------------------------------------------------- comparisons


def pairwise(methods: Mapping[str, Sequence[Record]]) -> list[Difference]:
    """Return every two methods of one evaluation compared, corrected for their number."""
    passed = {name: shares(records) for name, records in methods.items()}
    names = list(passed)
    return corrected(
        [
            compare((first, second), passed[first], passed[second])
            for index, first in enumerate(names)
            for second in names[index + 1 :]
        ]
    )


def across(first: Sequence[Record], second: Sequence[Record]) -> list[Difference]:
    """Return two evaluations compared: each method with its namesake, else all with all.

    Raises:
        SetupError: they have no case in common.
    """
    one, two = by_method(first), by_method(second)
    shared = [name for name in one if name in two]
    pairs = [(name, name) for name in shared] or [(a, b) for a in one for b in two]
    found = [
        compare((f"A:{a}", f"B:{b}"), shares(one[a]), shares(two[b]))
        for a, b in pairs
        if set(shares(one[a])) & set(shares(two[b]))
    ]
    if not found:
        raise SetupError(
            "the two evaluations have no case in common; compare those of the same cases"
        )
    return corrected(found)


def corrected(differences: Sequence[Difference]) -> list[Difference]:
    """Return the differences with Holm's correction for their number."""
    adjusted = holm([one.p for one in differences])
    return [
        Difference(**{**asdict(one), "p_holm": p})
        for one, p in zip(differences, adjusted, strict=True)
    ]


def as_data(one: Difference) -> dict[str, Any]:
    """Return a difference as plain data with its verdict."""
    return {**asdict(one), "separated": one.separated, "verdict": verdict(one)}


def verdict(one: Difference) -> str:
    """Return in words which method is better, "not separated" unless the interval excludes 0."""
    if not one.separated:
        return "not separated"
    return f"{one.second if one.mean > 0 else one.first} is better"


def order_of(text: str, known: Iterable[str]) -> list[str]:
    """Return the methods of an order such as `sc>cot`, the best first.

    Raises:
        SetupError: one of them is no method that is compared, or there is nothing to compare.
    """
    methods = sorted(set(known))
    names = [name.strip() for name in text.split(">") if name.strip()]
    strange = [name for name in names if name not in methods]
    if strange:
        listed = ", ".join(methods) or "none"
        raise SetupError(f"{strange[0]!r} is not compared; the methods are {listed}")
    if len(set(names)) < 2:
        raise SetupError(f"{text!r} is no order; name two methods, the better one first: sc>cot")
    return names


def expected_order(
    expected: Sequence[str], differences: Sequence[Difference]
) -> dict[str, int | dict[str, str]]:
    """Return how many pairs of an expected order were confirmed, contradicted, not separated."""
    found = ordering(expected, differences)
    counted = Counter(found.values())
    return {
        "confirmed": counted["confirmed"],
        "contradicted": counted["contradicted"],
        "not separated": counted["not separated"],
        "pairs": {f"{better} > {worse}": what for (better, worse), what in found.items()},
    }
