"""autogpt: one command a cycle, chosen, filled in, authorised, carried out and ticked off."""

from cogitate.planners.loops.autogpt.loop import AutoGpt, autogpt

__all__ = ["AutoGpt", "autogpt"]
