"""A way of working is asked turn after turn without an agent around it."""

from cogitate.planners.base import Turn
from cogitate.runs.context import RunContext, running
from cogitate.values import Task


async def drive(way, goal, model, workspace, *, turns=40, messages=()):
    """Return the last message of a way and the messages that it kept on its way there."""
    kept = list(messages)
    with running(RunContext(run_id="test", workspace=workspace)):
        for _ in range(turns):
            turn = Turn(task=Task(goal=goal), model=model, tools=(), messages=kept)
            move = await way(turn)
            if "thinking" not in move.additional_kwargs:
                return move, kept
            kept.append(move)
    return None, kept
