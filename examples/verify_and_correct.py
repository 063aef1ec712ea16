"""An answer is verified by tools before it is given: programs written anew, sources, its form.

python examples/verify_and_correct.py
python examples/verify_and_correct.py "A shirt of 40 euros is 15% off, then 10% more. The price?"
"""

import argparse
import asyncio

from cogitate import Agent, load_model, shipped_tools
from cogitate.runs.events import Judged, Noted, RunEnded

GOAL = "A tank of 340 litres loses 15% of its content a day. How much is left after 6 days?"


async def show(agent: Agent, goal: str) -> None:
    """Print what the critic said of each answer, and the last one."""
    async for event in agent.stream(goal):
        if isinstance(event, Noted) and event.text.startswith("critic"):
            print(event.text)
        elif isinstance(event, Judged) and not event.accepted:
            print(f"turned down: {event.advice}")
        elif isinstance(event, RunEnded):
            print(event.result.answer)
            print(f"({event.result.stopped} after {event.result.steps} steps)")


def main() -> None:
    """Ask the agent."""
    parser = argparse.ArgumentParser(description="Verify, criticise, correct.")
    parser.add_argument("goal", nargs="?", default=GOAL)
    parser.add_argument("--model", help="a model's name; the embedded default when left out")
    options = parser.parse_args()

    model = load_model(options.model, announce=print)
    asyncio.run(show(Agent(model=model, tools=shipped_tools(), loop="critic"), options.goal))


if __name__ == "__main__":
    main()
