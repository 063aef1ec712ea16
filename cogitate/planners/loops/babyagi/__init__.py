"""babyagi: a queue of tasks, each a run of its own, with creation and ordering in between."""

from cogitate.planners.loops.babyagi.loop import BabyAgi, babyagi

__all__ = ["BabyAgi", "babyagi"]
