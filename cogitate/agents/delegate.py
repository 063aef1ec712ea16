"""How a run hands a task on: a tool by which the same agent pursues a goal of its own.

The task has its own plan, messages and findings. It shares the run's events, limits, folder and
files. It neither reads nor writes the long-term memory: what it is to know, it is told.
"""

from collections.abc import Sequence
from dataclasses import replace

from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool, StructuredTool

from cogitate.agents.loops import limits_of, own_limits
from cogitate.agents.state import Parts, start
from cogitate.errors import SetupError, ToolFailure
from cogitate.memory import BufferMemory
from cogitate.planners.base import DELEGATE
from cogitate.runs.context import current, within
from cogitate.tools.base import effect_of
from cogitate.values import Limits

RESERVE = 2
"""Turns of a run that the tasks it hands on leave to it, to make something of their results."""
TASK_STEPS = 12
"""Most turns of one task."""


def delegate_tool(parts: Parts, tools: Sequence[BaseTool]) -> BaseTool:
    """Return the tool that pursues a goal by the parts of an agent, with the loop `auto`."""

    async def delegate(
        goal: str, notes: Sequence[str] = (), task: str = "", harmless: bool = False
    ) -> str:
        from cogitate.agents.graph import build_graph  # whose nodes import this module

        if not goal.strip():
            raise ToolFailure("the goal is empty; say what is to be done")
        inner = replace(
            parts,
            loop="auto",
            planner=None,
            critic=None,
            tools=[t for t in tools if not harmless or effect_of(t) != "once"],
            memory=BufferMemory(),
            limits=_limits(parts),
        )
        with within(task or current().next_task()):
            config: RunnableConfig = {"recursion_limit": ceiling(limits_of(inner)) + 10_000}
            final = await build_graph(False).ainvoke(start(goal, notes), config, context=inner)
        if final["stopped"] not in ("answered", "accepted"):
            raise ToolFailure(f"{final['answer']} ({final['stopped']})")
        return str(final["answer"])

    made = StructuredTool.from_function(
        coroutine=delegate, name=DELEGATE, description="Pursue a goal of its own."
    )
    # What it does inside is declared by the tools that it calls there.
    made.metadata = {"effect": "read", "permission": "auto", "timeout": 30 * 86400.0}
    return made


def _limits(parts: Parts) -> Limits:
    """Return how far a task may go: never so far that the run cannot close."""
    limits, turns = own_limits(parts), current().turns
    return replace(limits, steps=max(min(limits.steps - RESERVE, turns + TASK_STEPS), turns + 1))


def ceiling(limits: Limits) -> int:
    """Return LangGraph's own limit: it counts every node; ours must bite first."""
    if limits.steps < 1 or limits.rounds < 1:
        raise SetupError(f"limits of {limits.steps} steps and {limits.rounds} rounds leave no room")
    return 3 * limits.steps + 4 * limits.rounds + 40
