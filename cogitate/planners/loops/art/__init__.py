"""art: programs of small steps that pause at tools, after worked examples of similar tasks."""

from cogitate.planners.loops.art.library import Demo, TaskLibrary, TaskRecord
from cogitate.planners.loops.art.loop import Art, art

__all__ = ["Art", "Demo", "TaskLibrary", "TaskRecord", "art"]
