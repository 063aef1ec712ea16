"""Thinking: the way of working that searches among thoughts. Each turn is one operation.

What a turn finds out is kept by `go_on`, so a run that was cut off goes on in the middle of its
search and asks nothing twice. The graph of thoughts is written into the run's workspace.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage

from cogitate.answers import majority
from cogitate.errors import SetupError
from cogitate.planners.base import Turn, go_on, no_evidence
from cogitate.planners.thoughts.depth import go_deeper
from cogitate.planners.thoughts.engine import carry_out, ranked
from cogitate.planners.thoughts.export import FILE, as_json
from cogitate.planners.thoughts.methods import (
    SETTINGS,
    Settings,
    cost_of,
    evaluator,
    fitted,
    plan_of,
    task_for,
)
from cogitate.planners.thoughts.operations import (
    Evaluate,
    Generate,
    KeepBest,
    KeepValid,
    Operation,
    Select,
)
from cogitate.planners.thoughts.search import ASKED, SAVED, Search
from cogitate.planners.thoughts.thought import Thought
from cogitate.planners.ways.saying import say
from cogitate.runs.context import current, task_of
from cogitate.runs.events import Noted

STALE = 2
"""Levels without a better score after which a search that betters whole solutions ends."""


@dataclass(frozen=True)
class Thinking:
    """A way of working with the settings of one method: `Agent(executor=Thinking(...))`."""

    settings: Settings = SETTINGS["tot"]

    async def __call__(self, turn: Turn) -> AIMessage:
        """Take up the search, carry out the next operation, and answer when it is over."""
        if self.settings.method == "pot" and "python" not in [tool.name for tool in turn.tools]:
            return no_evidence("programs of thoughts need the python tool")
        settings, opening = self._begun(turn)
        if settings is None:
            return no_evidence("the search would cost more than it may, however small it is made")
        task = task_for(settings, turn.task)
        judged_by = evaluator(settings, task) if settings.method == "tot" else None
        search = Search(task, plan_of(settings, task), judged_by=judged_by)
        for change in turn.thoughts:
            search.take(change)
        search.change = {}
        if turn.last or _is_over(search, settings):
            return await _concluded(turn, search, settings)
        move = await _next(turn, search, settings)
        best = search.best()
        _write(search, settings, None)
        partial = search.task.answer(best.state) or (best.text if best.depth else "")
        return go_on(move, partial=partial, **opening, **search.change)

    def _begun(self, turn: Turn) -> tuple[Settings | None, dict[str, Any]]:
        """Return the settings that fit the limits, and what the first turn keeps of them."""
        if turn.thoughts:
            return Settings(**turn.thoughts[0]["settings"]), {}
        task = task_for(self.settings, turn.task)
        found = fitted(self.settings, task)
        if found is None:
            return None, {}
        settings, cost = found
        if settings != self.settings:
            full = cost_of(self.settings, task)
            _note(
                f"{full.calls} model calls and {full.tokens} tokens would be too many; trimmed to "
                f"beam {settings.beam}, branches {settings.branches}, votes {settings.votes}"
            )
        _note(
            f"{settings.method} on {task.name}: at most {cost.calls} model calls and about "
            f"{cost.tokens} tokens for {cost.thoughts} thoughts"
        )
        return settings, {"settings": settings.as_dict()}


def _note(text: str) -> None:
    current().emit(Noted(text=f"thoughts: {text}"))


def _by_depth(settings: Settings) -> bool:
    return settings.method == "tot" and settings.order == "depth"


async def _next(turn: Turn, search: Search, settings: Settings) -> AIMessage | None:
    """Carry out the next operation, and those after it that ask nobody."""
    if _by_depth(settings):
        await go_deeper(turn, search, settings)
        return None
    number = search.ready()
    while number is not None:
        move = await carry_out(turn, search, number)
        number = search.ready()
        if move is not None or _is_over(search, settings):
            return move
        if number is None or not _asks_nobody(search.plan[number].operation):
            return None
    return None


def _asks_nobody(operation: Operation) -> bool:
    match operation:
        case Evaluate(mode=mode):
            return mode in ("program", "agreement")
        case Generate(mode=mode):
            return mode == "program"
        case Select(rule=rule):
            return rule != "person"
        case _:
            return isinstance(operation, KeepBest | KeepValid)


def _is_over(search: Search, settings: Settings) -> bool:
    """Return whether a search has its answer, or can find no better one."""
    if search.solutions() or len(search.thoughts) > settings.most_thoughts:
        return True
    if _by_depth(settings):
        ended = [t for t in search.terminals() if t.solved is None]
        return not search.stack or bool(ended)
    if search.ready() is None:
        return True
    if not search.outputs:
        return False
    frontier = search.frontier()
    chosen = isinstance(search.plan[max(search.outputs)].operation, Select)
    closed = chosen and all(search.task.is_terminal(t.state) for t in frontier)
    return not frontier or (settings.method == "tot" and (closed or _is_stale(search)))


def _is_stale(search: Search) -> bool:
    """Return whether the last levels brought no better score."""
    if not search.task.improves:
        return False
    tops = [
        max((search.thoughts[i].score or 0.0 for i in ids), default=float("-inf"))
        for number, ids in sorted(search.outputs.items())
        if isinstance(search.plan[number].operation, Select)
    ]
    return len(tops) > STALE and max(tops[-STALE:]) <= max(tops[:-STALE])


# ------------------------------------------------------------------------------------ the end


async def _concluded(turn: Turn, search: Search, settings: Settings) -> AIMessage:
    """Return the answer of a search that is over, or why it has none."""
    task, best = search.task, _outcome(search, settings)
    _write(search, settings, best)
    _note(_summary(search, settings))
    hopeless = task.hopeless()
    if hopeless:
        return AIMessage(hopeless)
    if best is None:
        return no_evidence(f"no thought of {len(search.thoughts)} came to an answer")
    answer = task.answer(best.state)
    if task.verify(best.state) is False:
        return no_evidence(f"no answer passes the check; the best was {answer[:200]!r}")
    return await say(turn, answer) if settings.method == "pot" else AIMessage(answer)


def _outcome(search: Search, settings: Settings) -> Thought | None:
    """Return the thought whose answer is given: solved, else what most of the last ones say."""
    solved = search.solutions()
    if solved:
        return ranked(solved)[0]
    task = search.task
    ended = [t for t in ranked(search.frontier()) if task.answer(t.state)]
    ended = ended or [t for t in ranked(search.terminals()) if task.answer(t.state)]
    if not ended:
        return None
    if task.exact:
        return ended[0]
    answers = [task.normalise(task.answer(t.state)) for t in ended]
    chosen, votes = majority(answers)
    if votes == 0:
        return None
    best = ended[answers.index(chosen)]
    together = [t for t in search.terminals() if t.parents == best.parents]
    agreeing = [t for t in together if _agree(search, best, t)]
    if len(together) > 1:
        _note(f"{len(agreeing)} of {len(together)} thoughts give this answer")
    return best if len(agreeing) >= settings.agree * len(together) else None


def _agree(search: Search, one: Thought, other: Thought) -> bool:
    task = search.task
    answers = [task.normalise(task.answer(t.state)) for t in (one, other)]
    return majority(answers)[1] == len(answers)


def _summary(search: Search, settings: Settings) -> str:
    judged = sum(t.score is not None for t in search.thoughts.values())
    counts = dict(sorted(search.counts.items()))
    asked, saved = counts.pop(ASKED, 0), counts.pop(SAVED, 0)
    told = [f"{len(search.thoughts)} thoughts", f"{judged} judged"]
    told += [f"{count} {what}" for what, count in counts.items()]
    if asked + saved:
        share = f"{100 * saved / (asked + saved):.0f} %"
        told.append(f"{asked} judgements of a model, {saved} saved by what was known ({share})")
    return f"{settings.method}: {', '.join(told)}"


def graph_of(search: Search, settings: Settings, best: Thought | None) -> dict[str, Any]:
    """Return the graph of a search as plain data."""
    return {
        "method": settings.method,
        "task": search.task.name,
        "goal": search.task.goal,
        "settings": settings.as_dict(),
        "best": None if best is None else best.id,
        "counts": search.counts,
        "operations": [
            {"name": type(p.operation).__name__, "after": list(p.after), "level": p.level,
             "thoughts": search.outputs.get(number)}
            for number, p in enumerate(search.plan)
        ],
        "thoughts": [thought.as_dict() for thought in search.thoughts.values()],
    }  # fmt: skip


def _write(search: Search, settings: Settings, best: Thought | None) -> None:
    """Write the graph into the run's workspace, over what was there."""
    context, task = current(), re.sub(r"[^\w-]", "_", task_of())
    path = Path(context.workspace) / (f"thoughts-{task}.json" if task else FILE)
    text = as_json(graph_of(search, settings, best))
    path.write_text(text, encoding="utf-8", errors="replace")
    if str(path) not in context.artefacts:
        context.artefacts.append(str(path))


def thinking(method: str, **changes: Any) -> Thinking:
    """Return the way of working of a method, with some of its settings changed.

    Args:
        method: standard, cot, sc, tot, got or pot.
        changes: fields of `Settings`.

    Raises:
        SetupError: there is no such method, or no such field.
    """
    settings = next((found for name, found in SETTINGS.items() if name == method), None)
    if settings is None:
        raise SetupError(f"there is no method {method!r}; choose from {', '.join(SETTINGS)}")
    unknown = sorted(changes.keys() - settings.as_dict().keys())
    if unknown:
        known = ", ".join(settings.as_dict())
        raise SetupError(f"there is no setting {unknown[0]!r}; choose from {known}")
    return Thinking(replace(settings, **changes))


__all__ = ["Settings", "Thinking", "graph_of", "thinking"]
