"""The planner that does not plan and the critic that does not object."""

from cogitate.values import Step, Task, Verdict


async def direct(task: Task) -> list[Step]:
    """Leave every decision to the acting model, over all tools at once (ReAct)."""
    return [] if task.tried else [Step(way="react", goal=task.goal)]


async def accept(task: Task, answer: str) -> Verdict:
    """Accept every answer."""
    return Verdict(accepted=True)
