"""Code as the action language: a program whose functions are the tools of the run.

The program runs in the confined process of the run. A function of it asks the parent, which
carries the call out as any other: the same permission, time limit, count and events. What it
does not know: who wrote the program, and whether what it says makes sense.
"""

import asyncio
import threading
import uuid
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from typing import Any

from langchain_core.messages import ToolCall
from langchain_core.tools import BaseTool, StructuredTool

from cogitate.errors import ToolFailure
from cogitate.llm.signatures import function_name, gives_value
from cogitate.runs.context import current, task_of
from cogitate.tools.base import effect_of
from cogitate.tools.observe import Observation, observe
from cogitate.tools.python import TIMEOUT, clean, render
from cogitate.tools.sandbox.bridge import Bridge, Given
from cogitate.tools.sandbox.session import PythonSession
from cogitate.tools.threads import in_thread

NAME = "run_code"
DONE = "done: {answer}"
NOT_FOR_CODE = frozenset(("python", NAME))
"""Tools that a program is not given: it is one of them itself."""
LONGEST_LINE = 300
_USED_UP = "this was not run: the run's limit of {most} tool calls is reached"
_OVER = "this was not run: the run is over"
_NO_BRIDGE = (
    "at the sandbox level 'monty' programs cannot call tools; use the level 'confined', or a loop "
    "that calls one tool at a time"
)


def code_tool(tools: Sequence[BaseTool], most: int) -> BaseTool:
    """Return the tool that runs a program which may call `tools`.

    Args:
        tools: what the run may call.
        most: tool calls that the run may make in all.
    """
    offered = [tool for tool in tools if tool.name not in NOT_FOR_CODE]

    async def run_code(code: str) -> tuple[str, dict[str, Any]]:
        context = current()
        if context.sandbox == "monty":
            raise ToolFailure(_NO_BRIDGE)
        session = context.opened(
            f"actions {task_of()}",
            lambda: PythonSession(context.workspace, context.folder, context.sandbox),
        )
        calls = _Calls(offered, most, asyncio.get_running_loop())
        bridge = Bridge(parameters=calls.parameters, call=calls.carry_out)
        try:
            limit = min(TIMEOUT, context.seconds_left())
            found = await in_thread(lambda: session.run(clean(code), limit, bridge))
        finally:
            calls.end()
        lines = [*calls.lines, render(found, session.workspace)]
        if found.done is not None:
            lines = [*calls.lines, found.stdout.strip(), DONE.format(answer=found.done)]
        text = "\n".join(line for line in lines if line)
        files = [str(session.workspace / name) for name in found.files]
        kept = {"status": found.status, "files": files, "error_type": found.error_type}
        return text, kept | {"done": found.done, "names": list(found.names), "calls": calls.lines}

    made = StructuredTool.from_function(
        coroutine=run_code,
        name=NAME,
        description="Run a program that may call the tools.",
        response_format="content_and_artifact",
    )
    once = any(effect_of(tool) == "once" for tool in offered)
    effect = "once" if once else "idempotent"
    # Its own time is bounded by the session, that of the tools by their own limits.
    made.metadata = {"effect": effect, "permission": "auto", "timeout": 30 * 86400.0}
    return made


class _Calls:
    """The tool calls of one program, carried out on the run's event loop."""

    def __init__(
        self, tools: Sequence[BaseTool], most: int, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.lines: list[str] = []
        self._over = False
        self._waited: Future[Observation] | None = None
        self._lock = threading.Lock()
        self._tools = {function_name(tool): tool for tool in tools}
        self._most = most
        self._loop = loop

    @property
    def parameters(self) -> dict[str, tuple[str, ...]]:
        return {name: tuple(tool.args) for name, tool in self._tools.items()}

    def carry_out(self, name: str, arguments: dict[str, Any]) -> Given:
        """Run one tool and wait for it, in the thread of the session."""
        if current().calls >= self._most:
            return Given(ok=False, text=_USED_UP.format(most=self._most))
        tool = self._tools[name]
        call_id = f"{tool.name}-{uuid.uuid4().hex[:8]}"
        call = ToolCall(name=tool.name, args=arguments, id=call_id, type="tool_call")
        waited = self._begin(call)
        if waited is None:
            return Given(ok=False, text=_OVER)
        current().calls += 1
        try:
            found = waited.result()
        except CancelledError:
            return Given(ok=False, text=_OVER)
        shown = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
        mark = "" if found.ok else "error: "
        line = f"{name}({shown[:LONGEST_LINE]}) -> {mark}{' '.join(found.text.split())}"
        self.lines.append(line[: 2 * LONGEST_LINE])
        return Given(ok=found.ok, text=found.text, plain=not gives_value(tool))

    def _begin(self, call: ToolCall) -> "Future[Observation] | None":
        """Begin a tool call on the run's loop; None when the run has ended."""
        with self._lock:
            if self._over or self._loop.is_closed():
                return None
            work = observe(call, list(self._tools.values()), seconds_left=current().seconds_left())
            self._waited = asyncio.run_coroutine_threadsafe(work, self._loop)
            return self._waited

    def end(self) -> None:
        """Take no more calls, and let nobody wait for one: the loop may be about to end."""
        with self._lock:
            self._over = True
            if self._waited is not None:
                self._waited.cancel()
