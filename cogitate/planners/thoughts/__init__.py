"""Searching among thoughts: one engine for chain, tree, graph and program of thoughts.

thought.py     a thought, and what a kind of task tells the engine
operations.py  generate, evaluate, select, split, aggregate, refine; a plan is a graph of them
engine.py      carries one operation out
methods.py     the six methods as settings, and what a search may cost
way.py         the way of working: one operation a turn
export.py      the graph as JSON, Mermaid and a tree
"""

from cogitate.planners.thoughts.methods import SETTINGS, Settings
from cogitate.planners.thoughts.way import Thinking, thinking

__all__ = ["SETTINGS", "Settings", "Thinking", "thinking"]
