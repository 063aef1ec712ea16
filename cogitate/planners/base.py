"""The contracts of a planner, of a critic and of a way of working."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.tools import BaseTool

from cogitate.values import Step, Task, Verdict


class Planner(Protocol):
    """Any async callable that turns a task into steps. The first step is begun at once."""

    async def __call__(self, task: Task) -> list[Step]: ...


class Critic(Protocol):
    """Any async callable that reads an answer and says whether it will do."""

    async def __call__(self, task: Task, answer: str) -> Verdict: ...


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What a way of working knows when it is asked for its next move."""

    task: Task
    """The run's goal, or the step's when there are several."""
    model: BaseChatModel
    tools: Sequence[BaseTool]
    messages: Sequence[BaseMessage]
    """Calls and results of this step so far, in order."""
    last: bool = False
    """Whether this is the last turn: a tool call would not be carried out any more."""
    repeated: bool = False
    """Whether the last call brought nothing that an earlier one had not."""

    @property
    def results(self) -> list[ToolMessage]:
        """The tool results of this step, in order."""
        return [m for m in self.messages if isinstance(m, ToolMessage)]

    @property
    def good(self) -> list[ToolMessage]:
        """The results of calls that went well."""
        return [m for m in self.results if m.status != "error"]


Way = Callable[[Turn], Awaitable[AIMessage]]
"""A way of working: `act` asks it for the next message. Tool calls are carried out; text is the
step's answer; the message of `no_evidence` ends the step without one."""


def no_evidence(why: str) -> AIMessage:
    """Return the message by which a way says that it found nothing to answer from."""
    return AIMessage("", additional_kwargs={"no_evidence": why})
