"""A goal of several steps: each is a run of its own, and is told only what it needs.

python examples/plan_and_execute.py
python examples/plan_and_execute.py "Which file mentions the blue shelf? What is 17 times 23?"
"""

import argparse
import asyncio
from pathlib import Path

from cogitate import Agent, load_model, shipped_tools
from cogitate.runs.events import RunEnded, TasksChanged

DATA = Path(__file__).parent / "data"
GOAL = "What may the buyer of oolong pay at most a kilo, and how much is that for 15 kilos?"


async def follow(agent: Agent, goal: str) -> None:
    """Show the board of steps each time it changes, then the answer."""
    async for event in agent.stream(goal):
        if isinstance(event, TasksChanged):
            print(
                " | ".join(f"{task['id']} {task['status']}: {task['name']}" for task in event.tasks)
            )
        if isinstance(event, RunEnded):
            print(event.result.answer)
            print(f"({event.result.stopped}, {event.result.usage.calls} model calls)")


def main() -> None:
    """Split the goal, pursue its parts, and put the answers together."""
    parser = argparse.ArgumentParser(description="Plan and execute.")
    parser.add_argument("goal", nargs="?", default=GOAL)
    parser.add_argument("--folder", default=DATA, help="the folder that may be read")
    parser.add_argument("--model", help="a model's name; the embedded default when left out")
    options = parser.parse_args()

    agent = Agent(
        model=load_model(options.model, announce=print),
        tools=shipped_tools(offline=True),
        folder=options.folder,
        loop="plan",
        offline=True,
    )
    asyncio.run(follow(agent, options.goal))


if __name__ == "__main__":
    main()
