"""How the tool calls of one move are carried out, and which of them brought nothing new."""

import asyncio
from collections.abc import Sequence

from langchain_core.messages import AIMessage, AnyMessage, ToolCall, ToolMessage
from langchain_core.tools import BaseTool

from cogitate.agents.guard import LOOP, Known, exact_key
from cogitate.runs.context import current
from cogitate.runs.events import Noted
from cogitate.tools.base import effect_of
from cogitate.tools.observe import observe as run_tool

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
    """Return a result for each call of a move, and how many moves in a row brought nothing new.

    Calls run side by side unless one of them has an effect that counts `once`.

    Args:
        move: the message with the calls.
        before: the messages of the same step before it.
        tools: the tools that may be called.
        most: tool calls that the run may make in all.
        repeats: moves in a row that brought nothing new so far.
    """
    context, known = current(), Known.of(before, tools)
    repeats = repeats if known.exact else 0  # a new step begins anew
    wanted = move.tool_calls[: max(most - context.calls, 0)]
    again = move.additional_kwargs.get("again", ())  # failed calls that are tried anew as they are
    fresh = {
        exact_key(call): call
        for call in reversed(wanted)
        if call["id"] in again or known.runs(call)
    }
    seen = await _run(list(fresh.values())[::-1], tools)
    results: list[AnyMessage] = []
    stale: list[str] = []
    for call in wanted:
        message = seen.get(call["id"] or "")
        if message is None:
            results.append(_unrun(call, REPEATED))
            stale.append(call["name"])
            continue
        _name(message)
        confirms = bool(move.additional_kwargs.get("confirms", False))
        if call["id"] not in again and known.is_stale(call, message, confirms=confirms):
            stale.append(call["name"])
        known.add(call, message)
        results.append(message)
    if wanted:
        repeats = repeats + 1 if len(stale) == len(wanted) else 0
    if stale and repeats:
        context.emit(Noted(text=f"{', '.join(stale)} brought nothing new ({repeats} of {LOOP})"))
    context.calls += len(results)
    # Every call has its answer, or a model server refuses the conversation.
    text = TOO_MANY.format(calls=most)
    return [*results, *(_unrun(call, text) for call in move.tool_calls[len(wanted) :])], repeats


def _unrun(call: ToolCall, text: str) -> ToolMessage:
    """Return the result of a call that was not run."""
    message = ToolMessage(text, tool_call_id=call["id"], name=call["name"], status="error")
    message.additional_kwargs["unrun"] = True
    return message


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
