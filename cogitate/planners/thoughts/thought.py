"""A thought, and what a kind of task must tell the engine about its states.

A thought is a partial solution: a node of the graph that a search draws. Its state is plain
data, so that it can be kept, drawn and gone on from. What this module does not know: how
thoughts are made, judged and chosen.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from langchain_core.messages import BaseMessage


@dataclass(frozen=True, kw_only=True)
class Thought:
    """One partial solution. `parents` are the thoughts it was made from, none for the root."""

    id: str
    state: Any
    """Plain data that JSON can hold."""
    text: str
    """What a person reads of it."""
    parents: tuple[str, ...] = ()
    depth: int = 0
    score: float | None = None
    """Higher is better; None when nobody has judged it."""
    valid: bool | None = None
    solved: bool | None = None
    """What the task's own check says; None where it has none."""
    op: str = "start"
    """The operation that made it."""
    tokens: int = 0
    """Tokens that were written for it."""

    def as_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {**asdict(self), "parents": list(self.parents)}


def read_thought(data: dict[str, Any]) -> Thought:
    """Return the thought that `as_dict` gave."""
    return Thought(**{**data, "parents": tuple(data["parents"])})


@dataclass(frozen=True, kw_only=True)
class Move:
    """What is one step away from a state: the new state, and how it is said."""

    state: Any
    text: str
    valid: bool | None = None


class ThoughtTask(Protocol):
    """What the engine must know of a kind of task. Oracles that it lacks return None."""

    name: str
    goal: str
    levels: int
    """Most steps from the start to an answer."""
    stop: tuple[str, ...]
    """Strings at which a written thought ends."""
    opening: str
    """What each written thought begins with."""
    tokens: int
    """Most tokens of a written thought."""
    exact: bool
    """Whether `program_score` can tell how good a state is."""
    improves: bool
    """Whether a step betters a whole solution, rather than adding to a partial one."""

    def initial(self) -> Any:
        """Return the state that a search begins with."""

    def is_terminal(self, state: Any) -> bool:
        """Return whether nothing is to be added to a state."""

    def render(self, state: Any) -> str:
        """Return a state as the model reads it."""

    def canonical(self, state: Any) -> str:
        """Return a text that two states share when they are the same."""

    def answer(self, state: Any) -> str:
        """Return the answer to the whole task that a state gives; empty when it gives none."""

    def given(self, state: Any) -> str:
        """Return the answer of a state to what it was asked, which may be a part of the task."""

    def normalise(self, answer: str) -> str:
        """Return an answer in the form in which answers are compared."""

    def prompt(self, state: Any, several: int = 0) -> list[BaseMessage]:
        """Return what a model is shown that is to write the next thought, or `several` at once."""

    def read(self, state: Any, text: str) -> list[Move]:
        """Return the moves that a model's text makes; none for what may not be made."""

    def judging(self, state: Any, options: Sequence[str]) -> list[BaseMessage]:
        """Return what a model is shown that is to say, by an option, if a state can succeed.

        Args:
            state: the state.
            options: sure, maybe, impossible; or yes, no.
        """

    def legal_steps(self, state: Any) -> list[Move] | None:
        """Return every move there is; None when code cannot tell."""

    def check_step(self, state: Any, move: Move) -> bool | None:
        """Return whether a move may be made; None when code cannot tell."""

    def verify(self, state: Any) -> bool | None:
        """Return whether a terminal state solves the task; None when code cannot tell."""

    def program_score(self, state: Any) -> float | None:
        """Return how good a state is by exact computation; None when code cannot tell."""

    def parts(self, state: Any) -> list[Move] | None:
        """Return the states of the parts of a task; None when a model must split it."""

    def merging(self, states: Sequence[Any]) -> list[BaseMessage]:
        """Return what a model is shown that is to make one state of several."""

    def merged(self, states: Sequence[Any], text: str) -> list[Move]:
        """Return what a model's text makes of several states; nothing where it cannot be read."""

    def mending(self, state: Any) -> list[BaseMessage] | None:
        """Return what a model is shown that is to better a state; None when nothing is wrong."""

    def hopeless(self) -> str:
        """Return the sentence that says why there is no solution; empty when there may be one."""
