"""The whole of it with a real model of 0.5B: what must be right however small the model."""

import pytest

from cogitate import Agent, Step, shipped_tools
from cogitate.planners.grounding import numbers_in
from cogitate.runs.events import ModelCalled, Observed, Planned

pytestmark = pytest.mark.model


async def test_arithmetic_is_worked_out_by_programs_that_agree(small_model):
    async def plan(task):
        return [] if task.tried else [Step(way="compute", goal=task.goal)]

    made = Agent(model=small_model, tools=shipped_tools(), planner=plan)
    events = [e async for e in made.stream("How much is 347 times 29?")]
    seen = next(e for e in events if isinstance(e, Observed))
    if "confine" in seen.text and not seen.ok:
        pytest.skip("the kernel of this machine has no Landlock or no seccomp")
    result = events[-1].result
    assert result.ok, result.answer
    assert len([e for e in events if isinstance(e, Observed)]) >= 2  # one alone is not believed
    assert 10063 in [n.value for n in numbers_in(result.answer)]


async def test_where_something_stands_is_right_with_the_default_planner(small_model, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "garden.md").write_text("# Garden\nWater the tomatoes on Monday.\n")
    (folder / "house.md").write_text("# House\n\nThe stopcock is behind the washing machine.\n")
    made = Agent(model=small_model, tools=shipped_tools(), folder=folder)
    events = [e async for e in made.stream("Which file mentions the washing machine?")]
    result = events[-1].result
    assert result.ok
    assert "house.md" in result.answer and "line 3" in result.answer
    assert "garden.md" not in result.answer
    assert next(e for e in events if isinstance(e, Planned)).steps[0]["way"] == "read"


async def test_what_a_call_costs_is_counted_and_reused(small_model):
    made = Agent(model=small_model)
    events = [e async for e in made.stream("Say hello.")]
    again = await made.arun("Say hello.")
    calls = [e for e in events if isinstance(e, ModelCalled)]
    assert [e.purpose for e in calls] == ["reply"]
    assert calls[0].usage.written > 0
    assert again.usage.reused > 0
