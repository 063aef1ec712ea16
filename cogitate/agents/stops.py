"""Why a run must end now, and what it then says: limits, interruption, guards."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

from langchain_core.messages import AIMessage, ToolMessage

from cogitate.agents.guard import CIRCLES, LOOP
from cogitate.agents.loops import limits_of
from cogitate.agents.state import Parts, State
from cogitate.errors import CogitateError, ModelError, UnavailableError
from cogitate.keys import redacted
from cogitate.llm.remote import explain
from cogitate.runs.context import current, task_of
from cogitate.runs.events import Noted
from cogitate.runs.halts import Stopped
from cogitate.values import Limits, StopReason

T = TypeVar("T")

SHARE = 0.05
"""Share of a limit that is kept for the last words of a run."""
LEAST_TOKENS, MOST_TOKENS = 8_000, 1_500
"""Limits of tokens below the first keep nothing; the second is the most that is kept."""
LEAST_SECONDS, MOST_SECONDS = 60.0, 20.0


@dataclass(frozen=True, kw_only=True)
class Reserve:
    """What is kept of the limits for the last words of a run."""

    tokens: float = 0.0
    seconds: float = 0.0
    cost: float = 0.0


def reserve_of(limits: Limits) -> Reserve:
    """Return what is kept of `limits`; small limits keep nothing, and get no last words."""
    return Reserve(
        tokens=min(SHARE * limits.tokens, MOST_TOKENS) if limits.tokens >= LEAST_TOKENS else 0.0,
        seconds=(
            min(SHARE * limits.seconds, MOST_SECONDS) if limits.seconds >= LEAST_SECONDS else 0.0
        ),
        cost=SHARE * limits.cost if limits.cost else 0.0,
    )


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
    kept = reserve_of(limits)
    last = state["messages"][-1] if state.get("messages") else None
    halted: StopReason | None = last.additional_kwargs.get("stop") if last is not None else None
    spent = context.usage.read + context.usage.written
    # A run whose tool calls are used up may still say what they gave.
    more = isinstance(last, AIMessage) and bool(last.tool_calls)
    checks: list[tuple[StopReason, bool]] = [
        ("interrupted", context.is_stopped()),
        ("denied", bool(context.safety.stopped)),
        ("time", context.seconds_left() <= kept.seconds),
        ("tokens", spent >= limits.tokens - kept.tokens),
        ("cost", _is_paid_up(limits, kept)),
        ("loop", state.get("circles", 0) >= CIRCLES),
        ("steps", context.turns >= limits.steps or (more and context.calls >= limits.tool_calls)),
        ("steps", context.usage.calls >= limits.model_calls),
    ]
    reason = halted or next((reason for reason, true in checks if true), None)
    if reason is not None:
        tell(reason, by_way=halted is not None)
    return reason


def tell(reason: StopReason, *, by_way: bool = False) -> None:
    """Let the run's record know that it ends now: what follows are its last words.

    Args:
        reason: why.
        by_way: whether the way of working chose to stop, by what it was told of the limits.
    """
    if not task_of():
        current().stopping(reason, by_way=by_way)


def _is_paid_up(limits: Limits, kept: Reserve) -> bool:
    """Return whether the run, or all runs of the window, have cost what they may."""
    context = current()
    if limits.cost is not None and context.cost and context.cost >= limits.cost - kept.cost:
        return True
    if limits.window_cost is None:
        return False
    return context.spent_elsewhere + context.cost >= limits.window_cost


def is_circling(state: State) -> bool:
    """Return whether the step goes round in circles: its calls or thoughts bring nothing new."""
    last = state["messages"][-1] if state.get("messages") else None
    if isinstance(last, ToolMessage):
        return state.get("repeats", 0) >= LOOP
    thinks = isinstance(last, AIMessage) and "thinking" in last.additional_kwargs
    return thinks and state.get("idle", 0) >= LOOP


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
    if limits.cost:
        shares.append((context.cost / limits.cost, "cost"))
    if limits.window_cost:
        shares.append(((context.spent_elsewhere + context.cost) / limits.window_cost, "cost"))
    nearest = max(shares, key=lambda share: share[0])
    return max(nearest[0], 0.0), nearest[1]


async def bounded(work: Awaitable[T], parts: Parts) -> T:
    """Return what `work`, which calls a model, returns.

    Raises:
        Halted: the time was up, a person stopped the run, or the model failed.
        UnavailableError: the model could not be reached at all, before it said anything.
    """
    context, limits = current(), limits_of(parts)
    kept = 0.0 if context.closing else reserve_of(limits).seconds
    try:
        return await context.unless_stopped(work, kept)
    except Stopped as stopped:
        if stopped.reason == "interrupted":
            raise Halted("interrupted", "a person stopped the run") from stopped
        why = f"the limit of {limits.seconds:g} seconds was reached"
        raise Halted("time", why) from stopped
    except Exception as error:
        failure = _failure(error)
        if failure is None or (isinstance(failure, UnavailableError) and context.usage.calls == 0):
            raise
        why = redacted(str(failure))
        context.emit(Noted(text=why))
        raise Halted("model_error", why) from error


def _failure(error: Exception) -> CogitateError | None:
    """Return what an exception says of the model, None when it is a stop or a bug of a part."""
    if isinstance(error, Halted) or type(error).__module__ == "builtins":
        return None
    found = explain(error)
    return found if isinstance(found, ModelError | UnavailableError) else None
