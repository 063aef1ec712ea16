"""calls: every call that a request needs in one decision, none where no tool fits.

A gate asks first whether a tool can do what is asked at all (one forward pass, yes or no): a
grammar that demands a call would make one up. Then all calls are written as one JSON list, held
to the tools' own schemas, and run side by side. What is optional and rests on nothing that the
request says is left to the tool's own default. What it does not do: calls that need the result
of an earlier one; `act`, `plan` and `rewoo` do.
"""

import uuid
from collections.abc import Sequence

from langchain_core.messages import AIMessage
from langchain_core.tools import BaseTool

from cogitate.llm.llama import ChatLlama
from cogitate.planners.base import Turn, no_evidence
from cogitate.planners.grounding import sources_of
from cogitate.planners.loops.calls.arguments import (
    Written,
    fitted,
    founded,
    trimmed,
    without_own,
)
from cogitate.planners.loops.calls.fitting import fitting_tools
from cogitate.planners.loops.calls.numbers import (
    invented_numbers,
    listed_out,
    merged,
    unused_numbers,
)
from cogitate.planners.loops.calls.writing import written_calls
from cogitate.planners.restated import known_of
from cogitate.planners.ways.saying import say

INVENTED_PROMPT = "These values are not in the request: {values}."
UNUSED_PROMPT = "The request also gives {values}: a call may be missing, or an argument."
AGAIN_PROMPT = "Write the whole list of calls again."
ROUNDS = 2
"""Most decisions; the second after calls that all failed."""


async def calls(turn: Turn) -> AIMessage:
    """Return all calls that the goal needs, or the answer from their results."""
    if turn.good:
        return await _answer(turn)
    rounds = sum(isinstance(m, AIMessage) and bool(m.tool_calls) for m in turn.messages)
    if turn.last or rounds >= ROUNDS:
        why = turn.results[-1].text[:160] if turn.results else "the limit was reached"
        return no_evidence(f"the calls failed: {why}")
    fitting, surely = await fitting_tools(turn.model, turn.tools, turn.task.goal)
    if not fitting:
        return no_evidence("no tool does what is asked")
    sources = known_of(sources_of(turn.task, []))
    found = await _gone_over(turn, fitting, sources)
    found = await _continued(turn, fitting, found, sources)
    each = founded(fitted(found, fitting, sources), fitting, sources, wholly=not surely)
    if not each:
        return no_evidence("the goal gives no tool what it needs")
    return AIMessage("", tool_calls=[{**c, "id": f"call-{uuid.uuid4().hex[:8]}"} for c in each])


async def _gone_over(turn: Turn, fitting: Sequence[BaseTool], sources: list[str]) -> list[Written]:
    """Return the calls; written again once when their numbers are not those of the request."""
    goal = turn.task.goal
    found = listed_out(trimmed(await written_calls(turn, fitting), fitting, sources), goal)
    invented = invented_numbers(without_own(found, fitting), sources)
    unused = unused_numbers(found, goal)
    if not invented and not unused:
        return found
    hint = _hint(invented, unused)
    again = trimmed(await written_calls(turn, fitting, found, hint), fitting, sources)
    still = invented_numbers(without_own(again, fitting), sources)
    left = len(still) + len(unused_numbers(again, goal))
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
