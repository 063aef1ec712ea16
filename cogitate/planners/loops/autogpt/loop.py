"""autogpt: choose a command, fill it in, have it authorised, carry it out, tick what it reached.

After AutoGPT (Significant Gravitas, 2023), without its defects: the command of an earlier cycle
can never run again, limits and progress are tested by code, goals are ticked by results only,
and what the model feels about its own plan includes its criticism. Where nobody can be asked,
commands with an effect that counts `once` are refused.
"""

from dataclasses import dataclass, replace
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

from cogitate.llm.llama import ChatLlama
from cogitate.planners.base import Turn, go_on, hand_on, no_evidence
from cogitate.planners.loops.autogpt import asking, prompting
from cogitate.planners.loops.autogpt.commands import (
    FILL_PROMPT,
    FIND_OUT,
    FINISH,
    OTHERWISE_PROMPT,
    Command,
    chosen,
    commands_of,
    filled,
    fitting,
)
from cogitate.planners.loops.autogpt.log import (
    Cycle,
    Log,
    Outcome,
    asked_of,
    broken,
    circling,
    findings,
    log_of,
    progress,
)
from cogitate.planners.loops.closing import put_together, stop_with
from cogitate.planners.loops.pages import is_written, wanted_file, write_page, written
from cogitate.planners.loops.parts import parts_of
from cogitate.planners.outputs import only_saves
from cogitate.planners.ways.saying import call
from cogitate.runs.context import current
from cogitate.runs.events import Noted
from cogitate.values import StopReason

RESERVE = 0.9
"""Share of the run's limits that is the loop's budget; the rest is for putting together."""


@dataclass(frozen=True, kw_only=True)
class AutoGpt:
    """The loop with its settings; `autogpt` is the one with the defaults."""

    think: bool = False
    """Whether thoughts are written in every cycle, not only where a person reads them."""
    most_cycles: int = 40

    async def __call__(self, turn: Turn) -> AIMessage:
        """Return the next command, or the answer put together."""
        log, kept = log_of(turn.messages), dict[str, Any]()
        if is_written(turn):
            return written(turn)
        if not log.goals:
            parts = await parts_of(turn)
            log.goals = kept["goals"] = [part for part in parts if not only_saves(part)] or parts
        ticked = await prompting.reached(turn, log)
        current().emit(log.event())
        stop = self._must_stop(turn, log)
        if stop or not log.open_goals:
            return await _wrap_up(turn, log, stop)
        cycle = await self._next(turn, log)
        if cycle is None:
            return await _wrap_up(turn, log, ("interrupted", "a person ended the run"))
        if cycle.outcome == "early" and log.last and log.last.outcome == "early":
            return await _wrap_up(turn, log, _unreached(log))
        cycle.ticked, cycle.artefacts = ticked, len(current().artefacts)
        if cycle.outcome != "run":
            current().emit(Noted(text=f"cycle {len(log.cycles) + 1}: {cycle.said}"))
        partial = "\n".join(f"- {found}" for found in findings(turn, log))
        return go_on(_move(turn, log, cycle), partial=partial, cycle=cycle.as_data(), **kept)

    def _must_stop(self, turn: Turn, log: Log) -> tuple[StopReason, str] | None:
        """Return why no further command may run."""
        causes: list[tuple[bool, StopReason, str]] = [
            (turn.last or turn.spent >= RESERVE, turn.tightest, "the limits are nearly used up"),
            (broken(log), "model_error", "the model wrote nothing valid twice"),
            (len(log.cycles) >= self.most_cycles, "steps", f"{self.most_cycles} cycles were done"),
            (circling(log), "loop", "it asked three times for what was done or not allowed"),
            (not progress(log), "stalled", "ten cycles brought nothing new"),
        ]
        if log.open_goals and log.next_goal is None:
            causes.append((True, *_unreached(log)))
        found = next(((reason, why) for true, reason, why in causes if true), None)
        denied = any(cycle.outcome == "denied" for cycle in log.cycles)
        if found and denied and found[0] in ("loop", "stalled"):
            return _unreached(log)
        return found

    async def _next(self, turn: Turn, log: Log) -> Cycle | None:
        """Return the next cycle as it was chosen and authorised; None when a person ends it."""
        conversation = prompting.shown(turn, log, turn.spent / RESERVE)
        at = log.next_goal or 0
        offered = await fitting(turn, _open(turn, log, at), log.goals[at])
        command = await chosen(turn, conversation, offered, at + 1, log.goals[at])
        cycle = await self._filled(turn, log, conversation, command)
        if cycle.outcome != "run":
            return cycle
        if current().ask is None and command.once:
            said = f"{command.name} has an effect and nobody can be asked for a yes: it was not run"
            return replace(cycle, outcome="denied", said=said)
        if self.think or current().ask is not None:
            thoughts = await prompting.thoughts_on(turn, conversation, cycle)
            cycle.thoughts = thoughts.model_dump()
        return await self._authorised(turn, log, cycle)

    async def _filled(
        self, turn: Turn, log: Log, conversation: list[BaseMessage], command: Command
    ) -> Cycle:
        """Return the cycle of a command with its arguments, or with what was wrong with them."""
        if command.name == FINISH:
            left = "; ".join(log.goals[at] for at in log.open_goals)
            return Cycle(outcome="early", command=FINISH, said=f"Not yet: {left} is open.")
        at = log.next_goal or 0
        hint = FILL_PROMPT.format(name=command.name, number=at + 1, goal=log.goals[at])
        args = _as_it_stands(turn, log, command, log.goals[at])
        args = args or await filled(turn, conversation, command, hint)
        earlier = log.earlier(command.name, args or {})
        if args is not None and earlier is not None:
            hint = f"{hint}\n{OTHERWISE_PROMPT.format(args=earlier.key)}"
            args = await filled(turn, conversation, command, hint)
            earlier = log.earlier(command.name, args or {})
        if args is None:
            said = f"The arguments of {command.name} were not valid: nothing was run."
            return Cycle(outcome="invalid", said=said, goal=at)
        outcome: Outcome = "run" if earlier is None else "again"
        said = "" if earlier is None else f"This was done before. It gave: {earlier.result[:300]}"
        return Cycle(outcome=outcome, command=command.name, args=args, said=said, goal=at)

    async def _authorised(self, turn: Turn, log: Log, cycle: Cycle) -> Cycle | None:
        """Return the cycle as the person wants it; None when the run is to end."""
        left = asking.left_over(log.last.left if log.last else 0)
        if left > 0:
            return replace(cycle, left=left - 1)
        reply = await asking.put(cycle, turn.spent)
        if reply is None:
            return cycle
        if reply.kind == "run":
            return replace(cycle, left=reply.many - 1)
        if reply.kind == "advise":
            return replace(cycle, outcome="refused", said=f"The person says: {reply.text}")
        if reply.kind == "end":
            return None
        feedback = await asking.criticised(turn, cycle)
        current().emit(Noted(text=f"self-feedback: {feedback.verdict}. {feedback.advice}"))
        if feedback.verdict == "stop":
            return None
        said = f"On reading it again: {feedback.advice}"
        revised = feedback.verdict == "revise"
        return replace(cycle, outcome="refused", said=said) if revised else cycle


def _as_it_stands(turn: Turn, log: Log, command: Command, goal: str) -> dict[str, Any] | None:
    """Return a goal as the question to find out, the first time: a small model asks it worse."""
    asked = {"question": goal}
    first = command.name == FIND_OUT and log.earlier(FIND_OUT, asked) is None
    return asked if first and isinstance(turn.model, ChatLlama) else None


def _open(turn: Turn, log: Log, goal: int) -> list[Command]:
    """Return the commands that are offered for a goal.

    There is no end before there is any result, and none that was denied or that for this goal
    only came to what had been done, unless nothing else is left.
    """
    denied = [cycle.command for cycle in log.cycles if cycle.outcome == "denied"]
    found = commands_of(turn, denied)
    found = found if log.good or len(found) == 1 else found[:-1]
    circled = {c.command for c in log.cycles if c.outcome == "again" and c.goal == goal}
    return [command for command in found if command.name not in circled] or found


def _move(turn: Turn, log: Log, cycle: Cycle) -> AIMessage | None:
    """Return the call that a cycle makes: its own command and no other."""
    if cycle.outcome != "run":
        return None
    if cycle.command == FIND_OUT:
        asked = str(cycle.args.get("question", ""))
        known = [f"{' '.join(map(str, c.args.values()))} -> {c.result[:300]}" for c in log.good]
        notes = [*turn.task.notes[:3], *known[-5:]]
        # What it does inside no person has seen: tools with an effect stay out.
        move = hand_on(asked, notes=notes, tasks=[f"cycle-{len(log.cycles) + 1}"], harmless=True)
    else:
        move = call(cycle.command, **cycle.args)
    move.additional_kwargs["confirms"] = True  # progress is tested here, over several cycles
    return move


def _unreached(log: Log) -> tuple[StopReason, str]:
    """Return the stop of a run that ends while goals are open."""
    denied = [cycle.command for cycle in log.cycles if cycle.outcome == "denied"]
    if denied:
        return "denied", f"nobody could be asked to allow {', '.join(dict.fromkeys(denied))}"
    left = "; ".join(log.goals[at] for at in log.open_goals)
    return "stalled", f"nothing was found that answers: {left}"


async def _wrap_up(turn: Turn, log: Log, stop: tuple[StopReason, str] | None) -> AIMessage:
    """Return the answer, or the stop with what there is; nothing is done any more."""
    found = findings(turn, log)
    if not found:
        return stop_with("", *stop) if stop else no_evidence("no command gave a result")
    text = await put_together(turn, found)
    if stop and log.open_goals:
        return stop_with(text, *stop)
    name = "" if turn.last else wanted_file(turn)
    if not name:
        return AIMessage(text)
    named = dict.fromkeys((asked_of(cycle, log), cycle.result) for cycle in log.good)
    page = await write_page(turn, name, list(named))
    return go_on(page, partial=text, answer=text)


autogpt = AutoGpt()
