"""A checklist of goals, one command at a time, approved by a person: 自主循环，先批准再执行.

python examples/autogpt.py
python examples/autogpt.py --yes "查出品茶会最多请多少位客人，并算出每人3杯茶一共多少杯。"
cogitate run --loop autogpt --folder examples/data "谁负责写邀请信？"
"""

import argparse
import asyncio
from pathlib import Path

from cogitate import Agent, load_model, shipped_tools
from cogitate.runs.events import RunEnded, TasksChanged

DATA = Path(__file__).parent / "data"
GOAL = "查出谁负责仓库盘点，并算出2025年9月18日到2025年11月14日有多少天。"


async def approve(question: str) -> str:
    """Return what the person replies: y, y 5, s, q, or words of advice."""
    print(question)
    try:
        return await asyncio.to_thread(input, "> ")
    except EOFError:  # nobody is there any more: the run ends with what there is
        return "q"


async def pursue(agent: Agent, goal: str, yes: bool) -> None:
    """Print the checklist as it is ticked, and the answer at the end."""
    async for event in agent.stream(goal, ask=None if yes else approve):
        if isinstance(event, TasksChanged):
            marks = ["✓" if task["status"] == "done" else "·" for task in event.tasks]
            print("  ".join(f"{m} {t['name']}" for m, t in zip(marks, event.tasks, strict=True)))
        elif isinstance(event, RunEnded):
            print(f"{event.result.answer}\n({event.result.stopped})")


def main() -> None:
    """Pursue one objective with the loop `autogpt`."""
    parser = argparse.ArgumentParser(description="One command at a time, authorised.")
    parser.add_argument("goal", nargs="?", default=GOAL)
    parser.add_argument("--yes", action="store_true", help="ask nobody: only harmless commands run")
    parser.add_argument("--model", help="a model's name; the embedded default when left out")
    options = parser.parse_args()

    tools = shipped_tools(offline=True)
    model = load_model(options.model, announce=print)
    agent = Agent(model=model, tools=tools, folder=DATA, loop="autogpt")
    asyncio.run(pursue(agent, options.goal, options.yes))


if __name__ == "__main__":
    main()
