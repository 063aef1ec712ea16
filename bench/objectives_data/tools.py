"""A tea shop's own tools, which the objectives use."""

from cogitate import ToolFailure, tool

PRICE_A_KILO = {"Lisbon": 2.40, "Porto": 2.10, "Faro": 3.00}
CUPS = {"green tea": 350, "oolong": 280, "jasmine": 320}


@tool(effect="read")
def postage(city: str, kilos: float) -> str:
    """Return the price of posting a parcel to a city.

    Args:
        city: where the parcel goes, for example Lisbon.
        kilos: its weight in kilograms.
    """
    if city not in PRICE_A_KILO:
        raise ToolFailure(f"no parcels go to {city!r}; they go to {', '.join(PRICE_A_KILO)}")
    return f"{4.5 + PRICE_A_KILO[city] * kilos:.2f} euros"


@tool(effect="read")
def cups_in_a_kilo(tea: str) -> str:
    """Return how many cups one kilogram of a tea makes.

    Args:
        tea: green tea, oolong or jasmine.
    """
    if tea not in CUPS:
        raise ToolFailure(f"there is no {tea!r}; there are {', '.join(CUPS)}")
    return f"one kilogram of {tea} makes {CUPS[tea]} cups"
