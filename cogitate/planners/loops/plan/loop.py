"""plan: lay the goal out as steps, hand each on as a run of its own, plan anew where one fails.

Independent steps run side by side; each is told only the results that it needs. Where the person
has put the steps in plain words, code splits the goal and no model is asked; a goal of one step
stays one. Ids are ours: a model names earlier steps by their numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from cogitate.llm.decide import decide
from cogitate.llm.llama import ChatLlama
from cogitate.planners.base import Turn, go_on, hand_on, no_evidence
from cogitate.planners.gates import yes_or_no
from cogitate.planners.loops.pages import is_written, wanted_file, write_page, written
from cogitate.planners.loops.plan.restate import needed, restated
from cogitate.planners.loops.plan.split import Part, needs_all, parts_of, refers_back
from cogitate.planners.loops.plan.steps import (
    EXECUTIONS,
    FREE_STEPS,
    GATE_EXAMPLE,
    GATE_PROMPT,
    LEVELS,
    REPLAN_PROMPT,
    REPLANS,
    SEVERAL,
    STEPS,
    STEPS_EXAMPLE,
    STEPS_PROMPT,
    Job,
    PlannedSteps,
    sound_jobs,
)
from cogitate.planners.outputs import only_saves
from cogitate.planners.ways.saying import say
from cogitate.runs.context import current
from cogitate.runs.events import Noted, TaskLine, TasksChanged, TaskStatus


@dataclass(frozen=True)
class Progress:
    """How a plan stands: the steps that are left or done, and what came of each."""

    jobs: tuple[Job, ...]
    done: dict[int, str]
    failed: dict[int, str]
    executed: int
    replans: int
    """Plans anew since a step was last done."""
    free: bool
    """Whether a model laid the plan out, rather than the person."""

    def ready(self) -> list[Job]:
        """Return the steps whose needs are done; a new list, the plan is not touched."""
        open_jobs = [j for j in self.jobs if j.number not in self.done | self.failed]
        return [j for j in open_jobs if all(need in self.done for need in j.needs)]


async def plan(turn: Turn) -> AIMessage:
    """Return the next steps to hand on, or the answer from what they found."""
    if not turn.thoughts:
        jobs, free = await _first(turn)
        return go_on(jobs=[job.data() for job in jobs], free=free)
    if is_written(turn):
        return written(turn)
    found = progress_of(turn)
    _show(found)
    if all(job.number in found.done for job in found.jobs):
        answer, name = await _answer(turn, found), wanted_file(turn)
        if turn.last or not name:
            return answer
        page = await write_page(
            turn, name, [(job.ask, found.done[job.number]) for job in found.jobs]
        )
        return go_on(page, partial=answer.text, answer=answer.text)
    if turn.last or found.executed >= EXECUTIONS:
        return no_evidence(_why(found, "no more steps may be carried out"))
    ready = found.ready()
    if ready and not found.failed:
        return await _hand(turn, found, ready[: min(LEVELS, EXECUTIONS - found.executed)])
    if found.replans >= REPLANS:
        return no_evidence(_why(found, f"{REPLANS} new plans in a row brought no step further"))
    return await _replan(turn, found)


def progress_of(turn: Turn) -> Progress:
    """Return how the plan stands, from the messages alone."""
    asked = {
        call["id"]: int(str(call["args"].get("task", "")).partition("-")[2] or 0)
        for message in turn.messages
        if isinstance(message, AIMessage)
        for call in message.tool_calls
    }
    jobs: list[Job] = []
    done: dict[int, str] = {}
    failed: dict[int, str] = {}
    executed = replans = 0
    free = False
    for message in turn.messages:
        data = message.additional_kwargs.get("thinking") or {}
        if "jobs" in data:
            replans += bool(jobs)
            jobs = [job for job in jobs if job.number in done]
            jobs += [Job(j["number"], j["ask"], tuple(j["needs"])) for j in data["jobs"]]
            failed = {}
            free = free or bool(data.get("free"))
        if isinstance(message, ToolMessage):
            executed += 1
            number = asked.get(message.tool_call_id, 0)
            if message.status == "error":
                failed[number] = message.text
            else:
                done[number] = message.text
                replans = 0
    return Progress(tuple(jobs), done, failed, executed, replans, free)


# ------------------------------------------------------------------------------ laying it out


async def _first(turn: Turn) -> tuple[list[Job], bool]:
    """Return the first plan, and whether a model laid it out."""
    every = parts_of(turn.task.goal)
    parts = [part for part in every if not only_saves(part.text)] or every
    if len(parts) > 1:
        return await _in_order(turn, parts), False
    if len(parts) < len(every):
        return [Job(1, parts[0].text)], False
    small = isinstance(turn.planner, ChatLlama)
    if small:
        goal = turn.task.goal
        odds = await yes_or_no(turn.planner, GATE_PROMPT, GATE_EXAMPLE, goal, "several steps?")
        if odds < SEVERAL:
            return [Job(1, goal)], False
    most = FREE_STEPS if small else STEPS
    prompt = STEPS_PROMPT.format(most=most)
    shown = [SystemMessage(prompt), *STEPS_EXAMPLE, HumanMessage(f"Goal: {turn.task.goal}")]
    planned = await _decided(turn, shown, "plan")
    jobs = sound_jobs(planned.steps[:most], turn.task.goal, first=1)
    if len(jobs) <= 1:
        return [Job(1, turn.task.goal)], False
    return jobs, True


async def _in_order(turn: Turn, parts: Sequence[Part]) -> list[Job]:
    """Return the parts as steps, each with the earlier ones that it needs."""
    jobs: list[Job] = []
    for number, part in enumerate(parts, 1):
        needs: tuple[int, ...] = ()
        if number > 1 and needs_all(part):
            needs = tuple(range(1, number))
        elif number > 1 and (
            refers_back(part) or await needed(turn.planner, parts[number - 2].text, part.text)
        ):
            needs = (number - 1,)
        jobs.append(Job(number, part.text, needs))
    return jobs


async def _decided(turn: Turn, shown: list[Any], purpose: str) -> PlannedSteps:
    empty = PlannedSteps.model_construct(steps=[])
    found = await decide(
        turn.planner, shown, PlannedSteps, purpose=purpose, fallback=empty, max_tokens=300
    )
    if found is empty:
        current().emit(Noted(text=f"{purpose}: no valid steps were written"))
    return found


async def _replan(turn: Turn, found: Progress) -> AIMessage:
    """Return the message that keeps a new plan of what is left, or the end."""
    goal = turn.task.goal
    why = "; ".join(f"{_ask(found, n)}: {_line(text)}" for n, text in found.failed.items())
    done = {job.number: job for job in found.jobs if job.number in found.done}
    first = max(job.number for job in found.jobs) + 1
    lines = [f"{n}. {job.ask} -> {_line(found.done[n])}" for n, job in done.items()]
    asked = f"Goal: {goal}\nDone:\n{chr(10).join(lines) or '(nothing)'}\nFailed: {why}\n"
    left = [job.ask for job in found.jobs if job.number not in found.done | found.failed]
    asked += f"Left: {'; '.join(left) or '(nothing)'}\nNumber the new steps from {first}."
    shown = [SystemMessage(REPLAN_PROMPT), HumanMessage(asked)]
    planned = await _decided(turn, shown, "replan")
    known = "\n".join([goal, *found.done.values()])
    tried = {_ask(found, n).lower() for n in found.failed}
    steps = [step for step in planned.steps if step.question.strip().lower() not in tried]
    jobs = sound_jobs(steps[: STEPS - len(done)], known, first=first)
    jobs = [replace(j, needs=tuple(n for n in j.needs if n >= first or n in done)) for j in jobs]
    if not jobs:
        return no_evidence(_why(found, "no other step was found"))
    return go_on(jobs=[job.data() for job in jobs], partial=_so_far(found), free=True)


# ------------------------------------------------------------------------------ carrying it out


async def _hand(turn: Turn, found: Progress, ready: Sequence[Job]) -> AIMessage:
    """Return the calls by which the steps are carried out side by side."""
    calls = []
    for job in ready:
        known = [(_ask(found, n), found.done[n]) for n in job.needs]
        sources = [turn.task.goal, *turn.task.notes]
        goal = await restated(turn.model, job.ask, known, sources) if known else job.ask
        notes = turn.task.notes if len(found.jobs) == 1 else ()
        calls += hand_on(goal, notes=notes, tasks=[f"step-{job.number}"]).tool_calls
    move = AIMessage("", tool_calls=calls, additional_kwargs={"confirms": True})
    return go_on(move, partial=_so_far(found))


async def _answer(turn: Turn, found: Progress) -> AIMessage:
    """Return what the steps found: of a person's own steps each, of a model's plan its end."""
    texts = [found.done[job.number] for job in found.jobs]
    if not found.free or len(texts) == 1:
        return AIMessage("\n".join(dict.fromkeys(texts)))
    used = {need for job in found.jobs for need in job.needs}
    ends = [found.done[job.number] for job in found.jobs if job.number not in used]
    if len(ends) == 1:
        return await say(turn, ends[0])
    return AIMessage("\n".join(dict.fromkeys(ends)))


def _show(found: Progress) -> None:
    """Show the steps as they stand."""
    ready = {job.number for job in found.ready()} if not found.failed else set()
    lines = []
    for job in found.jobs:
        status: TaskStatus = "done" if job.number in found.done else "queued"
        if job.number in found.failed:
            status = "failed"
        elif job.number in ready:
            status = "running"
        lines.append(TaskLine(id=f"step-{job.number}", name=job.ask, status=status))
    current().emit(TasksChanged(tasks=tuple(lines)))


def _ask(found: Progress, number: int) -> str:
    return next((job.ask for job in found.jobs if job.number == number), "")


def _line(text: str) -> str:
    return " ".join(text.split())[:160]


def _so_far(found: Progress) -> str:
    return "\n".join(found.done[n] for n in sorted(found.done))


def _why(found: Progress, end: str) -> str:
    failed = "; ".join(f"{_ask(found, n)} ({_line(t)})" for n, t in found.failed.items())
    lines = [f"found: {_line(_so_far(found))}"] if found.done else []
    return "; ".join([*lines, *([f"not found: {failed}"] if failed else []), end])
