"""How the tool calls of one move are carried out, and which of them brought nothing new."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, ToolCall, ToolMessage
from langchain_core.tools import BaseTool

from cogitate.runs.context import current
from cogitate.runs.events import Noted
from cogitate.tools.base import effect_of
from cogitate.tools.observe import observe as run_tool

LOOP = 3
"""Calls in a row that bring nothing new before a run stops."""
REPEATED = "This was already tried and gave the same. Use other arguments, another tool, or answer."
TOO_MANY = "This was not run: the run's limit of {calls} tool calls is reached. Answer now."


async def carry_out(
    move: AIMessage,
    before: Sequence[AnyMessage],
    tools: Sequence[BaseTool],
    *,
    most: int,
    repeats: int,
) -> tuple[list[AnyMessage], int]:
    """Return a result for each call of a move, and how many in a row have brought nothing new.

    Calls run side by side unless one of them has an effect that counts `once`.

    Args:
        move: the message with the calls.
        before: the messages of the same step before it.
        tools: the tools that may be called.
        most: tool calls that the run may make in all.
        repeats: calls in a row that brought nothing new so far.
    """
    context, known = current(), _known(before)
    repeats = repeats if known else 0  # a new step begins anew
    wanted = move.tool_calls[: max(most - context.calls, 0)]
    for call in wanted:  # failed calls that the way tries anew, as they are
        if call["id"] in move.additional_kwargs.get("again", ()):
            known.pop(_key(call), None)
    fresh = {_key(call): call for call in reversed(wanted) if _key(call) not in known}
    seen = await _run(list(fresh.values())[::-1], tools)
    results: list[AnyMessage] = []
    for call in wanted:
        message = seen.get(call["id"] or "")
        if message is None:
            message = ToolMessage(REPEATED, tool_call_id=call["id"], name=call["name"])
            message.status = "error"
        else:
            _name(message)
        confirms = move.additional_kwargs.get("confirms", False)
        stale = _key(call) in known or (message.text in known.values() and not confirms)
        repeats = repeats + 1 if stale else 0
        if stale:
            context.emit(Noted(text=f"{call['name']} brought nothing new ({repeats} of {LOOP})"))
        known[_key(call)] = message.text
        results.append(message)
    context.calls += len(results)
    # Every call has its answer, or a model server refuses the conversation.
    text = TOO_MANY.format(calls=most)
    for call in move.tool_calls[len(wanted) :]:
        refused = ToolMessage(text, tool_call_id=call["id"], name=call["name"])
        refused.status = "error"
        results.append(refused)
    return results, repeats


async def _run(calls: Sequence[ToolCall], tools: Sequence[BaseTool]) -> dict[str, ToolMessage]:
    """Return the result of each call by its id."""

    async def one(call: ToolCall) -> ToolMessage:
        found = await run_tool(call, tools, seconds_left=current().seconds_left())
        return found.message

    once = {tool.name for tool in tools if effect_of(tool) == "once"}
    if any(call["name"] in once for call in calls):
        messages = [await one(call) for call in calls]
    else:
        messages = await asyncio.gather(*(one(call) for call in calls))
    return {call["id"] or "": message for call, message in zip(calls, messages, strict=True)}


def _name(message: ToolMessage) -> None:
    """Give a result the name by which `recall` reads it back when it no longer fits a prompt."""
    results = current().results
    name = f"result-{len(results) + 1}"
    results[name] = message.text
    message.additional_kwargs["result"] = name


def _known(messages: Sequence[AnyMessage]) -> dict[str, str]:
    """Return the results of this step's calls, by what was called."""
    calls = {
        call["id"]: _key(call)
        for message in messages
        if isinstance(message, AIMessage)
        for call in message.tool_calls
    }
    found = [m for m in messages if isinstance(m, ToolMessage)]
    return {calls.get(m.tool_call_id, ""): m.text for m in found}


def _key(call: Any) -> str:
    """Return a call as a text to compare: case and indentation count, they mend programs."""
    args = json.dumps(call["args"], sort_keys=True, ensure_ascii=False, default=str)
    return f"{call['name']} {args}"
