"""One attempt: a case given to one loop with one model, and what came back.

Each attempt is a fresh agent with a memory of its own, offline, within small limits. `bare` is
no loop but the model alone: one call, or for tool calls one move after another; loops are
measured against it.

Of tool calls, those of the first move are scored, and the run ends there. Where several calls
are wanted all of the run are scored, since a model that is held to a grammar makes one a turn.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from cogitate.agents import Agent
from cogitate.agents.loops import loop_named
from cogitate.errors import SetupError, UnavailableError
from cogitate.lab.calls import Call
from cogitate.lab.functions import DONE, recording_tools
from cogitate.lab.plans import PlanSeen
from cogitate.lab.suites import SUITES, Case
from cogitate.runs.context import Sandbox
from cogitate.runs.events import Event, Judged, Observed, RunEnded, RunStarted, ToolCalled
from cogitate.runs.meter import usage_of
from cogitate.tools.shipped import shipped_tools
from cogitate.values import Limits, Usage

BARE = "bare"
"""The model alone."""
CAPS = Limits(steps=64, tool_calls=32, model_calls=200, tokens=60_000, seconds=240.0)
"""How far one attempt may go, whatever its loop allows."""
OVER = frozenset({"steps", "tokens", "time", "cost"})
"""Stops by a limit."""
BROKEN = frozenset({"model_error", "exception"})

Failure = Literal["", "exception", "limit", "no answer", "invalid", "wrong"]


@dataclass(frozen=True, kw_only=True)
class Method:
    """A loop with a model, and what it may use."""

    loop: str
    model: BaseChatModel
    caps: Limits = CAPS
    corpus: Path | None = None
    """A folder of documents that the agent may read."""
    sandbox: Sandbox = "confined"


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What came back."""

    answer: str = ""
    calls: tuple[Call, ...] = ()
    stopped: str = ""
    """A stop reason; `first move` when the run was ended after its calls, or `exception`."""
    ok: bool = False
    steps: int = 0
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0
    run_id: str = ""
    error: str = ""
    drafts: tuple[str, ...] = ()
    """Answers that were judged, in order; the last of them stands when it was accepted."""
    plan: PlanSeen = field(default_factory=PlanSeen)
    """The calls that were laid out before the first of them ran, where a loop does so."""


def check_loop(name: str) -> None:
    """Check that a loop exists.

    Raises:
        SetupError: it does not; the message names the closest.
    """
    if name == BARE:
        return
    try:
        loop_named(name)
    except SetupError as error:
        raise SetupError(f"{error} (or {BARE!r}, the model alone)") from error


async def attempt(case: Case, method: Method) -> Attempt:
    """Return what one try at a case gave; what the loop raises is an attempt that failed.

    Raises:
        UnavailableError: the model or a package is not there; no attempt can succeed.
        SetupError: the parts do not fit together.
    """
    began = time.monotonic()
    make = _alone if method.loop == BARE else _in_loop
    try:
        found = await make(case, method)
    except (UnavailableError, SetupError):
        raise
    except Exception as error:  # noqa: BLE001 - a crash is a failed case, counted as such
        text = f"{type(error).__name__}: {str(error)[:500]}"
        found = Attempt(stopped="exception", error=text)
    return replace(found, seconds=round(time.monotonic() - began, 2))


def capped(limits: Limits, caps: Limits) -> Limits:
    """Return the smaller of both, limit by limit (None is no limit); rounds stay as they are."""
    names = [one.name for one in fields(Limits) if one.name != "rounds"]
    changes: dict[str, Any] = {}
    for name in names:
        both = (getattr(limits, name), getattr(caps, name))
        changes[name] = min((one for one in both if one is not None), default=None)
    return replace(limits, **changes)


# -------------------------------------------------------------------------------- in a loop


async def _in_loop(case: Case, method: Method) -> Attempt:
    wants_calls = SUITES[case.suite].score is None
    agent = Agent(
        model=method.model,
        loop=method.loop,
        tools=recording_tools(case.data)
        if wants_calls
        else shipped_tools(folder=method.corpus is not None, offline=True),
        folder=method.corpus,
        limits=capped(loop_named(method.loop).limits, method.caps),
        sandbox=method.sandbox,
        offline=True,
    )
    first_move_only = wants_calls and _wanted(case) <= 1
    seen, stop = _Calls(), asyncio.Event()
    found = Attempt()
    async for event in agent.stream(case.goal, stop=stop):
        seen.note(event)
        found.plan.note(event)
        if first_move_only and seen.moved:
            stop.set()
        if isinstance(event, Judged) and event.answer and not event.within:
            found = replace(found, drafts=(*found.drafts, event.answer))
        if isinstance(event, RunStarted):
            found = replace(found, run_id=event.run_id)
        if isinstance(event, RunEnded):
            result = event.result
            cut = stop.is_set() and result.stopped == "interrupted"
            found = replace(
                found,
                answer=result.answer,
                stopped="first move" if cut else result.stopped,
                ok=result.ok,
                steps=result.steps,
                usage=result.usage,
            )
    return replace(found, calls=tuple(seen.first if first_move_only else seen.every))


class _Calls:
    """The tool calls of a run. Those of one move all begin before the first of them ends."""

    def __init__(self) -> None:
        self.every: list[Call] = []
        self.first: list[Call] = []
        self.moved = False

    def note(self, event: Event) -> None:
        if isinstance(event, ToolCalled):
            call = {event.tool: event.args}
            self.every.append(call)
            if not self.moved:
                self.first.append(call)
        elif isinstance(event, Observed):
            self.moved = True


def _wanted(case: Case) -> int:
    return len(case.data["ground_truth"])


# ---------------------------------------------------------------------------- the model alone


async def _alone(case: Case, method: Method) -> Attempt:
    work = _calls_alone if SUITES[case.suite].score is None else _answer_alone
    try:
        async with asyncio.timeout(method.caps.seconds):
            return await work(case, method.model)
    except TimeoutError:
        return Attempt(stopped="time")


async def _answer_alone(case: Case, model: BaseChatModel) -> Attempt:
    reply = await model.ainvoke([HumanMessage(case.goal)])
    usage = usage_of(reply)
    return Attempt(answer=reply.text, stopped="answered", ok=True, steps=1, usage=usage)


async def _calls_alone(case: Case, model: BaseChatModel) -> Attempt:
    """Return the first move's calls, or those of one more move than calls are wanted."""
    bound = model.bind_tools(recording_tools(case.data))
    shown: list[BaseMessage] = [HumanMessage(case.goal)]
    calls: list[Call] = []
    usage, moves = Usage(), 1 if _wanted(case) <= 1 else _wanted(case) + 1
    text, steps = "", 0
    for _ in range(moves):
        reply = await bound.ainvoke(shown)
        steps, usage = steps + 1, usage + usage_of(reply)
        asked = reply.tool_calls if isinstance(reply, AIMessage) else []
        calls += [{call["name"]: call["args"]} for call in asked]
        if not asked:
            text = reply.text
            break
        shown += [reply, *_done(asked)]
    return Attempt(
        answer=text, calls=tuple(calls), stopped="answered", ok=True, steps=steps, usage=usage
    )


def _done(calls: Sequence[Any]) -> list[BaseMessage]:
    return [ToolMessage(DONE, tool_call_id=call["id"], name=call["name"]) for call in calls]
