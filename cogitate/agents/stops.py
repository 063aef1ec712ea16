"""Why a run must end now, and what it then says: limits, interruption, guards."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from langchain_core.messages import AIMessage

from cogitate.agents.calls import LOOP
from cogitate.agents.loops import limits_of
from cogitate.agents.state import Parts, State
from cogitate.errors import CogitateError, ModelError, UnavailableError
from cogitate.llm.remote import explain
from cogitate.runs.context import RunContext, current
from cogitate.values import StopReason

T = TypeVar("T")


class Halted(Exception):
    """Raised inside a node when a model call was ended by a limit, a person or a failure."""

    def __init__(self, reason: StopReason, why: str) -> None:
        super().__init__(why)
        self.reason: StopReason = reason
        self.why = why

    def message(self) -> AIMessage:
        """Return the message that carries the stop through the state."""
        return AIMessage("", additional_kwargs={"stop": self.reason, "why": self.why})


def stop_reason(state: State, parts: Parts) -> StopReason | None:
    """Return why the run must end now, or None. The first cause in this order counts."""
    context, limits = current(), limits_of(parts)
    last = state["messages"][-1] if state.get("messages") else None
    halted: StopReason | None = last.additional_kwargs.get("stop") if last is not None else None
    spent = context.usage.read + context.usage.written
    # A run whose tool calls are used up may still say what they gave.
    more = isinstance(last, AIMessage) and bool(last.tool_calls)
    checks: list[tuple[StopReason, bool]] = [
        ("interrupted", context.stop is not None and context.stop.is_set()),
        ("time", context.seconds_left() <= 0),
        ("tokens", spent >= limits.tokens),
        ("loop", state["repeats"] >= LOOP),
        ("steps", context.turns >= limits.steps or (more and context.calls >= limits.tool_calls)),
        ("steps", context.usage.calls >= limits.model_calls),
    ]
    return halted or next((reason for reason, true in checks if true), None)


def spent(parts: Parts) -> tuple[float, StopReason]:
    """Return the share of the run's limits that is used up: that of the nearest one, and which."""
    context, limits = current(), limits_of(parts)
    shares: list[tuple[float, StopReason]] = [
        (context.turns / limits.steps, "steps"),
        (context.calls / max(limits.tool_calls, 1), "steps"),
        (context.usage.calls / max(limits.model_calls, 1), "steps"),
        ((context.usage.read + context.usage.written) / max(limits.tokens, 1), "tokens"),
        (1 - context.seconds_left() / max(limits.seconds, 1e-9), "time"),
    ]
    nearest = max(shares, key=lambda share: share[0])
    return max(nearest[0], 0.0), nearest[1]


async def bounded(work: Awaitable[T], parts: Parts) -> T:
    """Return what `work`, which calls a model, returns.

    Raises:
        Halted: the time was up, a person stopped the run, or the model failed.
        UnavailableError: the model could not be reached at all, before it said anything.
    """
    context = current()
    task = asyncio.ensure_future(work)
    watch = asyncio.ensure_future(_stopped(context))
    try:
        await asyncio.wait(
            {task, watch}, timeout=context.seconds_left(), return_when=asyncio.FIRST_COMPLETED
        )
        if task.done():
            return task.result()
        if watch.done():
            raise Halted("interrupted", "a person stopped the run")
        seconds = limits_of(parts).seconds
        raise Halted("time", f"the limit of {seconds:g} seconds was reached")
    except Exception as error:
        failure = _failure(error)
        if failure is None or (isinstance(failure, UnavailableError) and context.usage.calls == 0):
            raise
        raise Halted("model_error", str(failure)) from error
    finally:
        for future in (task, watch):
            future.cancel()
        await asyncio.gather(task, watch, return_exceptions=True)


def _failure(error: Exception) -> CogitateError | None:
    """Return what an exception says of the model, None when it is a stop or a bug of a part."""
    if isinstance(error, Halted) or type(error).__module__ == "builtins":
        return None
    found = explain(error)
    return found if isinstance(found, ModelError | UnavailableError) else None


async def _stopped(context: RunContext) -> None:
    if context.stop is None:
        await asyncio.Event().wait()
    else:
        await context.stop.wait()
