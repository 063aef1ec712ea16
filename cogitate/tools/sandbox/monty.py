"""The level without an operating system: pydantic-monty, an interpreter of a subset of Python.

It runs in a worker process of its own. The workspace is `/workspace`, the person's
folder `/folder` (read only); nothing else exists. No class inheritance, no generators, few
modules of the standard library, and no numpy or pandas. A program that prints without end is
stopped only by its time limit, though what it prints is not kept.
"""

import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from cogitate.errors import SetupError, UnavailableError
from cogitate.tools.sandbox.bridge import Bridge
from cogitate.tools.sandbox.execution import Bounds, Execution, Status

_ASSIGNED = re.compile(r"^([A-Za-z_]\w*)\s*=(?!=)")
_MOST_TEXT = 32_000
_MEMORY = 512 << 20


def _monty() -> Any:
    try:
        import pydantic_monty
    except ImportError as error:
        raise UnavailableError(
            "the sandbox level 'monty' needs the package pydantic-monty; "
            'install it with `pip install "cogitate[monty]"`'
        ) from error
    return pydantic_monty


class MontyInterpreter:
    """One Monty session whose variables live until it is closed or a limit ends it.

    The time limit of the first call holds for all later ones.
    """

    def __init__(self, workspace: Path, folder: Path | None, bounds: Bounds) -> None:
        self._monty = _monty()
        self._bounds = bounds
        self._stack = ExitStack()
        self._session: Any = None
        self._known = {"FOLDER": "/folder" if folder else "/workspace"}
        self.alive = True
        if folder and workspace.is_relative_to(folder):
            raise SetupError(
                f"the workspace {str(workspace)!r} lies in the folder {str(folder)!r}; "
                "at the level 'monty' they must lie apart"
            )
        self._mounts = [
            self._mount(workspace, "/workspace", "read-write"),
            *([self._mount(folder, "/folder", "read-only")] if folder else []),
        ]

    def _mount(self, host: Path, place: str, mode: str) -> object:
        limit = self._bounds.disk if mode == "read-write" else None
        return self._stack.enter_context(
            self._monty.MountDir(
                host_path=host, virtual_path=place, mode=mode, write_bytes_limit=limit
            )
        )

    def close(self) -> None:
        """End the worker. Closing twice does nothing."""
        self.alive = False
        self._stack.close()

    def call(
        self,
        code: str,
        timeout: float,
        within: Callable[[], bool],
        bridge: Bridge | None = None,
    ) -> Execution:
        """Return what running `code` gave; after a limit the interpreter is closed.

        Tools cannot be called from here: the functions of `bridge` do not exist.
        """
        if self._session is None:
            self._open(timeout)
        printed = self._monty.CollectStreams(max_bytes=self._bounds.output)
        started = time.monotonic()
        try:
            value = self._feed(code, printed)
            assigned = _ASSIGNED.match(code.strip().rpartition("\n")[2])
            if value is None and assigned:
                value = self._feed(assigned[1], printed)
            result = Execution(status="ok", value=_shown(value))
        except self._monty.MontyError as error:
            result = self._failure(error, time.monotonic() - started >= timeout)
        if result.status == "ok" and not within():
            result = Execution(status="disk", error_message="the workspace is full")
        out = {"stdout": "", "stderr": ""}
        for stream, text in printed.output:
            out[stream] += text
        if result.lost:
            self.close()
        return Execution(**{**vars(result), **out})

    def _open(self, timeout: float) -> None:
        limits = {"max_memory": _MEMORY, "max_feed_duration_secs": timeout}
        pool = self._stack.enter_context(self._monty.Monty(request_timeout=timeout + 5))
        self._session = self._stack.enter_context(pool.checkout(limits=limits))
        self._session.feed_run("pass", inputs=self._known, mount=self._mounts)

    def _feed(self, code: str, printed: object) -> object:
        found: object = self._session.feed_run(code, mount=self._mounts, print_callback=printed)
        return found

    def _failure(self, error: Exception, late: bool) -> Execution:
        if isinstance(error, self._monty.MontyCrashedError):
            timed_out = bool(getattr(error, "timed_out", False))
            status: Status = "timeout" if timed_out else "killed"
            return Execution(status=status, error_message=str(error)[:_MOST_TEXT])
        known: Any = error
        inner = known.exception()
        frames = known.traceback() if hasattr(known, "traceback") else []
        status = "error"
        words = str(inner)
        if isinstance(inner, MemoryError):
            printed = words.endswith(f"> {self._bounds.output} bytes")
            status = "output" if printed else "memory"
        elif isinstance(inner, OSError) and words.startswith("disk write limit"):
            status = "disk"
        elif isinstance(inner, TimeoutError) and late:
            status = "timeout"
        return Execution(
            status=status,
            error_type=type(inner).__name__,
            error_line=frames[-1].line if frames else None,
            error_message=words[:_MOST_TEXT],
            traceback=known.display()[:_MOST_TEXT],
        )


def _shown(value: object) -> str | None:
    if value is None:
        return None
    try:
        return repr(value)[:_MOST_TEXT]
    except (ValueError, RecursionError) as error:
        return f"(a {type(value).__name__} that cannot be shown: {error})"
