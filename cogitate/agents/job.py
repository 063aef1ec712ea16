"""What a run is, how it ends, and how one that is recorded goes on."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from cogitate.runs.context import RunContext, Sandbox
from cogitate.runs.durable import OnUnknown
from cogitate.runs.events import RunStarted
from cogitate.values import Limits, StopReason


@dataclass(frozen=True, kw_only=True)
class Ending:
    """What the code of a run comes to."""

    answer: str
    stopped: StopReason


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a run is."""

    what: str
    """Who can make it again: `agent`, `roleplay`, `town`."""
    started: RunStarted
    """How it begins; the run's id is filled in."""
    body: Callable[[RunContext], Awaitable[Ending]]
    limits: Limits
    origin: Mapping[str, Any] | None = None
    """What the command line makes it from again, as plain data; None when it cannot."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """What the code is given besides the goal, as plain data."""
    folder: Path | None = None
    sandbox: Sandbox = "confined"
    offline: bool = False
    prepare: Callable[[RunContext], None] | None = None
    """Sets up the context before the code begins."""


@dataclass(frozen=True, kw_only=True)
class Going:
    """How a run that is recorded goes on."""

    run: str = "last"
    mode: Literal["resume", "replay", "fork"] = "resume"
    at: int | None = None
    """The turn after which a fork leaves the record."""
    limits: Limits | None = None
    """How far it may go from there; None: as before."""
    on_unknown: OnUnknown = "ask"
    """What becomes of a call that counts `once` and whose end is not known."""
    decision: str | None = None
    """The reply to the question that the run waits with."""
    run_id: str | None = None
    """The id of a fork; None makes one."""
