"""The planners that do not ask a model, and the critic that does not object."""

from collections.abc import Sequence

from cogitate.values import Step, Task, Verdict


class Ordered:
    """Takes the given ways of working in their order: each when the one before has failed."""

    def __init__(self, ways: Sequence[str]) -> None:
        self.ways = tuple(ways)

    async def __call__(self, task: Task) -> list[Step]:
        """Return the goal as one step, by the first way that was not tried."""
        left = [way for way in self.ways if way not in task.tried]
        return [Step(way=left[0], goal=task.goal)] if left else []


direct = Ordered(["act"])
"""Leaves every decision to the acting model, over all tools at once."""


async def accept(task: Task, answer: str) -> Verdict:
    """Accept every answer."""
    return Verdict(accepted=True)
