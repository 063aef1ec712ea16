"""Tools of your own: typed functions with a docstring.

python examples/custom_tool.py
python examples/custom_tool.py "What do I pay to send a parcel of 2 kg to Porto?"
cogitate run --tools examples/custom_tool.py "How much is postage for 3.5 kg to Lisbon?"
"""

import argparse

from cogitate import Agent, ToolFailure, load_model, tool

PRICE_A_KILO = {"Lisbon": 2.40, "Porto": 2.10, "Faro": 3.00}


@tool(effect="read")
def postage(city: str, kilos: float) -> str:
    """Return the price of posting a parcel to a city.

    Args:
        city: where the parcel goes, for example Lisbon.
        kilos: its weight in kilograms.
    """
    if city not in PRICE_A_KILO:
        # The model reads this and can try again.
        raise ToolFailure(f"no parcels go to {city!r}; they go to {', '.join(PRICE_A_KILO)}")
    return f"{4.5 + PRICE_A_KILO[city] * kilos:.2f} euros"


def main() -> None:
    """Ask the agent, which has one tool, and print its answer."""
    parser = argparse.ArgumentParser(description="A tool of your own.")
    parser.add_argument("goal", nargs="?", default="How much is postage for 3.5 kg to Lisbon?")
    parser.add_argument("--model", help="a model's name; the embedded default when left out")
    options = parser.parse_args()

    agent = Agent(model=load_model(options.model, announce=print), tools=[postage])
    print(agent.run(options.goal).answer)


if __name__ == "__main__":
    main()
