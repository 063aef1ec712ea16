"""A Python session for model-written code: variables live from call to call, limits end it.

It looks after what is common to the levels: one program at a time, a fresh process after a
limit, and which files a call left in the workspace.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from cogitate.errors import SetupError
from cogitate.tools.sandbox.bridge import Bridge
from cogitate.tools.sandbox.execution import Bounds, Execution, Level
from cogitate.tools.sandbox.workspace import Snapshot, take_snapshot, undo

_LONGEST_PROGRAM = 200_000
_MOST_ENTRIES = 100_000
_TOO_LONG = "the program has {length} characters; {most} are the most"
_NOT_CONFINED = (
    "Python code is not run here, because it could not be confined ({reason}). "
    'Install the interpreter without a system, `pip install "cogitate[monty]"`, and use '
    "`--sandbox monty`; or use `--sandbox none` at your own risk."
)


class _Engine(Protocol):
    """What runs programs and keeps their variables."""

    @property
    def alive(self) -> bool: ...
    def call(
        self,
        code: str,
        timeout: float,
        within: Callable[[], bool],
        bridge: Bridge | None = None,
    ) -> Execution: ...
    def close(self) -> None: ...


class PythonSession:
    """One namespace in which programs run one after another, until it is closed.

    Nothing is started before the first call. The person's `folder` can be read and not
    written, and is the variable `FOLDER`; names that are not in the workspace are looked up
    there when a file is opened for reading. The workspace is the working directory.

    Args:
        workspace: where programs may write. Must exist.
        folder: the person's folder, or None.
        level: what holds the programs.
        bounds: how much they may use.
        require: layers that must hold; None asks for all that there are.

    Raises:
        SetupError: the workspace does not exist, or the folder lies inside it and could be
            written.
    """

    def __init__(
        self,
        workspace: Path,
        folder: Path | None = None,
        level: Level = "confined",
        *,
        bounds: Bounds | None = None,
        require: tuple[str, ...] | None = None,
    ) -> None:
        self.workspace = workspace.resolve()
        self.folder = folder.resolve() if folder else None
        self.level = level
        self.bounds = bounds or Bounds()
        self._require = require
        self._engine: _Engine | None = None
        self._lock = threading.Lock()
        if not self.workspace.is_dir():
            raise SetupError(f"the workspace {str(workspace)!r} is no folder; make it first")
        if self.folder and self.folder.is_relative_to(self.workspace):
            raise SetupError(
                f"the folder {str(folder)!r} lies in the workspace {str(workspace)!r}, so that "
                "programs could change it; choose a workspace elsewhere"
            )
        self._first = take_snapshot(self.workspace, _MOST_ENTRIES)

    def run(self, code: str, timeout: float = 20.0, bridge: Bridge | None = None) -> Execution:
        """Return what running `code` gave. Never raises for anything that the code does.

        Args:
            code: the program.
            timeout: seconds by the wall clock; the start of the process and the tools that it
                calls are not counted.
            bridge: the tools that it may call; at the level `monty` there are none.

        Raises:
            UnavailableError: the level is `monty` and its package is not installed.
        """
        if len(code) > _LONGEST_PROGRAM:
            message = _TOO_LONG.format(length=len(code), most=_LONGEST_PROGRAM)
            return Execution(status="error", error_type="ValueError", error_message=message)
        code = code.encode("utf-8", "replace").decode()
        with self._lock:
            started = time.monotonic()
            before = self._look()
            found = self._run(code, timeout, bridge)
            files = self._look().changed_since(before)
            if found.status == "disk":
                undo(self.workspace, before, files)
                files = ()
            return replace(found, files=files, seconds=time.monotonic() - started)

    def _run(self, code: str, timeout: float, bridge: Bridge | None) -> Execution:
        from cogitate.tools.sandbox.start import NotConfinedError

        if self._engine is None or not self._engine.alive:
            self._close()
            try:
                self._engine = self._start()
            except NotConfinedError as error:
                message = _NOT_CONFINED.format(reason=error)
                return Execution(status="not_confined", error_message=message)
        return self._engine.call(code, timeout, self._within, bridge)

    def _start(self) -> _Engine:
        if self.level == "monty":
            from cogitate.tools.sandbox.monty import MontyInterpreter

            return MontyInterpreter(self.workspace, self.folder, self.bounds)
        from cogitate.tools.sandbox.process import REQUIRED, ConfinedProcess

        confine = self.level == "confined"
        require = self._require
        if require is None:
            require = REQUIRED if confine else ()
        return ConfinedProcess(
            self.workspace, self.folder, bounds=self.bounds, confine=confine, require=require
        )

    def _within(self) -> bool:
        """Whether the workspace is within the bounds."""
        now, first = self._look(), self._first
        grown, more = now.size - first.size, now.entries - first.entries
        return grown <= self.bounds.disk and more <= self.bounds.files

    def _look(self) -> Snapshot:
        """Return what lies in the workspace now."""
        return take_snapshot(self.workspace, self._first.entries + self.bounds.files)

    def close(self) -> None:
        """End the process. The session starts a fresh one when it is used again."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._engine is not None:
            self._engine.close()
            self._engine = None
