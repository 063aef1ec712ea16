"""Two runs and one memory: what is told in the first is used in the second.

python examples/remember_me.py
python examples/remember_me.py --tell "我对青霉素过敏。" --ask "我对什么药过敏？"
python examples/remember_me.py --db ~/me.db --ask "What do you know about me?"
"""

import argparse
import asyncio
import tempfile
from pathlib import Path

from cogitate import Agent, MemoryStream, load_model, shipped_tools


async def run(goal: str, db: Path, model: str | None) -> str:
    """Return the answer of an agent that has nothing of earlier runs but the memory's file."""
    async with MemoryStream(db) as memory:
        agent = Agent(
            model=load_model(model, announce=print),
            tools=shipped_tools(folder=False, offline=True),
            memory=memory,
        )
        return (await agent.arun(goal)).answer


def main() -> None:
    """Tell something, then ask for it."""
    parser = argparse.ArgumentParser(description="Two runs and one memory.")
    parser.add_argument("--tell", default="My sister Ines lives in Braga and keeps bees.")
    parser.add_argument("--ask", default="In which city does my sister live?")
    parser.add_argument("--db", type=Path, help="the memory's file; a new one when left out")
    parser.add_argument("--model", help="a model's name; the embedded default when left out")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        db = options.db or Path(folder) / "memory.db"
        for goal in (options.tell, options.ask):
            print(f"{goal}\n-> {asyncio.run(run(goal, db, options.model))}")


if __name__ == "__main__":
    main()
