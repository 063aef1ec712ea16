"""The few values of our own that cross package lines. Everything else is langchain-core's.

Classes that live in the graph's state are `TypedDict`s, because a checkpoint holds plain
data only; the others are frozen, keyword-only dataclasses.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal, NotRequired, TypedDict

StopReason = Literal[
    "accepted",
    "answered",
    "no_evidence",
    "steps",
    "tokens",
    "time",
    "cost",
    "loop",
    "stalled",
    "denied",
    "interrupted",
    "model_error",
]
"""Why a run ended. `answered`: with an answer; `accepted`: and a critic agreed."""

Effect = Literal["read", "idempotent", "once"]
"""What calling a tool twice does: nothing new, the same again, or a second effect."""

Permission = Literal["auto", "ask", "never"]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How far a run may go. Every way back in the graph is bounded here and nowhere else."""

    steps: int = 16
    """Most turns of the acting model, those of tasks that were handed on included."""
    tool_calls: int = 24
    model_calls: int = 1_000
    tokens: int = 40_000
    """Most tokens computed: prompt tokens read (not those reused) plus tokens written."""
    seconds: float = 600.0
    rounds: int = 4
    """Most plans, so a critic may send the work back `rounds - 1` times."""
    cost: float | None = None
    """Most that the run's model calls may cost, in the currency of the prices; None: no limit."""
    window: float = 86_400.0
    """Seconds over which `window_cost` counts."""
    window_cost: float | None = None
    """Most that all runs of this data folder together may cost within the window."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What model calls cost, in tokens."""

    read: int = 0
    """Prompt tokens that were computed."""
    reused: int = 0
    """Prompt tokens that came from the cache."""
    written: int = 0
    calls: int = 0
    copied: int = 0
    """Of the reused ones: from another conversation in the cache."""
    restored: int = 0
    """Of the reused ones: from a conversation that had left the cache for host memory."""

    def __add__(self, other: "Usage") -> "Usage":
        """Return the sum of two usages."""
        return Usage(
            read=self.read + other.read,
            reused=self.reused + other.reused,
            written=self.written + other.written,
            calls=self.calls + other.calls,
            copied=self.copied + other.copied,
            restored=self.restored + other.restored,
        )


class Column(TypedDict):
    """One column of a table: its name, its SQL type and a few values it holds."""

    name: str
    type: str
    examples: list[str]


class Table(TypedDict):
    """One table that `query_tables` can ask: SQL name, the file it comes from, columns, rows."""

    name: str
    file: str
    columns: list[Column]
    rows: int


class FileInfo(TypedDict):
    """One file of the person's folder. `path` is relative to it; `size` is in bytes."""

    path: str
    kind: Literal["table", "text", "other"]
    size: int


class Hit(TypedDict):
    """One line of a file; `line` counts from 1; a higher `score` shares more with the query."""

    path: str
    line: int
    text: str
    score: float
    around: NotRequired["Around"]


class Around(TypedDict):
    """What stands around a line: the heading it is under and its neighbours, empty for none."""

    heading: str
    before: str
    after: str


class Survey(TypedDict):
    """What code found in the person's folder that may bear on the goal, before any model call."""

    files: list[FileInfo]
    tables: list[Table]
    hits: list[Hit]


class Step(TypedDict):
    """One step of a plan: the way of working and what is to be found out or done by it."""

    way: str
    goal: str
    why: NotRequired[str]
    """What spoke for this way, in words."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a planner or a critic is told about a run."""

    goal: str
    notes: tuple[str, ...] = ()
    """What memory recalled for this goal, and what was said before in a chat."""
    tools: tuple[str, ...] = ()
    """Names of the tools that may be called."""
    survey: Survey | None = None
    """What the person's folder holds; None when no folder was given."""
    tried: tuple[str, ...] = ()
    """Ways of working that brought no evidence in this run, in order."""
    feedback: str = ""
    """Why the last answer was turned down. Empty in the first round."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a critic says of an answer."""

    accepted: bool
    advice: str = ""
    """What to do differently, when it was not accepted."""
    score: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a run leaves behind."""

    run_id: str
    answer: str
    """The answer; after a stop, the best partial answer or what failed."""
    stopped: StopReason
    steps: int = 0
    """Turns of the acting model."""
    usage: Usage = Usage()
    artefacts: tuple[str, ...] = ()
    """Files that the run wrote, as absolute paths."""
    seconds: float = 0.0
    cost: float = 0.0
    """What its model calls cost, by the prices that were given."""

    @property
    def ok(self) -> bool:
        """Whether the run ended with an answer that it stands by."""
        return self.stopped in ("answered", "accepted")

    def as_dict(self) -> dict[str, Any]:
        """Return plain data: what `cogitate run --json` prints."""
        return {**asdict(self), "artefacts": list(self.artefacts)}
