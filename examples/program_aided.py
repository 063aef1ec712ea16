"""A question is worked out by a program, and what the program prints is the answer.

python examples/program_aided.py
python examples/program_aided.py --programs 5 "3 boxes of 24 cost 18 euros each. What is one piece?"
"""

import argparse

from cogitate import Agent, load_model, shipped_tools
from cogitate.planners.loops.pal import Pal
from cogitate.runs.events import Noted, Observed, ToolCalled

GOAL = (
    "A machine makes 130 cups an hour. It runs 9 hours a day, and 4 percent of the cups break. "
    "How many whole cups are there after 5 days?"
)


async def show(agent: Agent, goal: str) -> None:
    """Print each program with what it printed, and the answer."""
    async for event in agent.stream(goal):
        if isinstance(event, ToolCalled):
            print(f"{event.args['code'].strip()}\n")
        elif isinstance(event, Observed):
            print(f"  -> {event.text}\n")
        elif isinstance(event, Noted):
            print(f"({event.text})")
        elif event.kind == "RunEnded":
            print(event.as_dict()["result"]["answer"])


def main() -> None:
    """Ask the agent."""
    import asyncio

    parser = argparse.ArgumentParser(description="The answer is what a program prints.")
    parser.add_argument("goal", nargs="?", default=GOAL)
    parser.add_argument("--programs", type=int, default=1, help="programs that vote")
    parser.add_argument("--model", help="a model's name; the embedded default when left out")
    options = parser.parse_args()

    model = load_model(options.model, announce=print)
    tools = shipped_tools(["python"])
    if options.programs > 1:
        agent = Agent(model=model, tools=tools, executor=Pal(programs=options.programs))
    else:
        agent = Agent(model=model, tools=tools, loop="pal")  # a chain of thought follows it
    asyncio.run(show(agent, options.goal))


if __name__ == "__main__":
    main()
