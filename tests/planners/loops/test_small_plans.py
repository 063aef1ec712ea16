"""Plans of a real model of 0.5B: whatever it writes is sound, or is not run."""

from typing import Literal

import pytest

from cogitate import Agent, Limits, tool
from cogitate.runs.events import Observed, ToolCalled

pytestmark = pytest.mark.model


@tool(effect="read")
def freight(town: Literal["Oslo", "Bern"], kilos: float) -> str:
    """Return the price in euros of sending a parcel to a town.

    Args:
        town: where it goes.
        kilos: its weight.
    """
    return f"{kilos * 2 + len(town):.2f} euros"


@tool(effect="read")
def francs(euros: float) -> str:
    """Return an amount of euros in Swiss francs.

    Args:
        euros: the amount.
    """
    return f"{euros * 0.95:.2f} francs"


GOAL = "How much is freight for 7.5 kg to Bern? Convert that price to francs."


async def test_what_a_small_model_plans_is_sound_and_leaks_no_placeholder(small_model):
    limits = Limits(steps=12, seconds=60)
    made = Agent(model=small_model, tools=[freight, francs], loop="rewoo", limits=limits)
    events = [e async for e in made.stream(GOAL)]
    sent = [e.args for e in events if isinstance(e, ToolCalled)]
    assert sent
    assert all("#E" not in str(args) for args in sent)
    assert not any("bad arguments" in e.text for e in events if isinstance(e, Observed))
    assert events[-1].result.stopped in ("answered", "no_evidence", "steps", "time")
