"""The steps of a run: one function each, state in, update out.

`observe` is the only place where tools run. `act`, and what planner and critic do inside,
are the only places where a model is called.
"""

import asyncio
from dataclasses import replace
from functools import partial

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import BaseTool
from langgraph.runtime import Runtime

from cogitate.agents.calls import carry_out
from cogitate.agents.closing import last_words, partial_answer, said_at_stop
from cogitate.agents.delegate import delegate_tool
from cogitate.agents.guard import CIRCLED, idle
from cogitate.agents.guarding import guard, look_up_spending, trust
from cogitate.agents.loops import critic_of, limits_of, planner_of
from cogitate.agents.remembering import hands, keep, only_tells, recalled, what_changed
from cogitate.agents.state import Parts, State
from cogitate.agents.stops import Halted, bounded, is_circling, spent, stop_reason
from cogitate.errors import CogitateError
from cogitate.planners import Turn, accept, ground
from cogitate.planners.named import way_named
from cogitate.runs.context import current, task_of
from cogitate.runs.events import Judged, Noted, Planned
from cogitate.tools.actions import code_tool
from cogitate.tools.survey import survey as survey_folder
from cogitate.values import Step, StopReason, Task

TURNED_DOWN = "The last answer was turned down: {advice}"
FROM_MEMORY = ("remembered", "noted")
"""Ways whose answers memory itself gave: they are not stored back."""


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
    if state["feedback"] and critic_of(parts) is not accept:
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
        if not task_of():
            guard(current(), parts)
            await look_up_spending(current(), limits_of(parts))
        try:
            update["notes"] = await bounded(recalled(parts, state["goal"]), parts)
        except Halted:
            update["notes"] = []
        update["survey"] = None
        folder = current().folder
        if folder is not None:
            look = partial(asyncio.to_thread, survey_folder, folder, state["goal"])
            update["survey"] = await current().outcome("survey", state["goal"], look)
        if not task_of():
            notes, history = update["notes"], state["history"]
            trust(current(), state["goal"], history, notes, update["survey"])
        update["messages"] = [HumanMessage(state["goal"])]
        update["begun"] = begun + 1
    try:
        update["steps"] = await bounded(_steps({**state, **update}, parts), parts)
    except Halted as halt:
        update["steps"] = []
        update["messages"] = [*update.get("messages", []), halt.message()]
    chosen = update["steps"][0].get("why", "") if update["steps"] else ""
    why = "; ".join(part for part in (state["feedback"], chosen) if part)
    current().emit(Planned(steps=tuple(update["steps"]), why=why))
    return update


async def _steps(state: State, parts: Parts) -> list[Step]:
    """Return what is to be done: the planner's steps; what is only told needs no planner."""
    routed = parts.loop == "auto" and not parts.planner and not parts.executor
    if state["rounds"] == 1 and routed and await only_tells(parts, state["goal"]):
        return [Step(way="noted", goal=state["goal"])]
    return await planner_of(parts)(_task(state, parts))


def after_plan(state: State, runtime: Runtime[Parts]) -> str:
    """Without a step there is nothing left to try; nor with the way that went in circles."""
    if not state["steps"] or stop_reason(state, runtime.context):
        return "remember"
    same = state["feedback"] == CIRCLED and state["steps"][0]["way"] in state["tried"]
    return "remember" if same else "act"


async def act(state: State, runtime: Runtime[Parts]) -> State:
    """Ask the step's way of working for its next move: tool calls, or an answer."""
    parts, context = runtime.context, current()
    limits = limits_of(parts)
    context.turns += 1
    await look_up_spending(context, limits)
    share, tightest = spent(parts)
    turn = Turn(
        task=_step_task(state, parts),
        model=parts.model,
        planner_model=parts.planner_model,
        critic_model=parts.critic_model,
        tools=hands(parts),
        memory=parts.memory,
        messages=state["messages"][state["begun"] :],
        last=context.turns >= limits.steps or context.calls >= limits.tool_calls,
        repeated=state["repeats"] > 0 and _called(state),
        spent=share,
        tightest=tightest,
    )
    make = parts.executor or way_named(state["steps"][0]["way"])
    try:
        move = await bounded(make(turn), parts)
    except Halted as halt:
        move = halt.message()
    message = AIMessage(move) if isinstance(move, str) else move
    return {
        "messages": [message],
        "idle": idle(message, state["messages"][state["begun"] :], state.get("idle", 0)),
    }


def hidden(parts: Parts) -> list[BaseTool]:
    """Return the tools that only ways of working call: models are not shown them."""
    codes = code_tool(hands(parts), limits_of(parts).tool_calls)
    return [codes] if task_of() else [codes, delegate_tool(parts, hands(parts))]


def _called(state: State) -> bool:
    """Return whether the present step has called a tool."""
    return any(isinstance(m, ToolMessage) for m in state["messages"][state["begun"] :])


def after_act(state: State, runtime: Runtime[Parts]) -> str:
    """Tool calls are carried out, a thought is followed by the next turn, an answer is judged."""
    move = state["messages"][-1]
    over = stop_reason(state, runtime.context) or is_circling(state)
    if not isinstance(move, AIMessage) or over:
        return "critique"
    if move.tool_calls:
        return "observe"
    return "act" if "thinking" in move.additional_kwargs else "critique"


async def observe(state: State, runtime: Runtime[Parts]) -> State:
    """Run the tools that were called, and note calls that bring nothing new."""
    parts, move = runtime.context, state["messages"][-1]
    if not isinstance(move, AIMessage):
        return {}
    results, repeats = await carry_out(
        move,
        state["messages"][state["begun"] : -1],
        [*hands(parts), *hidden(parts)],
        most=limits_of(parts).tool_calls,
        repeats=state["repeats"],
    )
    return {"messages": results, "repeats": repeats}


def after_observe(state: State, runtime: Runtime[Parts]) -> str:
    """The way reads what was observed, unless the run must end."""
    over = stop_reason(state, runtime.context) or is_circling(state)
    return "critique" if over else "act"


async def critique(state: State, runtime: Runtime[Parts]) -> State:
    """Check the answer against its evidence by code, then let the critic read it."""
    parts, last = runtime.context, state["messages"][-1]
    step = state["steps"][0]
    if is_circling(state) and not stop_reason(state, parts):
        return _circled(state, step)
    unfinished = not isinstance(last, AIMessage) or last.tool_calls
    if unfinished or last.additional_kwargs.keys() & {"stop", "thinking"}:
        return {"feedback": last.additional_kwargs.get("why") or "the run was stopped"}
    why = last.additional_kwargs.get("no_evidence", "")
    task, tried = _step_task(state, parts), [*state["tried"], step["way"]]
    turned_down = state.get("turned_down", "")
    if not why:
        verdict = ground(task, step["way"], state["messages"][state["begun"] :], last.text)
        if verdict.accepted:
            try:
                verdict = await bounded(critic_of(parts)(task, last.text), parts)
            except Halted as halt:
                return {"feedback": halt.why}
            tried = state["tried"]  # what a critic turns down may be done better the same way
            turned_down = f"{last.text} ({verdict.advice or 'no advice'})"
        if verdict.accepted:
            current().emit(Judged(accepted=True, answer=last.text))
            found = [*state["findings"], last.text]
            return {"feedback": "", "findings": found, "tried": [], "turned_down": ""}
        why = verdict.advice or "the critic turned the answer down"
    current().emit(Judged(accepted=False, answer=last.text, advice=why))
    return {
        "feedback": why,
        "tried": tried,
        "turned_down": turned_down,
        "failures": [*state["failures"], f"{step['way']}: {why}"],
    }


def _circled(state: State, step: Step) -> State:
    """Give up a way that brings nothing new: the plan may take another one."""
    current().emit(Noted(text=f"{step['way']}: {CIRCLED}; another way is tried if there is one"))
    return {
        "feedback": CIRCLED,
        "circles": state.get("circles", 0) + 1,
        "tried": [*state["tried"], step["way"]],
        "failures": [*state["failures"], f"{step['way']}: {CIRCLED}"],
    }


def after_critique(state: State, runtime: Runtime[Parts]) -> str:
    """Advice or a next step leads back to the plan while the limits last."""
    if not state["feedback"] and len(state["steps"]) == 1:
        return "remember"
    over = state["rounds"] >= limits_of(runtime.context).rounds and state["feedback"]
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


async def answer(state: State, runtime: Runtime[Parts]) -> State:
    """Close the run: say what was found, or why it ended without."""
    parts = runtime.context
    if _finished(state):
        stopped: StopReason = "answered" if critic_of(parts) is accept else "accepted"
        said = "\n".join(state["findings"])
        if state["steps"][0]["way"] == "noted":
            said += f" {state.get('learned') or ''}".rstrip()
        return {"answer": said, "stopped": stopped}
    circled: StopReason = "loop" if state["feedback"] == CIRCLED else "no_evidence"
    reason = stop_reason(state, parts) or circled
    said = said_at_stop(state) or await last_words(state, parts, reason)
    return {"answer": partial_answer(state, reason, said), "stopped": reason}


__all__ = ["act", "answer", "critique", "observe", "plan", "remember"]
