"""The parent's end of one confined process: starts it, feeds it, watches it, kills it.

The process is not to be believed: its answers are bounded, parsed defensively and never more
than the result of one call. Between calls it is stopped, so that threads left behind by a
program neither run nor write.
"""

import contextlib
import os
import secrets
import selectors
import signal
import subprocess
import time
import weakref
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cogitate.tools.sandbox.bridge import Bridge
from cogitate.tools.sandbox.execution import Bounds, Execution, Status
from cogitate.tools.sandbox.start import NotConfinedError, end, readable_roots, start, starter
from cogitate.tools.sandbox.wire import Call, execution, frame

REQUIRED = ("rlimits", "capabilities", "no_new_privs", "landlock", "seccomp")
"""The layers without which nothing is run at the level `confined`."""

_START_SECONDS = 20.0
_TICK = 0.25


class ConfinedProcess:
    """One process that keeps its variables from call to call until it is closed.

    Raises:
        NotConfinedError: a layer of `require` is missing, or it did not start.
    """

    def __init__(
        self,
        workspace: Path,
        folder: Path | None,
        *,
        bounds: Bounds,
        confine: bool,
        require: tuple[str, ...],
    ) -> None:
        self._bounds = bounds
        self._calls = 0
        process, answers = starter(os.getpid()).submit(start, workspace).result()
        self._process = process
        self._end = weakref.finalize(self, end, process, answers)
        self._pipes: dict[str, int] = {"answer": answers}
        for name in ("stdin", "stdout", "stderr"):
            self._pipes[name] = getattr(process, name).fileno()
        for descriptor in self._pipes.values():
            os.set_blocking(descriptor, False)
        inside = [str(folder)] if folder else []
        setup = {
            "readable": readable_roots() + inside,
            "writable": [str(workspace), os.devnull],
            "workspace": str(workspace),
            "folder": str(folder) if folder else None,
            "bounds": asdict(bounds),
            "confine": confine,
            "require": require,
            "parent": os.getpid(),
        }
        try:
            self._shake_hands(setup)
        except BaseException:
            self.close()
            raise

    def _shake_hands(self, setup: dict[str, Any]) -> None:
        call = Call(self._bounds.output, frame(setup))
        ended = self._exchange(call, _START_SECONDS, lambda: True)
        message = call.message()
        if message is None:
            reason = call.text("stderr").strip().splitlines()
            last = reason[-1] if reason else ended or "it ended at once"
            raise NotConfinedError(f"the Python process did not start: {last}")
        missing = message.get("missing")
        if missing:
            raise NotConfinedError("; ".join(f"{name}: {why}" for name, why in missing.items()))
        os.killpg(self._process.pid, signal.SIGSTOP)

    @property
    def alive(self) -> bool:
        """Whether it can take another call with the variables it has."""
        return self._end.alive and self._process.poll() is None

    def close(self) -> None:
        """Kill it. Closing twice does nothing."""
        self._end()

    def call(
        self,
        code: str,
        timeout: float,
        within: Callable[[], bool],
        bridge: Bridge | None = None,
    ) -> Execution:
        """Return what running `code` gave; after anything but `ok` and `error` it is closed.

        Args:
            code: the program.
            timeout: seconds by the wall clock, those of tools that it calls not counted.
            within: whether the workspace is still within its bounds; asked now and then.
            bridge: the tools that it may call; None for none.
        """
        if self._stale():
            self.close()
            return Execution(
                status="killed", error_message="it wrote to pipes that are not its own"
            )
        self._calls += 1
        token = secrets.token_hex(16)
        request: dict[str, Any] = {"token": token, "code": code, "name": f"<call {self._calls}>"}
        if bridge is not None:
            request["tools"] = bridge.parameters
        call = Call(self._bounds.output, frame(request))
        try:
            os.killpg(self._process.pid, signal.SIGCONT)
            ended = self._converse(call, token, timeout, within, bridge)
            if ended is None:
                os.killpg(self._process.pid, signal.SIGSTOP)
                self._drain(call)
                ended = "output" if call.flooded else None if within() else "disk"
            result = self._judge(call, token, ended, timeout)
        except BaseException:  # an interrupt must not leave a program running
            self.close()
            raise
        if result.lost:
            self.close()
        return result

    def _stale(self) -> bool:
        """Empty the pipes, and return whether there was an answer that nobody asked for."""
        for name in ("stdout", "stderr", "answer"):
            with contextlib.suppress(BlockingIOError):
                if os.read(self._pipes[name], 1 << 20) and name == "answer":
                    return True
        return False

    def _converse(
        self,
        call: Call,
        token: str,
        left: float,
        within: Callable[[], bool],
        bridge: Bridge | None,
    ) -> Status | None:
        """Exchange the request for an answer, and carry out the tool calls that come before it.

        The process stands still while a tool runs; only its own time counts.
        """
        while True:
            began = time.monotonic()
            ended = self._exchange(call, left, within)
            left -= time.monotonic() - began
            wanted = call.wanted(token) if ended is None and bridge is not None else None
            if wanted is None or bridge is None:
                return ended
            os.killpg(self._process.pid, signal.SIGSTOP)
            call.reply(frame(bridge.carry_out(*wanted)))
            os.killpg(self._process.pid, signal.SIGCONT)

    def _exchange(self, call: Call, timeout: float, within: Callable[[], bool]) -> Status | None:
        """Send the request and collect until the answer is complete; return the limit it met."""
        deadline = time.monotonic() + timeout
        look = time.monotonic() + _TICK
        with selectors.DefaultSelector() as selector:
            for name in ("stdout", "stderr", "answer"):
                selector.register(self._pipes[name], selectors.EVENT_READ, name)
            selector.register(self._pipes["stdin"], selectors.EVENT_WRITE, "stdin")
            while not call.complete:
                now = time.monotonic()
                if now >= deadline:
                    return "timeout"
                if now >= look:
                    look = now + _TICK
                    if not within():
                        return "disk"
                for key, _ in selector.select(min(deadline - now, _TICK)):
                    self._move(selector, key, call)
                if call.flooded:
                    return "output"
        return None

    def _move(
        self, selector: selectors.BaseSelector, key: selectors.SelectorKey, call: Call
    ) -> None:
        """Move what can be moved through one pipe."""
        done = False
        try:
            if key.data == "stdin":
                call.pending = call.pending[os.write(key.fd, call.pending) :]
                done = not call.pending
            else:
                data = os.read(key.fd, 1 << 16)
                call.add(key.data, data)
                done = not data
        except BlockingIOError:
            return
        except BrokenPipeError:
            done = True
        if done:
            selector.unregister(key.fd)

    def _drain(self, call: Call) -> None:
        """Take what the stopped process had printed before it answered."""
        for name in ("stdout", "stderr"):
            with contextlib.suppress(BlockingIOError):
                while (data := os.read(self._pipes[name], 1 << 16)) and not call.flooded:
                    call.add(name, data)

    def _judge(self, call: Call, token: str, ended: Status | None, timeout: float) -> Execution:
        """Return the result of a call that was answered, was cut short, or lost its process."""
        out, err = call.text("stdout"), call.text("stderr")
        bounds = self._bounds
        if ended is not None:
            words = {
                "timeout": f"it ran longer than {timeout:g} s",
                "output": f"it printed more than {bounds.output >> 10} KB",
                "disk": f"it wrote more than {bounds.disk >> 20} MB or {bounds.files} files",
            }
            return Execution(status=ended, stdout=out, stderr=err, error_message=words[ended])
        if call.closed:
            status, words_ = self._how_it_died(err)
            return Execution(status=status, stdout=out, stderr=err, error_message=words_)
        message = call.message()
        if message is None or message.get("token") != token:
            why = "its answer could not be read"
            return Execution(status="killed", stdout=out, stderr=err, error_message=why)
        return execution(message, out, err)

    def _how_it_died(self, err: str) -> tuple[Status, str]:
        try:
            code = self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            return "killed", "it closed the pipe to its parent"
        if "MemoryError" in err[-2000:] or "annot allocate memory" in err[-2000:]:
            return "memory", "it needed more memory than it may have"
        if code >= 0:
            return "killed", f"it ended the Python process (exit status {code})"
        if -code == signal.SIGXCPU:
            return "timeout", "it used up the processor time of the session"
        name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
        return "killed", f"the Python process was ended by signal {name}"
