"""The six methods as settings of one engine, and what a search may cost.

standard: the answer alone.  cot: one chain of steps.  sc: several chains and a vote.
tot: a tree, level by level or by depth.  got: split, solve, merge, correct.  pot: programs.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from cogitate.planners.thoughts.operations import (
    Aggregate,
    Estimate,
    Evaluate,
    Evaluator,
    Generate,
    KeepBest,
    KeepValid,
    Mode,
    Plan,
    Refine,
    Rule,
    Select,
    Split,
    chain,
    estimate,
)
from cogitate.planners.thoughts.tasks.expressions import check_expression
from cogitate.planners.thoughts.tasks.game24 import GameOf24, numbers_of_game
from cogitate.planners.thoughts.tasks.programs import Programs
from cogitate.planners.thoughts.tasks.question import HINT_24, Question
from cogitate.planners.thoughts.tasks.sorting import Sorting, list_to_sort
from cogitate.planners.thoughts.thought import ThoughtTask
from cogitate.values import Task

Method = Literal["standard", "cot", "sc", "tot", "got", "pot"]
Order = Literal["breadth", "depth"]

PROMPT_TOKENS = 64
"""Tokens of a prompt that are new: its head is in the cache."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What sets one search apart from another."""

    method: Method = "tot"
    branches: int = 3
    """Thoughts that a model writes for each state (k)."""
    beam: int = 2
    """Thoughts that are kept at each level; by depth, children of a state (b)."""
    levels: int | None = None
    """Most steps (T); None: as many as the kind of task needs."""
    generate: Mode | None = None
    """None: code lists the steps where it knows them, else a model drafts them."""
    evaluate: Evaluator | None = None
    """None: an exact check where there is one, else the probability of a yes."""
    votes: int = 1
    """Samples of a value or a vote (n)."""
    agree: float = 0.0
    """Share of the drafts that must give the same answer, or there is none."""
    rule: Rule = "greedy"
    order: Order = "breadth"
    refinements: int = 2
    """Rounds of correction after a merge (graph of thoughts)."""
    threshold: float | None = None
    """By depth: scores up to this are not gone into; None: as fits the evaluator."""
    most_thoughts: int = 1_000
    most_calls: int = 400
    """Model calls that a search may plan for; a larger one is trimmed, or refused."""
    most_tokens: int = 100_000
    """Tokens that it may plan for, likewise."""

    def as_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)


SETTINGS: dict[Method, Settings] = {
    "standard": Settings(method="standard", branches=1),
    "cot": Settings(method="cot", branches=1),
    "sc": Settings(method="sc", branches=5),
    "tot": Settings(method="tot", branches=3, beam=2),
    "got": Settings(method="got", branches=3, beam=1),
    "pot": Settings(method="pot", branches=5),
}


def task_for(settings: Settings, task: Task) -> ThoughtTask:
    """Return the kind of task that a goal is, as the method sees it."""
    if settings.method == "pot":
        return Programs(task.goal, task.notes)
    game, listed = numbers_of_game(task.goal), list_to_sort(task.goal)
    if game is not None and settings.method == "tot":
        return GameOf24(task.goal, game)
    if game is None and listed is not None:
        return Sorting(task.goal, listed)
    style: Literal["answer", "chain", "steps"] = "chain"
    if settings.method in ("standard", "tot"):
        style = "answer" if settings.method == "standard" else "steps"
    if game is None:
        return Question(task.goal, style=style, notes=task.notes)
    return Question(
        task.goal, style=style, hint=HINT_24, check=lambda text: check_expression(text, game)
    )


def plan_of(settings: Settings, task: ThoughtTask) -> Plan:
    """Return the operations of a method for a task."""
    drafts = Generate(k=settings.branches, mode="sample", once=False)
    agreed = Evaluate(mode="program" if task.exact else "agreement")
    if settings.method in ("standard", "cot"):
        return chain(replace(drafts, k=1))
    if settings.method == "sc":
        return chain(drafts, KeepValid(), Evaluate(mode="agreement"), Select(b=1))
    if settings.method == "pot":
        fixed = Refine(k=2, if_none_valid=True)
        run = Evaluate(mode="run")
        return chain(drafts, run, fixed, run, KeepValid(), Evaluate(mode="agreement"), Select(b=1))
    if settings.method == "got":
        return _graph(settings, task, drafts, agreed)
    if settings.order == "depth":
        return ()
    plan: Plan = ()
    for level in range(settings.levels or task.levels):
        steps = (generator(settings, task), evaluator(settings, task))
        plan = chain(*steps, Select(b=settings.beam, rule=settings.rule), begin=plan, level=level)
    return plan


def generator(settings: Settings, task: ThoughtTask) -> Generate:
    """Return how a tree of thoughts makes its steps."""
    listed = task.legal_steps(task.initial()) is not None
    mode = settings.generate or ("program" if listed else "sample")
    if mode == "program" and not listed:
        mode = "sample"
    return Generate(k=settings.branches, mode=mode)


def evaluator(settings: Settings, task: ThoughtTask) -> Evaluate:
    """Return how a tree of thoughts judges its states."""
    mode = settings.evaluate or ("program" if task.exact else "logprob")
    if mode == "program" and not task.exact:
        mode = "logprob"
    return Evaluate(mode=mode, n=settings.votes)


def _graph(settings: Settings, task: ThoughtTask, drafts: Generate, judged: Evaluate) -> Plan:
    """Return the graph of thoughts: the best of each part, merged, corrected."""
    plan = chain(Split(), drafts, judged, KeepBest(n=1))
    pieces = parts_of(task)
    if not task.exact:
        return chain(Aggregate(k=settings.branches), judged, KeepBest(n=1), begin=plan)
    while pieces > 1:
        merge = Aggregate(k=2 * settings.branches, of=2)
        plan = chain(merge, judged, KeepBest(n=1), begin=plan)
        pieces = -(-pieces // 2)
    for _ in range(settings.refinements):
        plan = chain(Refine(k=settings.branches), judged, KeepBest(n=1), begin=plan)
    return plan


def parts_of(task: ThoughtTask) -> int:
    """Return into how many parts a task falls; what only a model can split, into four at most."""
    known = task.parts(task.initial())
    return 4 if known is None else len(known)


def cost_of(settings: Settings, task: ThoughtTask) -> Estimate:
    """Return the most that a search takes."""
    plan = plan_of(settings, task)
    if settings.method == "tot" and settings.order == "depth":
        one = chain(generator(settings, task), evaluator(settings, task), Select(b=1))
        once = _priced(one, task)
        nodes = settings.most_thoughts if once.calls else 0
        popped = min(nodes // max(once.thoughts - 1, 1), _leaves(settings, task))
        return Estimate(
            calls=once.calls * popped, thoughts=once.thoughts * popped, tokens=once.tokens * popped
        )
    return _priced(plan, task)


def _leaves(settings: Settings, task: ThoughtTask) -> int:
    """Return how many states a search by depth may go into."""
    levels = settings.levels or task.levels
    return int(sum(settings.beam**level for level in range(levels)))


def _priced(plan: Plan, task: ThoughtTask) -> Estimate:
    listed = task.legal_steps(task.initial())
    return estimate(
        plan,
        branching=len(listed) if listed is not None else 1,
        parts=parts_of(task),
        tokens=task.tokens,
        prompt=PROMPT_TOKENS,
    )


def fitted(settings: Settings, task: ThoughtTask) -> tuple[Settings, Estimate] | None:
    """Return the settings, made smaller until they cost no more than they may; None if none do."""
    while True:
        cost = cost_of(settings, task)
        if cost.calls <= settings.most_calls and cost.tokens <= settings.most_tokens:
            return settings, cost
        if settings.beam > 1:
            settings = replace(settings, beam=settings.beam // 2)
        elif settings.branches > 1:
            settings = replace(settings, branches=settings.branches // 2)
        elif settings.votes > 1 or settings.refinements > 0:
            settings = replace(settings, votes=1, refinements=0)
        else:
            return None
