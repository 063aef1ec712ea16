"""Several tries of a function, with a lesson after each that fails.

从失败中学习：写函数、测试、写一条教训，再试一次；有用的教训记入记忆。

python examples/learn_from_mistakes.py
python examples/learn_from_mistakes.py --strategy none
"""

import argparse
import asyncio

from cogitate import Agent, BufferMemory, load_model, shipped_tools
from cogitate.planners.loops.reflexion.loop import Reflexion
from cogitate.runs.events import ModelCalled, Noted, RunEnded

GOAL = (
    "写一个 Python 函数 spaced(text)，把每两个相邻的相同字母之间插入一个连字符。"
    "spaced('aabb') == 'a-ab-b'，spaced('') == ''"
)


async def show(agent: Agent, goal: str) -> None:
    """Print each lesson, and the answer."""
    async for event in agent.stream(goal):
        if isinstance(event, ModelCalled) and event.purpose == "lesson":
            print(f"教训：{event.text}")
        elif isinstance(event, Noted):
            print(f"（{event.text}）")
        elif isinstance(event, RunEnded):
            print(event.result.answer)


def main() -> None:
    """Have a function written."""
    parser = argparse.ArgumentParser(description="几次尝试，每次带着前几次的教训。")
    parser.add_argument("goal", nargs="?", default=GOAL)
    parser.add_argument(
        "--strategy",
        default="lessons",
        choices=["none", "last_attempt", "lessons", "last_attempt_and_lesson"],
        help="下一次尝试能看到什么；none 是单纯重试",
    )
    parser.add_argument("--model", help="模型名；不写则用内置的默认模型")
    options = parser.parse_args()

    model = load_model(options.model, announce=print)
    way = Reflexion(strategy=options.strategy)
    memory = BufferMemory()
    agent = Agent(model=model, tools=shipped_tools(["python"]), executor=way, memory=memory)
    asyncio.run(show(agent, options.goal))
    print("\n".join(note for note in memory.notes if note.startswith("Lesson")))


if __name__ == "__main__":
    main()
