"""What running a piece of code gave, and what bounds it."""

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "error", "timeout", "memory", "output", "disk", "killed", "not_confined"]
"""How it ended. All but `ok` and `error` cost the variables of the session."""

Level = Literal["confined", "monty", "none"]
"""What holds the code: a confined process, an interpreter without a system, or nothing."""


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How much a session may use. Sizes are in bytes, times in seconds."""

    memory: int = 1536 << 20
    """Address space, so some hundreds of megabytes of it are libraries."""
    output: int = 64 << 10
    """Printed in one call, stdout and stderr together."""
    disk: int = 64 << 20
    """Growth of the workspace since the session began; also the largest single file."""
    files: int = 2000
    """How many more files and folders the workspace may hold than when the session began."""
    open_files: int = 64
    processor: int = 3600
    """Processor time of the whole session; the wall clock bounds each call."""


@dataclass(frozen=True, kw_only=True)
class Execution:
    """What one call gave. Text came from untrusted code, but is valid and bounded."""

    status: Status
    stdout: str = ""
    stderr: str = ""
    value: str | None = None
    """The last expression's `repr`, as in a notebook; None when there is none."""
    error_type: str = ""
    error_line: int | None = None
    error_message: str = ""
    traceback: str = ""
    """Only the frames of the code itself, with their lines, and the error."""
    files: tuple[str, ...] = ()
    """Files made or changed by this call, relative to the workspace, in order of name."""
    seconds: float = 0.0
    done: str | None = None
    """What a program that may call tools gave to `done`; None when it did not."""
    names: tuple[str, ...] = ()
    """The session's variables with their types, for a program that may call tools."""

    @property
    def lost(self) -> bool:
        """Whether the variables of the session are gone."""
        return self.status not in ("ok", "error")
