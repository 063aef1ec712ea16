"""calls: every call that a request needs in one decision, none where no tool fits."""

from cogitate.planners.loops.calls.loop import calls

__all__ = ["calls"]
