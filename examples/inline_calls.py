"""Tool calls inside running text, on questions in Chinese: the text pauses for each result.

python examples/inline_calls.py
python examples/inline_calls.py "A shelf holds 23 boxes of 36 screws. How many screws are there?"
"""

import argparse
import asyncio

from cogitate import Agent, load_model, shipped_tools
from cogitate.runs.events import Observed, RunEnded, ToolCalled

GOALS = ["一本书有368页，每天读16页，多少天读完？", "一箱苹果24个，17箱一共多少个？"]


async def ask(agent: Agent, goal: str) -> None:
    """Ask one question; print each call where the text pauses, and the answer."""
    print(goal)
    async for event in agent.stream(goal):
        if isinstance(event, ToolCalled):
            print(f"  [[{event.tool}: {next(iter(event.args.values()))}", end="")
        elif isinstance(event, Observed):
            print(f" -> {event.text}]]")
        elif isinstance(event, RunEnded):
            print(f"-> {event.result.answer}")


def main() -> None:
    """Ask one question after another."""
    parser = argparse.ArgumentParser(description="Tool calls inside running text.")
    parser.add_argument("goal", nargs="*", default=GOALS)
    parser.add_argument("--model", help="a model's name; the embedded default when left out")
    options = parser.parse_args()
    model = load_model(options.model, announce=print)
    agent = Agent(model=model, tools=shipped_tools(["calculate"]), loop="inline")
    for goal in options.goal:
        asyncio.run(ask(agent, goal))


if __name__ == "__main__":
    main()
