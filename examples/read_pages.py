"""ReAct over a small collection of pages: a thought, a search or a look-up, an answer.

python examples/read_pages.py
python examples/read_pages.py --loop act "Which river does the lighthouse of Alder stand on?"
"""

import argparse
import asyncio

from cogitate import Agent, load_model
from cogitate.runs.events import Observed, RunEnded, ToolCalled
from cogitate.tools.pages import page_tools

PAGES = {
    "Alder": "Alder is a small town with a lighthouse. It lies where the Wend meets the sea. "
    "Its market is on Fridays. The mayor of Alder is Ida Korhonen.",
    "Wend": "The Wend is a river of 212 km. It rises near Hollin.",
    "Ida Korhonen": "Ida Korhonen is a politician. She was born in Hollin in 1971.",
}
GOAL = "In which year was the mayor of Alder born?"


async def show(agent: Agent, goal: str) -> None:
    """Print each call with what it gave, and the answer."""
    async for event in agent.stream(goal):
        if isinstance(event, ToolCalled):
            print(f"{event.tool}({', '.join(map(str, event.args.values()))})")
        elif isinstance(event, Observed):
            print(f"  -> {event.text}")
        elif isinstance(event, RunEnded):
            print(event.result.answer)


def main() -> None:
    """Ask the agent."""
    parser = argparse.ArgumentParser(description="ReAct over pages.")
    parser.add_argument("goal", nargs="?", default=GOAL)
    parser.add_argument("--loop", default="react", help="react, act, react-sc or sc-react")
    parser.add_argument("--model", help="a model's name; the embedded default when left out")
    options = parser.parse_args()
    model = load_model(options.model, announce=print)
    agent = Agent(model=model, tools=page_tools(PAGES), loop=options.loop)
    asyncio.run(show(agent, options.goal))


if __name__ == "__main__":
    main()
