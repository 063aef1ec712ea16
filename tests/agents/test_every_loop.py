"""Every loop, against limits, a failing tool, malformed answers and an interrupt.

Whatever a model writes, a run ends in order: with a typed reason and without an exception.
"""

import asyncio
import json
import random
from dataclasses import replace
from typing import Any, get_args

import pytest
from langchain_core.messages import AIMessage

from cogitate import Agent, Limits, ScriptedModel, shipped_tools, tool
from cogitate.agents.loops import LOOPS
from cogitate.agents.running import Going, result_of
from cogitate.runs.events import ModelCalled, RunEnded
from cogitate.runs.store import RunStore
from cogitate.values import StopReason

STOPS = set(get_args(StopReason))
GOALS = (
    "A box holds 14 jars of 36 pickles and 5 jars break. How many pickles are left?",
    "Use the numbers 4 9 10 13 to make 24.",
    "查一下仓库里有多少把椅子，然后乘以3。",
)
FUZZED = 1_000
"""Answers of the fuzzing model, over all loops together."""


@tool(effect="read")
def stock(thing: str) -> str:
    """Return how many of a thing are in stock.

    Args:
        thing: what is counted.
    """
    return f"there are {len(thing) + 40} of {thing}"


@tool(effect="read")
def broken(thing: str) -> str:
    """Return how many of a thing are in stock.

    Args:
        thing: what is counted.
    """
    raise RuntimeError("the shelf has fallen down")


class Fuzzing(ScriptedModel):
    """A model that writes anything: nothing, broken JSON, calls of tools that there are not."""

    draw: random.Random
    asked: list[int]
    silent: int = 0
    """The call that is never answered; 0: all are."""
    waits: Any = None
    """An `asyncio.Event` that is set when that call is made."""

    async def _agenerate(self, messages, stop=None, run_manager=None, **options):
        if self.asked[0] + 1 == self.silent:
            self.asked[0] += 1
            self.waits.set()
            await asyncio.Event().wait()
        return await super()._agenerate(messages, stop, run_manager, **options)

    def _next(self, messages, options):
        self.asked[0] += 1
        return self._counted(messages, fuzz(self.draw, options.get("schema")))


def fuzz(draw, schema):
    """Return one answer; where a decision is asked for, now and then one that nearly fits."""
    texts = [
        "",
        "\n\n",
        "{",
        '{"why": "x", "steps": [{"id": 1, "tool": "stock", "args": ',
        "null",
        "[]",
        "yes",
        "no",
        "42",
        "1. [calc] 2+2\n=> 5\nANSWER: 5",
        "[[calc: 2+2]] [[find: ]] [[",
        "```python\nprint(1/0)\n```",
        "```python\nwhile True pass\n```",
        "Thought: x\nAction: y[z]",
        "#E1 = stock[#E9]",
        "ANSWER: \ud83d\ude00 " + "好" * 400,
        "Answer: 499",
        "$1.text $99 {goal} %s \\x00",
        "a" * 5_000,
    ]
    kind = draw.random()
    if schema is not None and kind < 0.5:
        return AIMessage(json.dumps(shaped(draw, schema_of(schema)), ensure_ascii=False))
    if kind < 0.7:
        name = draw.choice(["stock", "python", "delegate", "run_code", "nothing", ""])
        args = draw.choice(
            [{}, {"thing": "chairs"}, {"thing": 3}, {"code": "print(7)"}, {"": None}]
        )
        calls = [{"name": name, "args": args, "id": f"c{draw.random()}"}]
        return AIMessage(draw.choice(texts), tool_calls=calls * draw.choice([1, 1, 3]))
    return AIMessage(draw.choice(texts))


def schema_of(schema):
    return schema if isinstance(schema, dict) else schema.model_json_schema()


def shaped(draw, schema, root=None, depth=0):
    """Return a value that mostly has the form of a JSON schema, with values out of bounds."""
    root = root or schema
    if "$ref" in schema:
        return shaped(draw, root["$defs"][schema["$ref"].split("/")[-1]], root, depth + 1)
    if "enum" in schema:
        return draw.choice([*schema["enum"], "none of these"])
    if "anyOf" in schema:
        return shaped(draw, draw.choice(schema["anyOf"]), root, depth + 1)
    if draw.random() < 0.05 or depth > 6:
        return None
    match schema.get("type"):
        case "object":
            return {
                k: shaped(draw, v, root, depth + 1) for k, v in schema.get("properties", {}).items()
            }
        case "array":
            count = draw.choice([0, 1, 2, 9])
            return [shaped(draw, schema.get("items", {}), root, depth + 1) for _ in range(count)]
        case "integer" | "number":
            return draw.choice([0, 1, 2, 3, -1, 10**9])
        case "boolean":
            return draw.choice([True, False])
    return draw.choice(["", "stock", "chairs", "$1", "#E1", "x" * 900, "多少"])


def agent(model, loop, *, tools=(stock,), **limits):
    given = {"steps": 14, "tool_calls": 14, "seconds": 20.0, "tokens": 40_000, **limits}
    tools = [*shipped_tools(["calculate"]), *tools]
    return Agent(model=model, tools=tools, loop=loop, limits=Limits(**given), offline=True)


def fuzzing(seed):
    return Fuzzing(replies=(), draw=random.Random(seed), asked=[0])


async def ended(made, goal, stop=None):
    """Return the result of a run; whatever it raises fails the test."""
    result = None
    async for event in made.stream(goal, stop=stop):
        if isinstance(event, RunEnded):
            result = event.result
    assert result is not None and result.stopped in STOPS
    return result


async def cut_off(loop, model, goal, run):
    """Begin a run and cut it off at a drawn call: by its time, a person, a crash, or its steps."""
    draw = model.draw
    how = draw.choice(("time", "person", "crash", "steps"))
    model = model.model_copy(
        update={
            "silent": 0 if how == "steps" else draw.randint(1, 6),
            "waits": asyncio.Event(),
        }
    )
    limits = {"time": {"seconds": 0.2}, "steps": {"steps": draw.randint(1, 3)}}.get(how, {})
    events = agent(model, loop, **limits).stream(
        goal, run_id=run, stop=model.waits if how == "person" else None
    )
    if how != "crash":
        result = await result_of(events)
        assert result.stopped in STOPS
        return result.stopped

    going, waits = map(asyncio.ensure_future, (result_of(events), model.waits.wait()))
    await asyncio.wait({going, waits}, return_when=asyncio.FIRST_COMPLETED)
    over = going.done()
    for one in (going, waits):
        one.cancel()
    await asyncio.gather(going, waits, return_exceptions=True)
    return going.result().stopped if over else None


@pytest.mark.parametrize("loop", LOOPS)
async def test_malformed_answers_end_every_loop_in_order(loop):
    """A run of such answers is cut off at a drawn call, goes on, and is replayed as it was."""
    most, answers, seed = FUZZED // len(LOOPS) + 1, 0, 0
    while answers < most:
        model, goal = fuzzing(f"{loop}{seed}"), GOALS[seed % len(GOALS)]
        seed += 1
        run = f"r{seed}"
        stopped = await cut_off(loop, model, goal, run)
        answers += max(model.asked[0], 1)
        if stopped in (None, "interrupted", "time", "steps"):
            made = agent(model, loop)
            result = await result_of(made.going(Going(run=run, limits=made.limits)))
            assert result.stopped in STOPS
        if seed % 3 == 0:
            replay = agent(fuzzing(0), loop).going(Going(run=run, mode="replay"))
            last = list(RunStore().events(run))[-1].result
            assert replace(await result_of(replay), seconds=0) == replace(last, seconds=0)


@pytest.mark.parametrize(
    "limits",
    [{"steps": 1}, {"steps": 3}, {"tool_calls": 1}, {"tokens": 60}, {"model_calls": 2}],
    ids=str,
)
@pytest.mark.parametrize("loop", LOOPS)
async def test_no_loop_goes_far_beyond_a_limit(loop, limits):
    model = fuzzing(f"{loop}{limits}")
    result = await ended(agent(model, loop, **limits), GOALS[0])
    assert result.steps <= limits.get("steps", 14) + 1
    if "model_calls" in limits:
        assert result.usage.calls <= 2 + 24  # the turn in which it is passed may ask several


@pytest.mark.parametrize("loop", LOOPS)
async def test_a_tool_that_always_fails_ends_no_loop_with_an_exception(loop):
    await ended(agent(fuzzing(loop), loop, tools=(broken,)), GOALS[2])


@pytest.mark.parametrize("loop", LOOPS)
async def test_an_interrupt_ends_every_loop_at_once(loop):
    stop, answers = asyncio.Event(), 0
    made = agent(fuzzing(loop), loop)
    async for event in made.stream(GOALS[0], stop=stop):
        if isinstance(event, ModelCalled):
            stop.set()
            answers += 1
        if isinstance(event, RunEnded):
            # A loop whose first answer is its last may have ended before.
            assert event.result.stopped in ("interrupted", "answered", "accepted", "no_evidence")
    assert answers <= 24
