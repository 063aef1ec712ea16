"""Planners, critics and ways of working."""

from cogitate.planners.base import Critic, Planner, Turn, Way, no_evidence
from cogitate.planners.direct import accept, direct
from cogitate.planners.grounding import ground
from cogitate.planners.route import Route

__all__ = ["Critic", "Planner", "Route", "Turn", "Way", "accept", "direct", "ground", "no_evidence"]
