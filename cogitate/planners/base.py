"""The contracts of a planner, of a critic and of a way of working."""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.tools import BaseTool

from cogitate.values import Step, StopReason, Task, Verdict

DELEGATE = "delegate"
"""The tool by which an agent pursues a goal of its own within a run. Models are not shown it."""


CLOSING = 0.8
"""Share of a limit from which the model is told to finish."""
FINISH_PROMPT = "Little is left of what this run may use: finish now, with what is known so far."
STALE_PROMPT = "The last call brought nothing new: use another tool or other arguments, or answer."


class Planner(Protocol):
    """Any async callable that turns a task into steps. The first step is begun at once."""

    async def __call__(self, task: Task) -> list[Step]: ...


class Notes(Protocol):
    """What a way may leave in the agent's memory, and find there again."""

    async def recall(self, query: str, k: int = 5, /) -> Sequence[Any]:
        """Return the records nearest to `query`; each has a `text`."""

    async def remember(self, note: str, /) -> Any:
        """Keep `note`."""


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
    planner_model: BaseChatModel | None = None
    """The model that lays out and orders work, when it is another one."""
    critic_model: BaseChatModel | None = None
    """The model that judges, when it is another one."""
    memory: Notes | None = None
    last: bool = False
    """Whether this is the last turn: a tool call would not be carried out any more."""
    repeated: bool = False
    """Whether the last call brought nothing that an earlier one had not."""

    spent: float = 0.0
    """Share of the run's limits that is used up, from 0 to 1: that of the nearest one."""
    tightest: StopReason = "steps"
    """Which limit that is."""

    @property
    def closing(self) -> bool:
        """Whether so much is used up that the model is told to finish."""
        return self.spent >= CLOSING

    @property
    def hint(self) -> str:
        """A line for the very end of what the model sees; empty when there is nothing to say."""
        if self.last:
            return ""  # a way says that by itself
        stale = bool(self.repeated and self.results and self.results[-1].status != "error")
        return FINISH_PROMPT if self.closing else (STALE_PROMPT if stale else "")

    @property
    def planner(self) -> BaseChatModel:
        """The model that lays out and orders work."""
        return self.planner_model or self.model

    @property
    def critic(self) -> BaseChatModel:
        """The model that judges."""
        return self.critic_model or self.model

    @property
    def thoughts(self) -> list[dict[str, Any]]:
        """What this way has kept by `go_on` in this step, in order."""
        found = [m.additional_kwargs.get("thinking") for m in self.messages]
        return [data for data in found if data is not None]

    @property
    def results(self) -> list[ToolMessage]:
        """The tool results of this step, in order."""
        return [m for m in self.messages if isinstance(m, ToolMessage)]

    @property
    def good(self) -> list[ToolMessage]:
        """The results of calls that went well."""
        return [m for m in self.results if m.status != "error"]


Way = Callable[[Turn], Awaitable[AIMessage | str]]
"""A way of working: `act` asks it for the next message. Tool calls are carried out; text is the
step's answer; the message of `no_evidence` ends the step without one."""


def go_on(move: AIMessage | None = None, /, *, partial: str = "", **data: Any) -> AIMessage:
    """Return the message by which a way keeps `data` for its next turn, where `thoughts` has it.

    Args:
        move: the tool calls of this turn; without them the way is asked again at once.
        partial: the best answer so far, which is said if the run must end now.
        data: plain values that JSON can hold; only what is new since the last turn.
    """
    kept: dict[str, Any] = {"thinking": data} | ({"partial": partial} if partial else {})
    calls = [] if move is None else move.tool_calls
    more = {} if move is None else move.additional_kwargs
    return AIMessage("", tool_calls=calls, additional_kwargs=more | kept)


def hand_on(
    *goals: str, notes: Sequence[str] = (), tasks: Sequence[str] = (), harmless: bool = False
) -> AIMessage:
    """Return the calls by which the agent pursues each of `goals` on its own, side by side.

    The results come back as those of tools: an answer, or an error that says why there is none.

    Args:
        goals: what is to be found out or done.
        notes: what each of them is told.
        tasks: ids under which the events of each are shown; made up when there are none.
        harmless: whether they go without the tools that have an effect which counts `once`.
    """
    calls = []
    for number, goal in enumerate(goals):
        made = uuid.uuid4().hex[:8]
        task = tasks[number] if tasks else f"task-{made}"
        args: dict[str, Any] = {"goal": goal, "notes": list(notes), "task": task}
        args |= {"harmless": True} if harmless else {}
        calls.append({"name": DELEGATE, "args": args, "id": f"{DELEGATE}-{made}"})
    return AIMessage("", tool_calls=calls)


def no_evidence(why: str) -> AIMessage:
    """Return the message by which a way says that it found nothing to answer from."""
    return AIMessage("", additional_kwargs={"no_evidence": why})
