"""The engine: carries out one operation of a plan, or one step of a search by depth.

Every method (chain of thought, self-consistency, tree, graph and program of thoughts) is a plan
of the same operations. States are told apart before they are judged, and judged once.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from langchain_core.messages import AIMessage, BaseMessage

from cogitate.planners.base import Turn
from cogitate.planners.thoughts.asking import drafts
from cogitate.planners.thoughts.evaluating import asks, judge
from cogitate.planners.thoughts.operations import (
    Aggregate,
    Evaluate,
    Generate,
    KeepBest,
    KeepValid,
    Operation,
    Refine,
    Select,
    Split,
)
from cogitate.planners.thoughts.persons import picked
from cogitate.planners.thoughts.running import run_programs
from cogitate.planners.thoughts.search import ASKED, Search
from cogitate.planners.thoughts.splitting import split
from cogitate.planners.thoughts.thought import Move, Thought

PURPOSE = "thought"


async def carry_out(turn: Turn, search: Search, number: int) -> AIMessage | None:
    """Carry out operation `number`; the tool calls that it needs first, or None when it is done."""
    operation, given = search.plan[number].operation, search.inputs(number)
    if isinstance(operation, Evaluate) and operation.mode == "run":
        move = run_programs(turn, search, given)
        if move is None:
            search.finish(number, [t.id for t in given])
        return move
    search.finish(number, [t.id for t in await _results(turn, search, operation, given)])
    return None


async def _results(
    turn: Turn, search: Search, operation: Operation, given: list[Thought]
) -> Sequence[Thought]:
    """Return the thoughts that an operation gives."""
    match operation:
        case Generate():
            return await generate(turn, search, operation, given)
        case Evaluate():
            return await evaluate(turn, search, operation, given)
        case Split():
            return await split(turn, search, operation, given)
        case Aggregate():
            return await _aggregate(turn, search, operation, given)
        case Refine():
            return await _refine(turn, search, operation, given)
        case Select(rule="person"):
            return await picked(turn, operation.b, ranked(given))
        case Select():
            return _select(search, operation, given)
        case KeepBest():
            return _keep_best(operation, given)
        case KeepValid():
            return [t for t in given if t.valid is not False]


# ------------------------------------------------------------------------------- new thoughts


async def generate(
    turn: Turn, search: Search, how: Generate, given: Sequence[Thought]
) -> list[Thought]:
    """Return the next thoughts of those that are not terminal; terminal ones go on as they are."""
    made: list[Thought] = []
    for parent in given:
        if search.task.is_terminal(parent.state):
            made.append(parent)
            continue
        moves = await _moves(turn, search, how, parent)
        made += _new(search, moves, parent, how)
    return made


async def _moves(
    turn: Turn, search: Search, how: Generate, parent: Thought
) -> list[tuple[Move, int]]:
    """Return the moves from a thought, each with the tokens that it took."""
    task = search.task
    if how.mode == "program":
        listed = task.legal_steps(parent.state)
        if listed is not None:
            return [(move, 0) for move in listed]
    several = how.k if how.mode == "propose" else 0
    shown = task.prompt(parent.state, several)
    form = _Form(shown, lambda text: task.read(parent.state, text), several)
    return await _drafted(turn, search, form, [0.0] if several else _heats(how.k, how.heat))


@dataclass(frozen=True)
class _Form:
    """What a model is shown, and how its text becomes a move."""

    shown: list[BaseMessage]
    read: Callable[[str], list[Move]]
    several: int = 0
    """Lines that one answer may have; 0: it is one thought."""


def _heats(k: int, heat: float = 0.7) -> list[float]:
    """Return the temperatures of `k` drafts: the likeliest first, the others drawn."""
    return [0.0] + [heat] * (k - 1)


async def _drafted(
    turn: Turn, search: Search, form: _Form, heats: list[float]
) -> list[tuple[Move, int]]:
    """Return the moves that a model wrote; those that may not be made are counted."""
    task = search.task
    texts, tokens = await drafts(
        turn.model,
        form.shown,
        heats,
        purpose=PURPOSE,
        opening=task.opening,
        stop=[] if form.several else list(task.stop),
        max_tokens=task.tokens * max(form.several // 2, 1),
        seed=len(search.thoughts),
    )
    moves = []
    for text in texts:
        found = form.read(text)
        moves += [(move, tokens) for move in found[: max(form.several, 1)]]
        if not found:
            search.count("moves that could not be made")
    return moves


def _new(
    search: Search, moves: Sequence[tuple[Move, int]], parent: Thought, how: Generate
) -> list[Thought]:
    """Return a thought for each move that may be made and leads to a state of its own."""
    known = search.known_states() if how.once else set()
    made = []
    for move, tokens in moves:
        if search.task.check_step(parent.state, move) is False:
            search.count("moves that could not be made")
            continue
        key = search.key(move.state)
        if key in known and how.once:
            search.count("duplicates")
            search.save([move.state], search.judged_by)
            continue
        known.add(key)
        made.append(search.add(move, [parent], "generate", tokens))
    return made


async def _aggregate(
    turn: Turn, search: Search, how: Aggregate, given: Sequence[Thought]
) -> list[Thought]:
    """Return `k` thoughts made of each group of neighbours; a group of one goes on as it is."""
    task, size, made = search.task, how.of or max(len(given), 1), []
    for at in range(0, len(given), size):
        group = list(given[at : at + size])
        if len(group) == 1:
            made += group
            continue
        states = [t.state for t in group]
        form = _Form(task.merging(states), partial(task.merged, states))
        moves = await _drafted(turn, search, form, _heats(how.k))
        made += [search.add(m, group, "aggregate", tokens) for m, tokens in moves]
    return made


async def _refine(
    turn: Turn, search: Search, how: Refine, given: Sequence[Thought]
) -> list[Thought]:
    """Return the thoughts and `k` corrections of each in which a check finds something wrong."""
    task, made = search.task, list(given)
    if how.if_none_valid and any(t.valid for t in given):
        return made
    for parent in given[:1] if how.if_none_valid else given:
        shown = task.mending(parent.state)
        if shown is None:
            continue
        form = _Form(shown, partial(task.read, parent.state))
        moves = await _drafted(turn, search, form, [0.7] * how.k)
        made += [search.add(m, [parent], "refine", tokens) for m, tokens in moves]
    return made


# ------------------------------------------------------------------------ judging and choosing


async def evaluate(
    turn: Turn, search: Search, how: Evaluate, given: Sequence[Thought]
) -> Sequence[Thought]:
    """Return the thoughts with scores; states that were judged before are not judged again."""
    alone = how.mode in ("program", "value", "logprob")
    keys = {t.id: f"{how.mode} {how.n} {search.key(t.state)}" for t in given}
    asked: dict[str, Thought] = {}
    for thought in given:
        if not alone or keys[thought.id] not in search.cache:
            asked.setdefault(keys[thought.id] if alone else thought.id, thought)
    found = await judge(search.task, turn.critic, list(asked.values()), how)
    for thought in asked.values():
        search.know(keys[thought.id], found[thought.id])
    if alone:
        fresh = {thought.id for thought in asked.values()}
        search.count("scores that were known", len(given) - len(asked))
        search.count(ASKED, sum(asks(search.task, t.state, how) for t in asked.values()))
        search.save([t.state for t in given if t.id not in fresh], how)
    for thought in given:
        search.mark(
            thought.id, score=search.cache[keys[thought.id]] if alone else found[thought.id]
        )
    return search.of(t.id for t in given)


def ranked(thoughts: Sequence[Thought]) -> list[Thought]:
    """Return thoughts, solved ones and the best scores first; of equals the first made."""
    return sorted(thoughts, key=lambda t: (-bool(t.solved), -(t.score or 0.0)))


def _select(search: Search, how: Select, given: Sequence[Thought]) -> Sequence[Thought]:
    """Return `b` of the thoughts: the best, or some drawn with their scores as weights."""
    if how.rule == "greedy" or len(given) <= how.b:
        return ranked(given)[: how.b]
    draw, left = random.Random(f"{search.task.goal} {len(search.thoughts)}"), list(given)
    kept: list[Thought] = []
    while left and len(kept) < how.b:
        weights = [max(t.score or 0.0, 1e-6) for t in left]
        kept.append(left.pop(draw.choices(range(len(left)), weights)[0]))
    return kept


def _keep_best(how: KeepBest, given: Sequence[Thought]) -> list[Thought]:
    """Return the best of each set of parents; a correction vies with what it corrects."""
    by_id = {t.id: t for t in given}
    groups: dict[tuple[str, ...], list[Thought]] = {}
    for thought in given:
        own = thought.op == "refine" and thought.parents[0] in by_id
        origin = by_id[thought.parents[0]] if own else thought
        groups.setdefault(origin.parents, []).append(thought)
    return [kept for group in groups.values() for kept in ranked(group)[: how.n]]
