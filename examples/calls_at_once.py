"""Function calling: every call that a request needs in one decision, and none where no tool fits.

python examples/calls_at_once.py
python examples/calls_at_once.py "Who painted the ceiling of the chapel?"
"""

import argparse
import asyncio

from cogitate import Agent, load_model, tool
from cogitate.runs.events import RunEnded, ToolCalled

DISTANCES = {("Lisbon", "Porto"): 313, ("Porto", "Braga"): 55}
GOAL = "How far is it from Lisbon to Porto, and from Porto to Braga?"


@tool(effect="read")
def distance(start: str, end: str, unit: str = "km") -> str:
    """Return the distance by road between two cities.

    Args:
        start: a city.
        end: another city.
        unit: km or miles; km where nothing is said.
    """
    found = DISTANCES.get((start, end)) or DISTANCES.get((end, start))
    return f"{found} {unit}" if found else "unknown"


async def show(agent: Agent, request: str) -> None:
    """Print each call as it is made, and the answer."""
    async for event in agent.stream(request):
        if isinstance(event, ToolCalled):
            print(event.tool, event.args)
        elif isinstance(event, RunEnded):
            print(event.result.answer)


def main() -> None:
    """Run the request."""
    parser = argparse.ArgumentParser(description="All calls of a request at once.")
    parser.add_argument("request", nargs="?", default=GOAL)
    parser.add_argument("--model", help="the model; the default one when not given")
    options = parser.parse_args()

    agent = Agent(model=load_model(options.model, announce=print), tools=[distance], loop="calls")
    asyncio.run(show(agent, options.request))


if __name__ == "__main__":
    main()
