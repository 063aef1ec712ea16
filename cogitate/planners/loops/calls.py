"""calls: every call that a request needs in one decision, none where no tool fits.

A gate asks first whether a tool can do what is asked at all (one forward pass, yes or no): a
grammar that demands a call would make one up. Then all calls are written as one JSON list, held
to the tools' own schemas, and run side by side. What is optional and rests on nothing that the
request says is left to the tool's own default. What it does not do: calls that need the result
of an earlier one; `act`, `plan` and `rewoo` do.
"""

import json
import uuid
from collections.abc import Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from cogitate.llm.decide import choose, complete, trace_as
from cogitate.llm.form import describe
from cogitate.llm.llama import ChatLlama
from cogitate.planners.base import Turn, no_evidence
from cogitate.planners.gates import yes_or_no
from cogitate.planners.grounding import sources_of
from cogitate.planners.loops.calling import (
    Written,
    calls_grammar,
    demanding,
    founded,
    invented_numbers,
    known_of,
    list_of,
    listed_out,
    merged,
    named_options,
    trimmed,
    unused_numbers,
)
from cogitate.planners.tool_gates import tool_lines, tools_odds
from cogitate.planners.ways.saying import say

FITS = 1.6
"""Log-odds from which a tool is taken to do what is asked: measured, tools that were wanted began
at 1.7, and 29 of 36 that were not ended below 1.5."""
APART = 2.5
"""How far behind the best tool another one may be that is wanted too."""

SEVERAL_PROMPT = (
    "Does the request ask for several things, for which several of the functions are needed? "
    "Answer yes or no."
)
SEVERAL_EXAMPLE = [
    HumanMessage(
        "Functions: weather(city): Return the forecast.; temperature(city): Return the temperature "
        "now.\nRequest: Will it rain in Oslo tomorrow?"
    ),
    AIMessage("no"),
    HumanMessage(
        "Functions: area(radius): Return the area of a circle.; edge(radius): Return the "
        "circumference of a circle.\nRequest: How large is a circle with a radius of 3, and how "
        "long is its edge?"
    ),
    AIMessage("yes"),
    HumanMessage(
        "Functions: book_table(place, people): Book a table.; find_place(food, city): Find "
        "restaurants.\nRequest: Find an Italian restaurant in Bonn for 5 people with a terrace."
    ),
    AIMessage("no"),
    HumanMessage(
        "Functions: price(item): Return a price.; in_stock(item): Return how many there are.\n"
        "Request: 灯多少钱？椅子还有几把？"
    ),
    AIMessage("yes"),
]
SEVERAL, DOES_ALL = 0.6, 0.3
"""Log-odds from which several functions are taken to be needed, and what the odds of the best one
take from them: measured, 20 requests that need one ended at 0.3, the few that need more began at
1.0. A function that by itself does what is asked has higher odds than one that does a part."""

CALLS_PROMPT = """\
You turn a request into calls of functions, as a JSON list with one call for each thing that is \
asked for. When the same function is wanted for several things, call it once for each. Copy values \
as the request has them. Leave out what is optional (?) unless the request speaks of it."""

REQUEST_PROMPT = "Functions:\n{tools}\nRequest: {goal}"

_WEATHER = (
    "- weather(city: string (Name of the city.), days?: integer (Default is 1.), unit?: "
    '"celsius"|"fahrenheit" (Default is celsius.)): Return the forecast of a city.'
)
_BOOKING = (
    "- book_room(hotel: string, nights: integer): Book a room.\n"
    "- cancel_booking(booking_id: string, reason?: string): Cancel a booking."
)
_MEAN = (
    "- mean(numbers: array (The numbers.), decimals?: integer (Places to round to.)): Return the "
    "arithmetic mean."
)
CALLS_EXAMPLE = [
    HumanMessage(
        REQUEST_PROMPT.format(
            tools=_WEATHER,
            goal="What will the weather be like in Paris, and how in Lima over the next 3 days?",
        )
    ),
    AIMessage(
        '[{"tool": "weather", "args": {"city": "Paris"}}, '
        '{"tool": "weather", "args": {"city": "Lima", "days": 3}}]'
    ),
    HumanMessage(REQUEST_PROMPT.format(tools=_BOOKING, goal="请取消编号为 B17 的预订。")),
    AIMessage('[{"tool": "cancel_booking", "args": {"booking_id": "B17"}}]'),
    HumanMessage(REQUEST_PROMPT.format(tools=_MEAN, goal="What is the average of 4, 8 and 15.5?")),
    AIMessage('[{"tool": "mean", "args": {"numbers": [4, 8, 15.5]}}]'),
]

FAILED_PROMPT = "These calls failed:\n{errors}\nWrite the list of calls again, without the mistake."
INVENTED_PROMPT = "These values are not in the request: {values}."
UNUSED_PROMPT = "The request also gives {values}: a call may be missing, or an argument."
AGAIN_PROMPT = "Write the whole list of calls again."
ROUNDS = 2
"""Most decisions; the second after calls that all failed."""
CALL_TOKENS = 600

Listed = Sequence[dict[str, Any]]


async def calls(turn: Turn) -> AIMessage:
    """Return all calls that the goal needs, or the answer from their results."""
    if turn.good:
        return await _answer(turn)
    rounds = sum(isinstance(m, AIMessage) and bool(m.tool_calls) for m in turn.messages)
    if turn.last or rounds >= ROUNDS:
        why = turn.results[-1].text[:160] if turn.results else "the limit was reached"
        return no_evidence(f"the calls failed: {why}")
    fitting = await fitting_tools(turn.model, turn.tools, turn.task.goal)
    if not fitting:
        return no_evidence("no tool does what is asked")
    sources = known_of(sources_of(turn.task, []))
    found = await _gone_over(turn, fitting, sources)
    each = founded(await _continued(turn, fitting, found, sources), fitting, sources)
    if not each:
        return no_evidence("the goal gives no tool what it needs")
    return AIMessage("", tool_calls=[{**c, "id": f"call-{uuid.uuid4().hex[:8]}"} for c in each])


async def _gone_over(turn: Turn, fitting: Sequence[BaseTool], sources: list[str]) -> list[Written]:
    """Return the calls; written again once when their numbers are not those of the request."""
    goal = turn.task.goal
    found = listed_out(trimmed(await written_calls(turn, fitting), fitting, sources), goal)
    invented, unused = invented_numbers(found, sources), unused_numbers(found, goal)
    if not invented and not unused:
        return found
    hint = _hint(invented, unused)
    again = trimmed(await written_calls(turn, fitting, found, hint), fitting, sources)
    left = len(invented_numbers(again, sources)) + len(unused_numbers(again, goal))
    better = left < len(invented) + len(unused) and len(again) >= len(found)
    return again if better else found


async def _continued(
    turn: Turn, fitting: Sequence[BaseTool], found: list[Written], sources: list[str]
) -> list[Written]:
    """Return the calls with what the model adds when it must go on with its list.

    It is made to where numbers of the request are in no call, and only if they then are.
    """
    goal = turn.task.goal
    unused = unused_numbers(found, goal)
    if not unused or not found or not isinstance(turn.model, ChatLlama):
        return found
    more = trimmed(await written_calls(turn, fitting, found), fitting, sources)
    more = [one for one in more if len(unused_numbers([*found, one], goal)) < len(unused)]
    whole = merged(found, more, fitting)
    sound = not unused_numbers(whole, goal) and not invented_numbers(more, sources)
    return whole if sound else found


def _hint(invented: Sequence[str], unused: Sequence[str]) -> str:
    """Return what is told of the numbers in calls that come from nowhere, or were left out."""
    hints = [INVENTED_PROMPT.format(values=", ".join(invented))] if invented else []
    hints += [UNUSED_PROMPT.format(values=", ".join(unused))] if unused else []
    return " ".join([*hints, AGAIN_PROMPT])


async def _answer(turn: Turn) -> AIMessage:
    """Return the answer from the results, with the calls that failed beside it."""
    made = {c["id"]: c for m in turn.messages if isinstance(m, AIMessage) for c in m.tool_calls}
    lines = []
    for result in turn.results:
        call = made.get(result.tool_call_id)
        args = call["args"] if call else {}
        shown = ", ".join(f"{name}={value}" for name, value in args.items())
        lines.append((f"{result.name}({shown})", result))
    good = [(head, result.text) for head, result in lines if result.status != "error"]
    bad = [(head, result.text) for head, result in lines if result.status == "error"]
    failed = [f"{head} failed: {text[:160]}" for head, text in bad]
    if len(good) == 1 and not failed:
        return await say(turn, good[0][1])
    said = await say(turn, "\n".join(f"{head} = {text}" for head, text in good))
    return AIMessage("\n".join([said.text, *failed]))


async def fitting_tools(
    model: BaseChatModel, tools: Sequence[BaseTool], goal: str
) -> list[BaseTool]:
    """Return the tools that do what a goal asks, none when none does.

    Other models than the embedded one are shown all of them and choose themselves.
    """
    if not isinstance(model, ChatLlama) or not tools:
        return list(tools)
    odds = [await tools_odds(model, [_described(tool)], goal) for tool in tools]
    if max(odds) <= FITS:
        return []
    near = [at for at in range(len(tools)) if odds[at] >= max(odds) - APART]
    if len(near) == 1:
        return [tools[near[0]]]
    # Of several that are wanted each does a part only; of several that would do one is enough.
    question = f"Functions: {'; '.join(tool_lines(tools))}\nRequest: {goal}"
    several = await yes_or_no(model, SEVERAL_PROMPT, SEVERAL_EXAMPLE, question, "several?")
    if several - DOES_ALL * max(odds) > SEVERAL:
        return [tools[at] for at in near]
    likely = await _likely_names(model, [tools[at] for at in near], goal)
    return [tools[max(near, key=lambda at: odds[at] + likely[tools[at].name])]]


def _described(tool: BaseTool) -> str:
    """Return a tool's line with what is said of its parameters."""
    return describe(convert_to_openai_tool(tool)).removeprefix("- ")


async def _likely_names(
    model: BaseChatModel, tools: Sequence[BaseTool], goal: str
) -> dict[str, float]:
    """Return the log-probability of each tool's name as the first that is called."""
    listed = "\n".join(f"- {_described(tool)}" for tool in tools)
    request = HumanMessage(REQUEST_PROMPT.format(tools=listed, goal=goal))
    shown: list[BaseMessage] = [SystemMessage(CALLS_PROMPT), *CALLS_EXAMPLE, request]
    ends = [f'{tool.name}"' for tool in tools]
    found = await choose(model, shown, ends, purpose="which?", opening='[{"tool": "')
    return {end[:-1]: odds for end, odds in found.items()}


async def written_calls(
    turn: Turn,
    fitting: Sequence[BaseTool],
    before: Sequence[Written] = (),
    hint: str = "",
) -> list[Written]:
    """Return the calls that the model writes, as they are written.

    Args:
        turn: the turn.
        fitting: the tools that may be called.
        before: calls that it wrote already, and that are not right.
        hint: what is wrong with them; without one the model goes on after them.
    """
    sources = sources_of(turn.task, [])
    listed = [convert_to_openai_tool(tool) for tool in fitting]
    listed = [demanding(tool, named_options(tool, sources)) for tool in listed]
    notes = "".join(f"\nKnown: {note}" for note in turn.task.notes[:3])
    tools = "\n".join(map(describe, listed))
    request = REQUEST_PROMPT.format(tools=tools, goal=turn.task.goal + notes)
    shown: list[BaseMessage] = [SystemMessage(CALLS_PROMPT), *CALLS_EXAMPLE, HumanMessage(request)]
    if turn.results and not before:
        moves = [m.tool_calls for m in turn.messages if isinstance(m, AIMessage) and m.tool_calls]
        before = [{"name": c["name"], "args": c["args"]} for c in moves[-1]]
        errors = "\n".join(result.text[:200] for result in turn.results)
        hint = FAILED_PROMPT.format(errors=errors)
    if before and hint:
        shown += [AIMessage(list_of(before)), HumanMessage(hint)]
    if not isinstance(turn.model, ChatLlama):
        reply = await turn.model.bind_tools(list(fitting)).ainvoke(shown, trace_as("calls"))
        return [{"name": c["name"], "args": c["args"]} for c in getattr(reply, "tool_calls", [])]
    opening = f"{list_of(before)[:-1]}, " if before and not hint else "["
    text = await complete(
        turn.model,
        shown,
        purpose="calls",
        opening=opening,
        grammar=calls_grammar(listed),
        max_tokens=CALL_TOKENS,
    )
    try:
        found = json.loads(f"[{text}")
    except ValueError:  # it was cut at the limit
        return []
    return [{"name": one["tool"], "args": one["args"]} for one in found]


__all__ = ["calls", "fitting_tools", "written_calls"]
