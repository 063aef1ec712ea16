"""What a kind of task is when code knows nothing of it: the oracles that a task may lack."""

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import BaseMessage

from cogitate.planners.thoughts.thought import Move


class Unchecked:
    """A task without oracles; kinds of tasks override what they know."""

    exact = False
    improves = False
    stop: tuple[str, ...] = ()
    opening = ""
    tokens = 200
    levels = 1

    def normalise(self, answer: str) -> str:
        """Return an answer without blanks at its ends."""
        return answer.strip()

    def legal_steps(self, state: Any) -> list[Move] | None:
        """Return None: code does not know the moves."""
        return None

    def check_step(self, state: Any, move: Move) -> bool | None:
        """Return None: code cannot tell."""
        return None

    def verify(self, state: Any) -> bool | None:
        """Return None: code cannot tell."""
        return None

    def program_score(self, state: Any) -> float | None:
        """Return None: code cannot tell."""
        return None

    def parts(self, state: Any) -> list[Move] | None:
        """Return None: a model must split the task."""
        return None

    def merging(self, states: Sequence[Any]) -> list[BaseMessage]:
        """Return nothing: states of this kind are not merged."""
        return []

    def merged(self, states: Sequence[Any], text: str) -> list[Move]:
        """Return nothing: states of this kind are not merged."""
        return []

    def mending(self, state: Any) -> list[BaseMessage] | None:
        """Return None: code knows nothing that is wrong."""
        return None

    def hopeless(self) -> str:
        """Return nothing: there may be a solution."""
        return ""
