"""The lab with a real model of 0.5B: an evaluation from the file to the report."""

import pytest

from cogitate.lab.runner import Plan, evaluate
from cogitate.lab.suites import Case, load_cases
from cogitate.values import Limits
from tests.lab.oracle import write_sums

pytestmark = pytest.mark.model


async def test_a_small_model_is_measured_and_what_it_costs(small_model, tmp_path):
    cases = load_cases("gsm8k", write_sums(tmp_path / "sums.jsonl", 3))
    few = Limits(steps=2, tool_calls=2, seconds=8)
    loops = ("bare", "react")
    plan = Plan(suite="gsm8k", cases=cases[2:], models=("small",), loops=loops, caps=few)
    report = await evaluate(plan, lambda _: small_model)
    assert report["methods"]["bare"]["success"] == 1.0
    assert report["methods"]["bare"]["tokens"] > 20
    row = report["methods"]["react"]
    assert row["cases"] == 1
    assert "exception" not in row["stopped"]  # on a busy machine it may be `time`


async def test_a_small_model_calls_the_function_that_is_wanted(small_model):
    properties = {"width": {"type": "integer", "description": "metres"}}
    function = {
        "name": "room.area",
        "description": "Return the area of a square room.",
        "parameters": {"type": "object", "properties": properties, "required": ["width"]},
    }
    data = {
        "id": "area",
        "messages": [{"role": "user", "content": "What is the area of a room 7 metres wide?"}],
        "tools": [{"type": "function", "function": function}],
        "ground_truth": [{"room.area": {"width": [7]}}],
    }
    case = Case(id="area", suite="bfcl_simple", data=data)
    plan = Plan(suite="bfcl_simple", cases=[case], models=("small",), loops=("bare",))
    report = await evaluate(plan, lambda _: small_model)
    assert report["methods"]["bare"]["success"] == 1.0
