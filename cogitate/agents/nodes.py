"""The steps of a run: one function each, state in, update out.

`observe` is the only place where tools run. `act`, and what planner and critic do inside,
are the only places where a model is called.
"""

import asyncio
import json
from dataclasses import replace
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langgraph.runtime import Runtime

from cogitate.agents.remembering import hands, keep, only_tells, recalled, what_changed
from cogitate.agents.state import Parts, State
from cogitate.agents.stops import LOOP, Halted, bounded, stop_reason
from cogitate.errors import CogitateError
from cogitate.planners import Planner, Route, Turn, accept, ground
from cogitate.planners.ways import WAYS
from cogitate.runs.context import current
from cogitate.runs.events import Judged, Noted, Planned
from cogitate.tools.observe import observe as run_tool
from cogitate.tools.survey import survey as survey_folder
from cogitate.values import Step, StopReason, Task

TURNED_DOWN = "The last answer was turned down: {advice}"
REPEATED = "This was already tried and gave the same. Use other arguments, another tool, or answer."
FROM_MEMORY = ("remembered", "noted")
"""Ways whose answers memory itself gave: they are not stored back."""
TOO_MANY = "This was not run: the run's limit of {calls} tool calls is reached. Answer now."


def _task(state: State, parts: Parts) -> Task:
    """Return what planner, ways and critic are told."""
    return Task(
        goal=state["goal"],
        notes=(*state.get("notes", ()), *state["history"], *state["findings"]),
        tools=tuple(tool.name for tool in hands(parts)),
        survey=state.get("survey"),
        tried=tuple(state["tried"]),
        feedback=state["feedback"],
    )


def _step_task(state: State, parts: Parts) -> Task:
    task = replace(_task(state, parts), goal=state["steps"][0]["goal"])
    if state["feedback"] and parts.critic is not accept:
        return replace(task, notes=(*task.notes, TURNED_DOWN.format(advice=state["feedback"])))
    return task


async def plan(state: State, runtime: Runtime[Parts]) -> State:
    """Recall, look into the folder, and lay out the steps; or go on to the next step."""
    parts = runtime.context
    begun, rounds = len(state.get("messages", ())), state["rounds"] + 1
    done = state["rounds"] and not state["feedback"]
    if done and len(state["steps"]) > 1:
        steps = state["steps"][1:]
        return {"steps": steps, "begun": begun, "rounds": state["rounds"]}
    update: State = {"rounds": rounds, "begun": begun}
    if state["rounds"] == 0:
        try:
            update["notes"] = await bounded(recalled(parts, state["goal"]), parts)
        except Halted:
            update["notes"] = []
        update["survey"] = None
        folder = current().folder
        if folder is not None:
            update["survey"] = await asyncio.to_thread(survey_folder, folder, state["goal"])
        update["messages"] = [HumanMessage(state["goal"])]
        update["begun"] = begun + 1
    try:
        update["steps"] = await bounded(_steps({**state, **update}, parts), parts)
    except Halted as halt:
        update["steps"] = []
        update["messages"] = [*update.get("messages", []), halt.message()]
    current().emit(Planned(steps=tuple(update["steps"]), why=state["feedback"]))
    return update


async def _steps(state: State, parts: Parts) -> list[Step]:
    """Return what is to be done: the planner's steps; what is only told needs no planner."""
    if state["rounds"] == 1 and not parts.planner and await only_tells(parts, state["goal"]):
        return [Step(way="noted", goal=state["goal"])]
    planner: Planner = parts.planner or Route(parts.model, parts.tools)
    return await planner(_task(state, parts))


def after_plan(state: State, runtime: Runtime[Parts]) -> str:
    """Without a step there is nothing left to try."""
    return "act" if state["steps"] and not stop_reason(state, runtime.context) else "remember"


async def act(state: State, runtime: Runtime[Parts]) -> State:
    """Ask the step's way of working for its next move: tool calls, or an answer."""
    parts = runtime.context
    turns = state["turns"] + 1
    last = turns >= parts.limits.steps or state["calls"] >= parts.limits.tool_calls
    turn = Turn(
        task=_step_task(state, parts),
        model=parts.model,
        tools=hands(parts),
        messages=state["messages"][state["begun"] :],
        last=last,
        repeated=state["repeats"] > 0 and _called(state),
    )
    try:
        move = await bounded(WAYS[state["steps"][0]["way"]](turn), parts)
    except Halted as halt:
        move = halt.message()
    return {"messages": [move], "turns": turns}


def _called(state: State) -> bool:
    """Return whether the present step has called a tool."""
    return any(isinstance(m, ToolMessage) for m in state["messages"][state["begun"] :])


def after_act(state: State, runtime: Runtime[Parts]) -> str:
    """Tool calls are carried out; anything else is an answer to be judged."""
    move = state["messages"][-1]
    calls = isinstance(move, AIMessage) and move.tool_calls
    return "observe" if calls and not stop_reason(state, runtime.context) else "critique"


async def observe(state: State, runtime: Runtime[Parts]) -> State:
    """Run the tools that were called, one after another, and note calls that bring nothing new."""
    parts, move = runtime.context, state["messages"][-1]
    known = _known(state["messages"][state["begun"] : -1])
    results: list[AnyMessage] = []
    repeats = state["repeats"] if known else 0  # a new step begins anew
    room = parts.limits.tool_calls - state["calls"]
    wanted = move.tool_calls if isinstance(move, AIMessage) else []
    for call in wanted[:room]:
        key = _key(call["name"], call["args"])
        if key in known:
            message = ToolMessage(REPEATED, tool_call_id=call["id"], name=call["name"])
            message.status = "error"
        else:
            seen = await run_tool(call, hands(parts), seconds_left=current().seconds_left())
            message = seen.message
            _name(message)
        confirms = move.additional_kwargs.get("confirms", False)
        stale = key in known or (message.text in known.values() and not confirms)
        repeats = repeats + 1 if stale else 0
        if stale:
            current().emit(Noted(text=f"{call['name']} brought nothing new ({repeats} of {LOOP})"))
        known[key] = message.text
        results.append(message)
    calls = state["calls"] + len(results)
    # Every call has its answer, or a model server refuses the conversation.
    text = TOO_MANY.format(calls=parts.limits.tool_calls)
    results += [
        ToolMessage(text, tool_call_id=call["id"], name=call["name"], status="error")
        for call in wanted[room:]
    ]
    return {"messages": results, "calls": calls, "repeats": repeats}


def _name(message: ToolMessage) -> None:
    """Give a result the name by which `recall` reads it back when it no longer fits a prompt."""
    results = current().results
    name = f"result-{len(results) + 1}"
    results[name] = message.text
    message.additional_kwargs["result"] = name


def _known(messages: list[Any]) -> dict[str, str]:
    """Return the results of this step's calls, by what was called."""
    calls = {
        call["id"]: _key(call["name"], call["args"])
        for message in messages
        if isinstance(message, AIMessage)
        for call in message.tool_calls
    }
    found = [m for m in messages if isinstance(m, ToolMessage)]
    return {calls.get(m.tool_call_id, ""): m.text for m in found}


def _key(name: str, args: dict[str, Any]) -> str:
    """Return a call as a text to compare: case and indentation count, they mend programs."""
    return f"{name} {json.dumps(args, sort_keys=True, ensure_ascii=False, default=str)}"


def after_observe(state: State, runtime: Runtime[Parts]) -> str:
    """The way reads what was observed, unless the run must end."""
    return "critique" if stop_reason(state, runtime.context) else "act"


async def critique(state: State, runtime: Runtime[Parts]) -> State:
    """Check the answer against its evidence by code, then let the critic read it."""
    parts, last = runtime.context, state["messages"][-1]
    step = state["steps"][0]
    if last.additional_kwargs.get("stop") or not isinstance(last, AIMessage) or last.tool_calls:
        return {"feedback": last.additional_kwargs.get("why") or "the run was stopped"}
    why = last.additional_kwargs.get("no_evidence", "")
    task, tried = _step_task(state, parts), [*state["tried"], step["way"]]
    if not why:
        verdict = ground(task, step["way"], state["messages"][state["begun"] :], last.text)
        if verdict.accepted:
            try:
                verdict = await bounded(parts.critic(task, last.text), parts)
            except Halted as halt:
                return {"feedback": halt.why}
            tried = state["tried"]  # what a critic turns down may be done better the same way
        if verdict.accepted:
            current().emit(Judged(accepted=True, answer=last.text))
            return {"feedback": "", "findings": [*state["findings"], last.text], "tried": []}
        why = verdict.advice or "the critic turned the answer down"
    current().emit(Judged(accepted=False, answer=last.text, advice=why))
    return {
        "feedback": why,
        "tried": tried,
        "failures": [*state["failures"], f"{step['way']}: {why}"],
    }


def after_critique(state: State, runtime: Runtime[Parts]) -> str:
    """Advice or a next step leads back to the plan while the limits last."""
    if not state["feedback"] and len(state["steps"]) == 1:
        return "remember"
    over = state["rounds"] >= runtime.context.limits.rounds and state["feedback"]
    return "remember" if over or stop_reason(state, runtime.context) else "plan"


def _finished(state: State) -> bool:
    return bool(state["findings"]) and not state["feedback"] and len(state["steps"]) == 1


async def remember(state: State, runtime: Runtime[Parts]) -> State:
    """Keep for later runs what was answered, and what the person stated."""
    parts, own = runtime.context, _finished(state) and state["steps"][0]["way"] not in FROM_MEMORY
    said = "\n".join(state["findings"]) if own else ""
    asked = state["history"][-1].rpartition(" -> ")[2] if state["history"] else ""
    try:
        changes = await bounded(keep(parts, current().run_id, state["goal"], said, asked), parts)
    except (Halted, CogitateError) as error:
        current().emit(Noted(text=f"memory: nothing was kept ({error})"))
        return {}
    for change in changes:
        current().emit(Noted(text=f"memory: {change.action} {change.text!r}"))
    return {"learned": what_changed(changes, state["goal"])}


def answer(state: State, runtime: Runtime[Parts]) -> State:
    """Close the run: say what was found, or why it ended without."""
    parts = runtime.context
    if _finished(state):
        stopped: StopReason = "answered" if parts.critic is accept else "accepted"
        said = "\n".join(state["findings"])
        if state["steps"][0]["way"] == "noted":
            said += f" {state.get('learned') or ''}".rstrip()
        return {"answer": said, "stopped": stopped}
    reason = stop_reason(state, parts) or "no_evidence"
    return {"answer": partial_answer(state, reason), "stopped": reason}


def partial_answer(state: State, reason: str) -> str:
    """Return the best that can be said without an answer, never dressed up as one."""
    lines = list(state["findings"])
    if reason == "no_evidence":
        failed = [f"- {failure}" for failure in dict.fromkeys(state["failures"])]
        head = "I found nothing that supports an answer."
        return "\n".join([*lines, head, *(["What was tried:", *failed] if failed else [])])
    results = [m for m in state["messages"] if isinstance(m, ToolMessage) and m.status != "error"]
    if results:
        text = " ".join(results[-1].text.split())[:300]
        lines.append(f"Not finished. The last result was from {results[-1].name}: {text}")
    return "\n".join(lines) or "Not finished: nothing was found out yet."


__all__ = ["act", "answer", "critique", "observe", "plan", "remember"]
