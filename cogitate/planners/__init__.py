"""Planners, critics and ways of working."""

from cogitate.planners.base import Critic, Planner, Turn, Way, go_on, hand_on, no_evidence
from cogitate.planners.direct import Ordered, accept, direct
from cogitate.planners.grounding import ground
from cogitate.planners.route import Route

__all__ = [
    "Critic",
    "Ordered",
    "Planner",
    "Route",
    "Turn",
    "Way",
    "accept",
    "direct",
    "go_on",
    "ground",
    "hand_on",
    "no_evidence",
]
