"""The loops by name: which ways of working, which critic and which limits each is made of.

Every loop is the graph of `graph.py`. What sets one apart is the order of its ways (a way that
brings no evidence is followed by the next), who reads its answers, and how far it may go.
"""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches

from cogitate.agents.state import Parts
from cogitate.errors import SetupError
from cogitate.planners import Critic, Ordered, Planner, Route, accept
from cogitate.values import Limits


@dataclass(frozen=True, kw_only=True)
class Loop:
    """One loop. Without `ways`, `Route` chooses among the ways of working by evidence."""

    summary: str
    ways: tuple[str, ...] = ()
    critic: Callable[[Parts], Critic] | None = None
    limits: Limits = Limits()


LOOPS: dict[str, Loop] = {
    "auto": Loop(summary="chooses a way of working by evidence, and the next when it fails"),
    "react": Loop(ways=("react",), summary="one tool call at a time over all tools"),
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
    """Return how far a run may go."""
    return parts.limits or loop_named(parts.loop).limits
