"""The plan that a run laid out, and how near it is to the plan that a case holds.

A case may have `plan`: its calls in order, each with its `tool` (or a list of tools that are as
good) and `after`, the numbers of the calls whose results it needs. The plan of a run is its first
task board that names tools (the loops compose and rewoo have one). What it does not know: whether
the arguments are right, and other plans that would do.
"""

from collections.abc import Mapping
from typing import Any

from cogitate.errors import SetupError
from cogitate.lab.metrics import ToolUse, plan_score
from cogitate.planners.loops.pipeline.standing import TURNED_DOWN
from cogitate.runs.events import Event, Noted, TasksChanged

PLAN = "plan"


class PlanSeen:
    """The plan of a run, as its events tell it."""

    def __init__(self) -> None:
        self.nodes: tuple[ToolUse, ...] = ()
        self.valid = True
        """Whether the first plan that was written passed the check."""

    def note(self, event: Event) -> None:
        """Take in an event; those of tasks that were handed on are not of this plan."""
        if event.within:
            return
        if isinstance(event, Noted) and event.text.startswith(TURNED_DOWN):
            self.valid = False
        elif isinstance(event, TasksChanged) and not self.nodes:
            self.nodes = tuple(
                ToolUse(
                    id=task["id"], tool=task["tool"], args={}, after=tuple(task.get("after", ()))
                )
                for task in event.tasks
                if "tool" in task
            )


def plan_scores(data: Mapping[str, Any], seen: PlanSeen) -> dict[str, float]:
    """Return the scores of a plan against a case's own; nothing where one of them is missing."""
    if PLAN not in data or not seen.nodes:
        return {}
    wanted = gold_plan(data)
    same = {name: calls[0] for calls in _tools(data) for name in calls}
    found = [
        ToolUse(id=node.id, tool=same.get(node.tool, node.tool), args={}, after=node.after)
        for node in seen.nodes
    ]
    score = plan_score(found, wanted, [node.tool for node in found])
    return {
        "plan valid": float(seen.valid),
        "tools precision": score.nodes.precision,
        "tools recall": score.nodes.recall,
        "tools F1": score.nodes.f1,
        "edges F1": score.edges.f1,
    }


def gold_plan(data: Mapping[str, Any]) -> list[ToolUse]:
    """Return the plan that a case holds.

    Raises:
        SetupError: it is no plan.
    """
    try:
        tools = _tools(data)
        after = [[int(n) for n in call.get("after", ())] for call in data[PLAN]]
        if not all(0 < n <= at for at, needed in enumerate(after) for n in needed):
            raise ValueError("a call needs one that does not come before it")
    except (TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
        raise SetupError(
            f"the plan of the case {data.get('id')!r} is none ({error}); write it as "
            '[{"tool": "look_up"}, {"tool": ["work_out", "calculate"], "after": [1]}]'
        ) from error
    return [
        ToolUse(id=str(at), tool=names[0], args={}, after=tuple(map(str, needed)))
        for at, (names, needed) in enumerate(zip(tools, after, strict=True), 1)
    ]


def _tools(data: Mapping[str, Any]) -> list[list[str]]:
    """Return of each call the tools that may make it, the one that stands for them first."""
    found = [call["tool"] for call in data[PLAN]]
    lists = [[tool] if isinstance(tool, str) else [str(one) for one in tool] for tool in found]
    if not all(lists):
        raise ValueError("a call has no tool")
    return lists
