"""What the model is shown: a fixed head, the goals, and each cycle as it was; then what is asked.

Nothing that was shown changes later, so that it is read once.
"""

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from cogitate.llm.decide import decide
from cogitate.planners.base import Turn
from cogitate.planners.gates import holds
from cogitate.planners.loops.autogpt.asking import Thoughts, in_words
from cogitate.planners.loops.autogpt.log import Cycle, Log
from cogitate.planners.loops.parts import materials

AUTOGPT_PROMPT = """\
You pursue an objective on your own, one command at a time, and read each result before the next. \
Write names, values and numbers exactly as the objective and the results have them. A question \
must say everything by itself: "it" or "the result" says nothing."""

THOUGHTS_PROMPT = """\
Why {command}? Write as JSON: the thought, the reasoning behind it, the plan in up to 3 short \
steps, and what may be wrong with it. One short sentence each."""

FINISH_UP = "The limits are nearly used up: do only what the open goals need most."
FINISH_UP_AT = 0.8
SHOWN = 500
HOLDS = 0.0
"""Log-odds from which a result is taken to say what a goal asks for."""


def shown(turn: Turn, log: Log, share: float) -> list[BaseMessage]:
    """Return the conversation so far, which only grows, and what stands now."""
    goals = "\n".join(f"{number}. {goal}" for number, goal in enumerate(log.goals, start=1))
    notes = "".join(f"{note}\n" for note in turn.task.notes)
    head = f"{materials(turn)}{notes}Objective: {turn.task.goal}\nGoals:\n{goals}"
    messages: list[BaseMessage] = [SystemMessage(AUTOGPT_PROMPT), HumanMessage(head)]
    for cycle in log.cycles:
        messages.append(AIMessage(_done(cycle)))
        messages.append(HumanMessage(_came(cycle)))
    ticked = ", ".join(str(at + 1) for at in sorted(log.ticks)) or "none"
    now = f"Goals ticked: {ticked}. Goals open: {', '.join(str(at + 1) for at in log.open_goals)}."
    messages.append(HumanMessage(f"{now}\n{FINISH_UP}" if share >= FINISH_UP_AT else now))
    return messages


def _done(cycle: Cycle) -> str:
    if not cycle.command:
        return "(nothing valid)"
    args = ", ".join(f"{name}={value!r}" for name, value in cycle.args.items())
    thought = f"{in_words(cycle.thoughts)}" if cycle.thoughts else ""
    return f"{thought}{cycle.command}({args})"


def _came(cycle: Cycle) -> str:
    if cycle.outcome != "run":
        return cycle.said
    label = f"Result ({cycle.evidence})" if cycle.evidence else "It failed"
    return f"{label}: {' '.join(cycle.result.split())[:SHOWN]}"


async def thoughts_on(turn: Turn, conversation: list[BaseMessage], cycle: Cycle) -> Thoughts:
    """Return the model's thoughts on a command; empty ones where it wrote nonsense."""
    asked = HumanMessage(THOUGHTS_PROMPT.format(command=_done(cycle)))
    none = Thoughts(text="", reasoning="", plan=[], criticism="")
    return await decide(
        turn.model,
        [*conversation, asked],
        Thoughts,
        purpose="thoughts",
        fallback=none,
        max_tokens=240,
    )


async def reached(turn: Turn, log: Log) -> dict[str, str]:
    """Return the goal that the last result reaches, with that result's id; it is ticked.

    A result is held against the goal that it was asked for, and no other: a small model takes
    "The total is 13017.6." for an answer to "What is 15 percent of 13017.6?" as well.
    """
    last = log.last
    if last is None or last.goal not in log.open_goals:
        return {}
    cycle = last
    if last.outcome == "again":  # it may have been done for another goal
        cycle = log.earlier(last.command, last.args) or last
    if not cycle.evidence or (cycle is not last and cycle.goal == last.goal):
        return {}
    odds = await holds(turn.critic, _told(turn, cycle), log.goals[last.goal])
    found = odds >= HOLDS and log.tick(last.goal, cycle.evidence)
    return {str(last.goal): cycle.evidence} if found else {}


def _told(turn: Turn, cycle: Cycle) -> str:
    """Return a result with what it is the result of, in words."""
    if "question" in cycle.args:
        return f"{cycle.args['question']} {cycle.result}"
    about = next((t.description for t in turn.tools if t.name == cycle.command), cycle.command)
    args = ", ".join(f"{name}: {value}" for name, value in cycle.args.items())
    return f"{about.strip().split(chr(10))[0].rstrip('.')} ({args}): {cycle.result}"
