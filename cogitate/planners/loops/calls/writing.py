"""All calls of a request, written in one decision and held to the tools' own schemas.

What it does not know: which tools are meant, and whether the values are those of the request.
"""

import json
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from cogitate.llm.decide import complete, trace_as
from cogitate.llm.form import bounded, describe
from cogitate.llm.llama import ChatLlama
from cogitate.planners.base import Turn
from cogitate.planners.grounding import sources_of
from cogitate.planners.loops.calls.arguments import Written, named_options
from cogitate.planners.restated import told

MOST = 8
"""Calls in one decision."""
ITEMS = 40
"""Items of a list in an argument."""
CALL_TOKENS = 600

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
    same = map(str, told(turn.task.goal, fitting)[:3])
    notes = "".join(f"\nKnown: {note}" for note in [*turn.task.notes[:3], *same])
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


def calls_grammar(listed: Sequence[dict[str, Any]]) -> str:
    """Return the Lark grammar of one to `MOST` calls and the bracket that ends their list."""
    names = " | ".join(f"call{index}" for index in range(len(listed)))
    rules = [f'start: one (", " one){{0,{MOST - 1}}} "]"', f"one: {names}"]
    for index, tool in enumerate(listed):
        given = tool["function"].get("parameters") or {"type": "object", "properties": {}}
        schema = bounded(_longer(given))
        schema["x-guidance"] = {
            "whitespace_flexible": False,
            "item_separator": ", ",
            "key_separator": ": ",
        }
        head = json.dumps({"tool": tool["function"]["name"]}, ensure_ascii=False)[:-1]
        rules.append(f'call{index}: {json.dumps(head + ", ")} "\\"args\\": " args{index} "}}"')
        rules.append(f"args{index}: %json {json.dumps(schema, ensure_ascii=False)}")
    return "\n".join(rules)


def _longer(schema: Any) -> Any:
    """Return `schema` with room for as many items as a request may list."""
    if isinstance(schema, list):
        return [_longer(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _longer(value) for key, value in schema.items()}
    return {**found, "maxItems": found.get("maxItems", ITEMS)} if _is_list(found) else found


def _is_list(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "array"


def list_of(written: Sequence[Written]) -> str:
    """Return calls as the list that a model writes."""
    calls = [{"tool": one["name"], "args": one["args"]} for one in written]
    return json.dumps(calls, ensure_ascii=False)


def demanding(listed: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return a tool in whose calls the parameters `names`, as far as it has them, are required."""
    function = listed["function"]
    given = function.get("parameters") or {}
    more = [name for name in given.get("properties", {}) if name in names]
    required = list(dict.fromkeys([*given.get("required", ()), *more]))
    return {**listed, "function": {**function, "parameters": {**given, "required": required}}}
