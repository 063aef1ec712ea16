"""Several chains of thought and a vote, on questions in Chinese.

python examples/self_consistency.py
python examples/self_consistency.py --chains 7 "一箱苹果重12千克，卖掉三分之一后还剩多少千克？"
"""

import argparse
import asyncio

from cogitate import Agent, Limits, load_model
from cogitate.planners.thoughts import thinking
from cogitate.runs.events import Noted, RunEnded

GOALS = [
    "小明有15本书，借给同学6本，又买了4本。他现在有多少本书？",
    "一支铅笔2元，一本练习本5元。买3支铅笔和4本练习本一共多少元？",
]


def main() -> None:
    """Write several chains for each question, and take the answer of most."""
    parser = argparse.ArgumentParser(description="Self-consistency on questions in Chinese.")
    parser.add_argument("goal", nargs="*", default=GOALS)
    parser.add_argument("--chains", type=int, default=5, help="how many chains are written")
    parser.add_argument("--model", help="a model's name; the embedded default when left out")
    options = parser.parse_args()

    model = load_model(options.model, announce=print)
    way = thinking("sc", branches=options.chains)
    agent = Agent(model=model, executor=way, limits=Limits(seconds=300))
    for goal in options.goal:
        asyncio.run(ask(agent, goal))


async def ask(agent: Agent, goal: str) -> None:
    """Ask one question, and say how many chains agree."""
    print(goal)
    async for event in agent.stream(goal):
        if isinstance(event, Noted) and "give this answer" in event.text:
            print(f"   {event.text}")
        if isinstance(event, RunEnded):
            print(f"-> {event.result.answer}")


if __name__ == "__main__":
    main()
