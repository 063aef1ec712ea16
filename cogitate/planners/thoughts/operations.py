"""The operations of which every search is made, and how many model calls they take.

A plan is a graph of operations that is drawn before the search begins. Each takes the thoughts
that the ones before it gave and gives some of its own. Sources: Tree of Thoughts
(arXiv 2305.10601) for generate, evaluate and select; Graph of Thoughts (arXiv 2308.09687) for
split, aggregate, refine and the graph of operations.
"""

from dataclasses import dataclass
from typing import Literal

Evaluator = Literal["program", "value", "vote", "logprob", "agreement", "run"]
"""program: an exact check. value: each state alone, as sure, maybe or impossible. vote: states
side by side. logprob: the probability of a yes. agreement: how many gave the same answer.
run: what a program that was written printed."""
Mode = Literal["sample", "propose", "program"]
"""sample: independent drafts. propose: one call lists different next steps. program: code
lists every legal step."""
Rule = Literal["greedy", "sample", "person"]

VOTES_TOGETHER = 4
"""Candidates that are shown side by side; a small model ranks no more."""


@dataclass(frozen=True, kw_only=True)
class Generate:
    """Write `k` next thoughts for each thought that is not terminal."""

    k: int = 1
    mode: Mode = "sample"
    heat: float = 0.7
    """Temperature of the drafts; a single one is greedy."""
    once: bool = True
    """Drop thoughts whose state there was already. Votes need them all."""


@dataclass(frozen=True, kw_only=True)
class Evaluate:
    """Give each thought a score, `n` times for votes."""

    mode: Evaluator = "value"
    n: int = 1


@dataclass(frozen=True, kw_only=True)
class Select:
    """Keep `b` thoughts: the best, some drawn by their scores, or those that a person picks."""

    b: int = 1
    rule: Rule = "greedy"


@dataclass(frozen=True, kw_only=True)
class KeepBest:
    """Keep the `n` best thoughts of each set of parents."""

    n: int = 1


@dataclass(frozen=True, kw_only=True)
class KeepValid:
    """Drop the thoughts that a check has found invalid; unchecked ones stay."""


@dataclass(frozen=True, kw_only=True)
class Split:
    """Cut the task into parts, `most` of them."""

    most: int = 4


@dataclass(frozen=True, kw_only=True)
class Aggregate:
    """Make one thought of each `of` neighbours (0: of all), `k` times."""

    k: int = 1
    of: int = 0


@dataclass(frozen=True, kw_only=True)
class Refine:
    """Better each thought that a check finds wrong, `k` times; the thought itself stays too."""

    k: int = 1
    if_none_valid: bool = False
    """Only when no thought is valid, and then only the first."""


Operation = Generate | Evaluate | Select | KeepBest | KeepValid | Split | Aggregate | Refine


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One operation of a plan, the numbers of those it waits for, and the level it is of."""

    operation: Operation
    after: tuple[int, ...] = ()
    level: int = 0


Plan = tuple[Planned, ...]


def chain(*operations: Operation, begin: Plan = (), level: int = 0) -> Plan:
    """Return a plan that goes on from `begin`, each operation waiting for the one before."""
    plan = list(begin)
    for operation in operations:
        after = (len(plan) - 1,) if plan else ()
        plan.append(Planned(operation=operation, after=after, level=level))
    return tuple(plan)


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a plan may take at most."""

    calls: int
    thoughts: int
    tokens: int
    """Tokens that are read or written, without what the cache saves."""


def estimate(plan: Plan, *, branching: int, parts: int, tokens: int, prompt: int) -> Estimate:
    """Return the most that a plan takes, before it begins.

    Args:
        plan: the operations.
        branching: moves that code lists for one state.
        parts: parts that a split gives.
        tokens: most tokens of a written thought.
        prompt: tokens of a prompt.
    """
    width, calls, made, written = 1, 0, 1, 0
    for planned in plan:
        more, new, width = _cost(planned.operation, width, branching, parts)
        calls, made = calls + more, made + new
        written += more * prompt + (new if more else 0) * tokens
    return Estimate(calls=calls, thoughts=made, tokens=written)


def _cost(operation: Operation, width: int, branching: int, parts: int) -> tuple[int, int, int]:
    """Return the model calls of an operation, the thoughts it makes and how many go on."""
    match operation:
        case Generate(mode="program"):
            return 0, width * branching, width * branching
        case Generate():
            calls = width if operation.mode == "propose" else width * operation.k
            return calls, width * operation.k, width * operation.k
        case Evaluate():
            return _judging_calls(operation, width), 0, width
        case Select(b=kept) | KeepBest(n=kept):
            return 0, 0, min(width, kept) if isinstance(operation, Select) else width
        case Split():
            return 1, parts, parts
        case Aggregate():
            groups = 1 if not operation.of else -(-width // operation.of)
            return groups * operation.k, groups * operation.k, groups
        case Refine():
            return operation.k, operation.k, 1
        case _:
            return 0, 0, width


def _judging_calls(operation: Evaluate, width: int) -> int:
    if operation.mode in ("value", "logprob"):
        return width * (operation.n if operation.mode == "value" else 1)
    if operation.mode == "vote":
        return -(-width // VOTES_TOGETHER) * operation.n
    return 0
