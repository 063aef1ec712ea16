"""What happened in a run: one typed event each, written as one JSON line.

Everything that a person sees of a run (console, `trace show`) is drawn from these.
The head of each line is `kind` (the class name) and `at` (Unix time in seconds).
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NotRequired, TypedDict

from cogitate.errors import SetupError
from cogitate.keys import redacted
from cogitate.values import Result, Step, StopReason, Usage

TaskStatus = Literal["queued", "running", "done", "failed", "dropped"]


class TaskLine(TypedDict):
    """One task of a run: an id of ours, what is to be done, and how it stands."""

    id: str
    name: str
    status: TaskStatus
    tool: NotRequired[str]
    """What carries it out, where the plan says so."""
    after: NotRequired[list[str]]
    """Ids of the tasks whose results it needs."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all events. `at` is Unix time in seconds."""

    at: float = 0.0
    within: str = ""
    """The task in which it happened, when the run has handed tasks on; empty for the run itself."""

    @property
    def kind(self) -> str:
        """The class name, which is the `kind` in the file."""
        return type(self).__name__

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, `kind` first."""
        return {"kind": self.kind, **_without_blanks(asdict(self))}

    def as_json(self) -> str:
        """Return one line of JSON without a newline."""
        return json.dumps(self.as_dict(), ensure_ascii=False, default=str)


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    """A run was accepted; written before its first step."""

    run_id: str
    goal: str
    model: str = ""
    tools: tuple[str, ...] = ()
    folder: str | None = None
    sandbox: str = ""
    """What confines the python tool, in words."""
    loop: str = ""


@dataclass(frozen=True, kw_only=True)
class Planned(Event):
    """The planner laid out steps; `why` says on what evidence."""

    steps: tuple[Step, ...]
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class ModelCalled(Event):
    """A model answered. `purpose` names the decision; `text` is what it wrote."""

    purpose: str
    text: str
    usage: Usage
    seconds: float = 0.0
    prompt: str = field(default="", repr=False)
    """The messages that the model was shown."""


@dataclass(frozen=True, kw_only=True)
class ToolCalled(Event):
    """A tool is about to run."""

    call_id: str
    tool: str
    args: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Observed(Event):
    """A tool has ended, well or not; `text` is what the model reads of it."""

    call_id: str
    tool: str
    ok: bool
    text: str
    seconds: float = 0.0
    artefacts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Judged(Event):
    """The evidence check and the critic have read an answer."""

    accepted: bool
    answer: str
    advice: str = ""


@dataclass(frozen=True, kw_only=True)
class TasksChanged(Event):
    """The tasks of a run as they stand, in the order in which they will be done."""

    tasks: tuple[TaskLine, ...]


@dataclass(frozen=True, kw_only=True)
class Asked(Event):
    """The person was asked something, and replied."""

    question: str
    reply: str


@dataclass(frozen=True, kw_only=True)
class Said(Event):
    """One of several who play roles has said something to the others."""

    speaker: str
    text: str
    seat: str = ""
    """Its part in the session, such as `user` or `assistant`."""
    turn: int = 0


@dataclass(frozen=True, kw_only=True)
class Noted(Event):
    """Something a reader of the trace should know: a hint, a repair, a fallback, a guard."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Happened(Event):
    """Something happened in a simulated town: one line of its log."""

    line: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Resumed(Event):
    """A run goes on from its record: what happens from here on is new."""

    run_id: str
    recorded: int
    """Outcomes that were taken from the record."""
    why: str = ""
    """What it goes on with: other limits, a reply, another run's record."""


@dataclass(frozen=True, kw_only=True)
class RunEnded(Event):
    """The run is over; `result` is what the caller gets."""

    result: Result

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, `kind` first."""
        return {"kind": self.kind, "at": self.at, "result": self.result.as_dict()}


KINDS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        RunStarted,
        Planned,
        ModelCalled,
        ToolCalled,
        Observed,
        Judged,
        TasksChanged,
        Asked,
        Said,
        Happened,
        Noted,
        Resumed,
        RunEnded,
    )
}


def _without_blanks(data: dict[str, Any]) -> dict[str, Any]:
    """Return an event's data without the task that it does not have."""
    return data if data["within"] else {k: v for k, v in data.items() if k != "within"}


def read_event(line: str) -> Event:
    """Return the event that `line` holds.

    Raises:
        SetupError: the line is not an event of this version.
    """
    try:
        data = json.loads(line)
        kind = KINDS[data.pop("kind")]
        if kind is ModelCalled:
            data["usage"] = Usage(**data["usage"])
        if kind is RunEnded:
            result = data["result"]
            result["usage"] = Usage(**result["usage"])
            result["artefacts"] = tuple(result["artefacts"])
            data["result"] = Result(**result)
        for name in ("tools", "steps", "artefacts", "tasks"):
            if name in data:
                data[name] = tuple(data[name])
        return kind(**data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SetupError(f"not an event of this version: {line[:80]!r} ({error})") from error


def without_keys(event: Event) -> Event:
    """Return the event without keys: `[redacted]` stands in the place of each."""
    text = event.as_json()
    shown = redacted(text)
    return event if shown == text else read_event(shown)


__all__ = [
    "KINDS",
    "Asked",
    "Event",
    "Happened",
    "Judged",
    "ModelCalled",
    "Noted",
    "Observed",
    "Planned",
    "Resumed",
    "RunEnded",
    "RunStarted",
    "Said",
    "StopReason",
    "TaskLine",
    "TaskStatus",
    "TasksChanged",
    "ToolCalled",
    "read_event",
    "without_keys",
]
