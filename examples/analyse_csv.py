"""Questions about tables: the model writes SQL, DuckDB runs it, the answer rests on its rows.

python examples/analyse_csv.py
python examples/analyse_csv.py "How many units of oolong were sold in the East?"
"""

import argparse
import asyncio
from pathlib import Path

from cogitate import Agent, load_model, shipped_tools
from cogitate.runs.events import RunEnded, ToolCalled

DATA = Path(__file__).parent / "data"
GOAL = "Which region had the highest total sales, and how much?"


async def ask(agent: Agent, goal: str) -> None:
    """Print the queries as they are made, then the answer."""
    async for event in agent.stream(goal):
        if isinstance(event, ToolCalled):
            print(f"[{event.tool}] {event.args.get('sql', event.args)}")
        if isinstance(event, RunEnded):
            print(event.result.answer)


def main() -> None:
    """Ask about the tables of a folder and show how the answer came about."""
    parser = argparse.ArgumentParser(description="Questions about tables.")
    parser.add_argument("goal", nargs="?", default=GOAL)
    parser.add_argument("--folder", default=DATA, help="CSV, Parquet, JSON and Excel files")
    parser.add_argument("--model", help="a model's name; the embedded default when left out")
    options = parser.parse_args()

    model = load_model(options.model, announce=print)
    agent = Agent(model=model, tools=shipped_tools(["query_tables"]), folder=options.folder)
    asyncio.run(ask(agent, options.goal))


if __name__ == "__main__":
    main()
