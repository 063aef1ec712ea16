"""All calls are planned before the first one runs: two model calls for any number of tools.

python examples/rewoo.py
python examples/rewoo.py "How much is postage for 2 kg to Porto? Convert it to Chinese yuan."
"""

import argparse
from typing import Literal

from cogitate import Agent, load_model, tool

PRICE_A_KILO = {"Lisbon": 2.40, "Porto": 2.10, "Faro": 3.00}
RATE = {"USD": 1.10, "CNY": 7.80}
GOAL = "How much is postage for 3.5 kg to Lisbon? Convert that price to US dollars."


@tool(effect="read")
def postage(city: Literal["Lisbon", "Porto", "Faro"], kilos: float) -> str:
    """Return the price in euros of posting a parcel to a city.

    Args:
        city: where the parcel goes.
        kilos: its weight in kilograms.
    """
    return f"{4.5 + PRICE_A_KILO[city] * kilos:.2f} euros"


@tool(effect="read")
def exchange(euros: float, currency: Literal["USD", "CNY"]) -> str:
    """Return an amount of euros in US dollars or Chinese yuan.

    Args:
        euros: the amount.
        currency: USD for US dollars, CNY for Chinese yuan.
    """
    return f"{euros * RATE[currency]:.2f} {currency}"


def main() -> None:
    """Plan the calls, run them by levels, and answer from what they gave."""
    parser = argparse.ArgumentParser(description="Reasoning without observation.")
    parser.add_argument("goal", nargs="?", default=GOAL)
    parser.add_argument("--model", help="a model's name; the embedded default when left out")
    options = parser.parse_args()

    model = load_model(options.model, announce=print)
    agent = Agent(model=model, tools=[postage, exchange], loop="rewoo")
    result = agent.run(options.goal)
    print(result.answer)
    print(f"({result.stopped}, {result.usage.calls} model calls)")


if __name__ == "__main__":
    main()
