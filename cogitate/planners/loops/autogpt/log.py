"""The goals and cycles of a run, rebuilt each turn from the run's messages.

A command lives in the cycle that chose it and nowhere else: a cycle in which the model wrote
nothing valid has no command, so that none of an earlier cycle can ever be carried out again.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from cogitate.planners.base import Turn
from cogitate.planners.grounding import unsupported_names
from cogitate.runs.events import TaskLine, TasksChanged

Outcome = Literal["run", "again", "denied", "invalid", "refused", "early"]
"""What became of a cycle: carried out; the same as before; a tool with an effect and nobody to
ask; not valid; turned down by a person; an end while goals were open."""


MOST_TRIES = 4
"""Cycles for one goal; then it is left open, so that it does not use up the run."""


@dataclass(kw_only=True)
class Cycle:
    """One cycle."""

    outcome: Outcome
    command: str = ""
    args: dict[str, Any] = field(default_factory=dict)
    thoughts: dict[str, Any] = field(default_factory=dict)
    said: str = ""
    """What the model is told of it when no tool ran: the person's words, or a reason."""
    goal: int = -1
    """The goal that it was for, counted from 0."""
    left: int = 0
    """Further commands that the person has authorised in advance."""
    ticked: dict[str, str] = field(default_factory=dict)
    """Numbers of goals that the result before this cycle reached, with that result's id."""
    artefacts: int = 0
    """Files that the run had written when the cycle began."""
    result: str = ""
    evidence: str = ""
    """The id of the result; empty when there is none or the command failed."""

    @property
    def key(self) -> str:
        """The command with its arguments, to be compared."""
        return key_of(self.command, self.args)

    def as_data(self) -> dict[str, Any]:
        """Return what is kept in the run's state; results are in the messages."""
        data = asdict(self)
        del data["result"], data["evidence"]
        return data


@dataclass(kw_only=True)
class Log:
    """Goals, cycles, and which goals are ticked by which result."""

    goals: list[str] = field(default_factory=list)
    cycles: list[Cycle] = field(default_factory=list)
    ticks: dict[int, str] = field(default_factory=dict)
    """Evidence by goal, counted from 0."""

    @property
    def open_goals(self) -> list[int]:
        """The goals that are not ticked."""
        return [at for at in range(len(self.goals)) if at not in self.ticks]

    @property
    def next_goal(self) -> int | None:
        """The open goal that was tried least often, None when each was tried too often."""
        tries = {at: sum(c.goal == at for c in self.cycles) for at in self.open_goals}
        left = [at for at in tries if tries[at] < MOST_TRIES]
        return min(left, key=lambda at: (tries[at], at), default=None)

    @property
    def last(self) -> Cycle | None:
        """The last cycle."""
        return self.cycles[-1] if self.cycles else None

    @property
    def good(self) -> list[Cycle]:
        """The cycles whose command gave something."""
        return [cycle for cycle in self.cycles if cycle.evidence]

    def earlier(self, command: str, args: dict[str, Any]) -> Cycle | None:
        """Return the cycle that ran the same command with the same arguments."""
        wanted = key_of(command, args)
        ran = [cycle for cycle in self.cycles if cycle.outcome == "run"]
        return next((cycle for cycle in ran if cycle.key == wanted), None)

    def tick(self, goal: int, evidence: str) -> bool:
        """Tick a goal by a result of this run; what is no id of one ticks nothing."""
        known = {cycle.evidence for cycle in self.good}
        if goal not in self.open_goals or evidence not in known:
            return False
        self.ticks[goal] = evidence
        return True

    def event(self) -> TasksChanged:
        """Return the goals as an event; the first one that is open is being worked on."""
        first = self.open_goals[:1]
        lines = [
            TaskLine(
                id=f"goal-{at + 1}",
                name=goal,
                status="done" if at in self.ticks else "running" if at in first else "queued",
            )
            for at, goal in enumerate(self.goals)
        ]
        return TasksChanged(tasks=tuple(lines))


def key_of(command: str, args: dict[str, Any]) -> str:
    """Return a command with its arguments as a text to compare."""
    return f"{command} {json.dumps(args, sort_keys=True, ensure_ascii=False, default=str)}".lower()


def log_of(messages: Sequence[BaseMessage]) -> Log:
    """Return the log that the messages of a step lead to."""
    log, waiting = Log(), {}
    for message in messages:
        if isinstance(message, AIMessage):
            kept = message.additional_kwargs.get("thinking") or {}
            log.goals += kept.get("goals", [])
            if "cycle" in kept:
                cycle = Cycle(**kept["cycle"])
                for number, evidence in cycle.ticked.items():
                    log.tick(int(number), evidence)
                log.cycles.append(cycle)
                waiting = {call["id"]: cycle for call in message.tool_calls}
        elif isinstance(message, ToolMessage) and message.tool_call_id in waiting:
            cycle = waiting[message.tool_call_id]
            cycle.result = message.text
            named = message.additional_kwargs.get("result", message.tool_call_id)
            cycle.evidence = "" if message.status == "error" else str(named)
    return log


STEPS_OF_TEST = 5
STALLED_AFTER = 10
TURNED_BACK = 3


def progress(log: Log) -> bool:
    """Return whether the last cycles made any: a new result, a goal ticked, a file written.

    It is tested every 5 cycles, and only 10 cycles without any count.
    """
    many = len(log.cycles)
    if many < STALLED_AFTER or many % STEPS_OF_TEST:
        return True
    older, late = log.cycles[:-STALLED_AFTER], log.cycles[-STALLED_AFTER:]
    known = {cycle.result for cycle in older}
    new = any(cycle.evidence and cycle.result not in known for cycle in late)
    wrote = late[-1].artefacts > late[0].artefacts
    return new or wrote or any(cycle.ticked for cycle in late)


def circling(log: Log) -> bool:
    """Return whether the last cycles only asked for what had been done before."""
    late = log.cycles[-TURNED_BACK:]
    return len(late) == TURNED_BACK and all(c.outcome in ("again", "denied") for c in late)


def broken(log: Log) -> bool:
    """Return whether the model wrote nothing valid twice in a row."""
    return [cycle.outcome for cycle in log.cycles[-2:]] == ["invalid"] * 2


def findings(turn: Turn, log: Log) -> list[str]:
    """Return the results that went well, each once, in order, with what was asked of a tool."""
    return list(dict.fromkeys(_finding(cycle, log, turn.task.goal) for cycle in log.good))


def asked_of(cycle: Cycle, log: Log) -> str:
    """Return what a result is the answer to: the question, or the goal that it reached."""
    if "question" in cycle.args:
        return str(cycle.args["question"])
    return _reached(cycle, log) or ", ".join(str(value) for value in cycle.args.values())


def _reached(cycle: Cycle, log: Log) -> str:
    """Return the first goal that a cycle's result reached, empty when it reached none."""
    ticks = log.ticks.items()
    return next((log.goals[at] for at, evidence in ticks if evidence == cycle.evidence), "")


def _finding(cycle: Cycle, log: Log, objective: str) -> str:
    if "question" in cycle.args:
        return cycle.result  # a sentence of its own
    values = [str(value) for value in cycle.args.values()]
    if values and all(value in objective for value in values):
        return f"{', '.join(values)}: {cycle.result}"
    reached = _reached(cycle, log)
    if reached and not unsupported_names(reached, [objective]):
        return f"{reached} {cycle.result}"
    return cycle.result
