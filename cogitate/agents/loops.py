"""The loops by name: which ways of working, which critic and which limits each is made of.

Every loop is the graph of `graph.py`. What sets one apart is the order of its ways (a way that
brings no evidence is followed by the next), who reads its answers, and how far it may go.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from cogitate.agents.checking import LIMITS as CHECKED
from cogitate.agents.checking import checked_by_tools
from cogitate.agents.state import Parts
from cogitate.errors import SetupError
from cogitate.planners import Critic, Ordered, Planner, Route, accept
from cogitate.runs.context import current
from cogitate.values import Limits


@dataclass(frozen=True, kw_only=True)
class Loop:
    """One loop. Without `ways`, `Route` chooses among the ways of working by evidence."""

    summary: str
    ways: tuple[str, ...] = ()
    critic: Callable[[Parts], Critic] | None = None
    limits: Limits = Limits()


THOUGHTS = Limits(steps=64, tokens=120_000, seconds=900.0)
"""Of the loops that search among thoughts, which have limits of their own too."""

STEPS = Limits(steps=60, tool_calls=90, tokens=80_000, seconds=900.0)
"""Of the loops that lay a goal out in steps or calls."""
ALONE = Limits(steps=100, tool_calls=100, tokens=150_000, seconds=1800.0)
"""Of the loops that find their tasks themselves."""

LOOPS: dict[str, Loop] = {
    "auto": Loop(
        limits=Limits(steps=40, tool_calls=60),
        summary="chooses a way of working by evidence, and the next when it fails; "
        "goals of several parts go to plan",
    ),
    "act": Loop(ways=("act",), summary="one tool call at a time over all tools, no thoughts"),
    "react": Loop(ways=("react",), summary="a thought, then one tool call at a time"),
    "calls": Loop(
        ways=("calls",),
        summary="all tool calls that a request needs in one decision, none where no tool fits",
    ),
    "react-sc": Loop(
        ways=("react-briefly", "sc"),
        limits=THOUGHTS,
        summary="react, and where that finds nothing the majority of several chains of reasoning",
    ),
    "sc-react": Loop(
        ways=("sc-sure", "react"),
        limits=THOUGHTS,
        summary="several chains of reasoning, and where fewer than half agree react",
    ),
    "plan": Loop(
        ways=("plan",),
        summary="lays the goal out as steps, each a run of its own, and plans anew where one fails",
        limits=STEPS,
    ),
    "rewoo": Loop(
        ways=("rewoo",),
        summary="plans all calls first, runs them side by side, answers once from the evidence",
        limits=STEPS,
    ),
    "compose": Loop(
        ways=("compose",),
        summary="a typed pipeline of tools and small modules, checked before anything runs",
        limits=STEPS,
    ),
    "ps": Loop(ways=("ps",), summary="plans and solves in one call, with words alone"),
    "pal": Loop(ways=("pal", "cot"), summary="a program is run and what it prints is the answer"),
    "codeact": Loop(
        ways=("codeact",), summary="programs that call the tools, variables kept between them"
    ),
    "standard": Loop(ways=("standard",), summary="the model's answer, without reasoning"),
    "cot": Loop(ways=("cot",), summary="one chain of reasoning, then the answer"),
    "sc": Loop(
        ways=("sc",), limits=THOUGHTS, summary="several chains of reasoning, and the answer of most"
    ),
    "tot": Loop(
        ways=("tot",), limits=THOUGHTS, summary="a tree of thoughts: steps are judged and searched"
    ),
    "got": Loop(
        ways=("got",), limits=THOUGHTS, summary="a graph of thoughts: split, solve, merge, correct"
    ),
    "pot": Loop(ways=("pot",), limits=THOUGHTS, summary="several programs, and the result of most"),
    "critic": Loop(
        critic=checked_by_tools,
        limits=CHECKED,
        summary="auto, and each answer is verified by tools and corrected",
    ),
    "reflexion": Loop(
        ways=("reflexion",),
        limits=Limits(steps=48, tool_calls=48, tokens=80_000, seconds=1200.0),
        summary="several tries, each with the lessons of those before",
    ),
    "art": Loop(
        ways=("art",),
        summary="a program of small steps that pauses at tools, after examples of similar tasks",
    ),
    "inline": Loop(ways=("inline",), summary="tool calls inside the running text of the answer"),
    "autogpt": Loop(
        ways=("autogpt",),
        summary="one command at a time over a checklist of goals, authorised where a person is",
        limits=ALONE,
    ),
    "babyagi": Loop(
        ways=("babyagi",),
        summary="a queue of tasks, each a run of its own, until the objective is met",
        limits=ALONE,
    ),
}


def loop_named(name: str) -> Loop:
    """Return the loop called `name`.

    Raises:
        SetupError: there is none; the message names the closest.
    """
    if name not in LOOPS:
        near = get_close_matches(name, LOOPS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(LOOPS)}"
        raise SetupError(f"there is no loop {name!r}; {hint}")
    return LOOPS[name]


def planner_of(parts: Parts) -> Planner:
    """Return who lays out the steps of a run."""
    if parts.planner is not None:
        return parts.planner
    ways = ("executor",) if parts.executor else loop_named(parts.loop).ways
    return Ordered(ways) if ways else Route(parts.planner_model or parts.model, parts.tools)


def critic_of(parts: Parts) -> Critic:
    """Return who reads the answers of a run."""
    if parts.critic is not None:
        return parts.critic
    make = loop_named(parts.loop).critic
    return accept if make is None else make(parts)


def limits_of(parts: Parts) -> Limits:
    """Return how far a run may go, with what was allowed on top when it went on."""
    limits = own_limits(parts)
    raised: dict[str, Any] = {
        name: (getattr(limits, name) or 0) + more for name, more in current().raised.items()
    }
    return replace(limits, **raised) if raised else limits


def own_limits(parts: Parts) -> Limits:
    """Return how far a run may go as it was accepted."""
    return parts.limits or loop_named(parts.loop).limits
