"""A queue of tasks: an objective is split, each task is a run of its own, the board is shown.

python examples/babyagi.py
python examples/babyagi.py "Find out who checks the blue shelf, and what 6 percent of 42 is."
cogitate run --loop babyagi --folder examples/data "Who checks the blue shelf, and when?"
"""

import argparse
import asyncio
from pathlib import Path

from cogitate import Agent, load_model, shipped_tools
from cogitate.runs.events import RunEnded, TasksChanged

DATA = Path(__file__).parent / "data"
GOAL = "Find out who is in charge of the web shop, and compute 15 percent of 13017.6."


async def pursue(agent: Agent, goal: str) -> None:
    """Print the board whenever it changes, and the answer at the end."""
    async for event in agent.stream(goal):
        if isinstance(event, TasksChanged):
            print(" | ".join(f"{task['status']}: {task['name']}" for task in event.tasks))
        elif isinstance(event, RunEnded):
            result = event.result
            print(f"{result.answer}\n({result.stopped}, {result.usage.calls} model calls)")


def main() -> None:
    """Pursue one objective with the loop `babyagi`."""
    parser = argparse.ArgumentParser(description="A queue of tasks.")
    parser.add_argument("goal", nargs="?", default=GOAL)
    parser.add_argument("--model", help="a model's name; the embedded default when left out")
    options = parser.parse_args()

    agent = Agent(
        model=load_model(options.model, announce=print),
        tools=shipped_tools(offline=True),
        folder=DATA,
        loop="babyagi",
    )
    asyncio.run(pursue(agent, options.goal))


if __name__ == "__main__":
    main()
