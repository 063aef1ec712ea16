"""Who judges a thought: an exact check, a label, a vote, or the probability of a yes."""

import random
from collections.abc import Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from cogitate.answers import majority
from cogitate.planners.thoughts.asking import odds
from cogitate.planners.thoughts.operations import VOTES_TOGETHER, Evaluate
from cogitate.planners.thoughts.thought import Thought, ThoughtTask

WORTH = {"sure": 20.0, "maybe": 1.0, "impossible": 0.001}
"""What the labels count, as in the code of Tree of Thoughts, where maybe is called likely."""

YES_NO = ("yes", "no")

VOTE_PROMPT = """\
You compare partial solutions of one task. Say the number of the one that is most likely right \
and leads furthest. Answer with the number alone."""

VOTE_EXAMPLE = [
    HumanMessage(
        "Task: A pen costs 2 euros, a book 3 times as much. What do both cost?\n"
        "1) The book costs 2 + 3 = 5 euros.\n2) The book costs 2 * 3 = 6 euros.\nBest number:"
    ),
    AIMessage("2"),
]


async def judge(
    task: ThoughtTask, model: BaseChatModel, thoughts: Sequence[Thought], how: Evaluate
) -> dict[str, float]:
    """Return a score for each of the thoughts, by id; higher is better."""
    if how.mode == "vote":
        return await _voted(task, model, thoughts, how.n)
    if how.mode == "agreement":
        return _agreeing(task, thoughts)
    return {t.id: await _alone(task, model, t.state, how) for t in thoughts}


def asks(task: ThoughtTask, state: Any, how: Evaluate) -> int:
    """Return how often a model is asked to judge one state by itself."""
    if how.mode not in ("value", "logprob"):
        return 0
    known = task.program_score(state) if task.is_terminal(state) else None
    return 0 if known is not None else how.n if how.mode == "value" else 1


async def _alone(task: ThoughtTask, model: BaseChatModel, state: Any, how: Evaluate) -> float:
    """Return the score of one state by itself."""
    if how.mode == "program" or task.is_terminal(state):
        known = task.program_score(state)
        if known is not None:
            return known
    if how.mode == "logprob":
        found = await odds(model, task.judging(state, YES_NO), YES_NO, "thought-logprob")
        return found["yes"]
    shown = task.judging(state, tuple(WORTH))
    scores = [await _labelled(model, shown) for _ in range(how.n)]
    return sum(scores)


async def _labelled(model: BaseChatModel, shown: list[BaseMessage]) -> float:
    """Return what the labels are worth, weighed by their probabilities."""
    found = await odds(model, shown, tuple(WORTH), "thought-value")
    return sum(WORTH[label] * share for label, share in found.items())


async def _voted(
    task: ThoughtTask, model: BaseChatModel, thoughts: Sequence[Thought], n: int
) -> dict[str, float]:
    """Return the votes for each thought: groups of a few, shown in another order each time."""
    scores = {t.id: 0.0 for t in thoughts}
    for number in range(n):
        order = list(thoughts)
        random.Random(f"{number} {task.goal}").shuffle(order)  # against the bias of places
        for at in range(0, len(order), VOTES_TOGETHER):
            group = order[at : at + VOTES_TOGETHER]
            if len(group) == 1:
                scores[group[0].id] += 1 / n
                continue
            found = await odds(model, _ballot(task, group), _numbers(group), "thought-vote")
            for place, thought in enumerate(group, start=1):
                scores[thought.id] += found[str(place)] * len(group) / n
    return scores


def _numbers(group: Sequence[Thought]) -> tuple[str, ...]:
    return tuple(str(place) for place in range(1, len(group) + 1))


def _ballot(task: ThoughtTask, group: Sequence[Thought]) -> list[BaseMessage]:
    listed = "\n".join(f"{i}) {task.render(t.state)[:400]}" for i, t in enumerate(group, start=1))
    asked = HumanMessage(f"Task: {task.goal}\n{listed}\nBest number:")
    return [SystemMessage(VOTE_PROMPT), *VOTE_EXAMPLE, asked]


def _agreeing(task: ThoughtTask, thoughts: Sequence[Thought]) -> dict[str, float]:
    """Return how many thoughts of the same parents gave a thought's answer; 0 for none."""
    answers = {t.id: task.normalise(task.given(t.state)) for t in thoughts}
    scores = {}
    for thought in thoughts:
        own = answers[thought.id]
        others = [answers[t.id] for t in thoughts if t.parents == thought.parents]
        equal = [other for other in others if majority([own, other])[1] == 2]
        scores[thought.id] = float(len(equal)) if own else 0.0
    return scores
