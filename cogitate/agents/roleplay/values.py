"""The values of a role-play: roles, messages, the memo, and what a session leaves behind."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypedDict

from cogitate.errors import SetupError
from cogitate.values import Result, StopReason

Termination = Literal[
    "done",
    "no_instruction",
    "role_flip",
    "closing",
    "max_turns",
    "context",
    "model_end",
]
"""Which of the seven rules ended a session."""

Seat = Literal["user", "assistant", "critic"]
Outcome = Literal["done", "cannot", "promise"]

DONE_TOKEN = "<CAMEL_TASK_DONE>"
"""What the user sends, alone, when the task is solved."""

STOPPED: dict[Termination, StopReason] = {
    "done": "answered",
    "no_instruction": "stalled",
    "role_flip": "stalled",
    "closing": "stalled",
    "max_turns": "steps",
    "context": "tokens",
    "model_end": "model_error",
}
"""What each rule means for the run. `done` with open steps is `no_evidence`."""


@dataclass(frozen=True, kw_only=True)
class Role:
    """Who somebody is: a name, and for a scene a persona with its style and traits."""

    name: str
    persona: str = ""
    style: str = ""
    traits: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise SetupError("a role has no name; give it one, such as 'Stock Trader'")

    @property
    def about(self) -> str:
        """The persona, the traits and the style as sentences; empty for a bare name."""
        traits = f"{', '.join(self.traits)}." if self.traits else ""
        return " ".join(part.strip() for part in (self.persona, traits, self.style) if part.strip())


def role_of(role: "Role | str") -> Role:
    """Return a role; a text is the name of one."""
    return Role(name=role) if isinstance(role, str) else role


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message of a session. `text` is what the partner reads."""

    turn: int
    """Counts from 1: a user's message and the assistant's reply make one turn."""
    seat: Seat
    speaker: str
    text: str
    instruction: str = ""
    input: str = ""
    status: str = ""
    """Of an assistant's message: `solution` or `cannot`."""
    solution: str = ""
    """Of an assistant's message: its own words, without a tool's output."""
    tool: str = ""
    """The tool that was used for it; empty when there was none."""
    code: str = ""
    output: str = ""
    ok: bool = True
    """Whether the tool call went well."""


class Item(TypedDict):
    """One line of the memo: an instruction and what came of it."""

    instruction: str
    outcome: Outcome
    text: str


@dataclass(kw_only=True)
class Counts:
    """What code counted in one session."""

    flips: int = 0
    """Messages in which a side did the other's part."""
    reminders: int = 0
    """Times that the user was asked again for an instruction."""
    flakes: int = 0
    """Promises without content, after a second try."""
    retries: int = 0
    """Messages that were written anew, for any reason."""
    fallbacks: int = 0
    """Choices of the critic that could not be read."""
    early: int = 0
    """Ends that were turned down because work was open."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one part of a session cost, in tokens: a role, a gate, the critic."""

    read: int = 0
    reused: int = 0
    written: int = 0
    calls: int = 0


@dataclass(frozen=True, kw_only=True)
class Play:
    """What a session leaves behind."""

    result: Result
    idea: str
    task: str
    assistant: Role
    user: Role
    termination: Termination | None
    """None when the run itself was stopped: `result.stopped` says why."""
    why: str
    turns: int
    """Turns that were begun."""
    messages: tuple[Message, ...] = ()
    memo: tuple[Item, ...] = ()
    plan: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    """Steps of the plan that no solution has completed."""
    counts: Counts = field(default_factory=Counts)
    summary: str = ""
    heads: dict[str, str] = field(default_factory=dict)
    """What each seat was told first."""
    costs: dict[str, Cost] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    seed: int | None = None

    @property
    def solved(self) -> bool:
        """Whether the user ended it, with work done and no step open."""
        return self.termination == "done" and self.result.ok

    def as_dict(self) -> dict[str, Any]:
        """Return plain data: what `cogitate roleplay --json` prints."""
        data = asdict(self)
        data["result"] = self.result.as_dict()
        return {"termination": data.pop("termination"), "solved": self.solved, **data}
