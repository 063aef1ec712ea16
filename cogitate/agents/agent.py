"""The front door: an agent is a value, a run is a call."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Checkpointer

from cogitate.agents.delegate import ceiling
from cogitate.agents.graph import build_graph
from cogitate.agents.guarding import check_prices
from cogitate.agents.loops import limits_of, loop_named
from cogitate.agents.running import Ending, Going, Job, events_of, result_of
from cogitate.agents.state import Parts, State, recorded_parts, start
from cogitate.errors import SetupError
from cogitate.runs.context import Ask, RunContext
from cogitate.runs.durable import OnUnknown
from cogitate.runs.events import Event, RunStarted
from cogitate.runs.record import kept
from cogitate.runs.store import RunStore
from cogitate.tools.folder import Folder
from cogitate.values import Limits, Result

MORE_STEPS = 10_000
"""Steps that a run which goes on may be allowed on top, as far as LangGraph's own limit goes."""

SANDBOXES = {
    "confined": "confined process: no network, no other files, no processes",
    "monty": "monty interpreter: no operating system at all",
    "none": "NOT confined: model-written code may do whatever you may do",
}


@dataclass(frozen=True, kw_only=True)
class Agent(Parts):
    """Parts that run: its arguments are those of `Parts`. `dataclasses.replace` changes one.

    Each run keeps its events and the files it wrote in a folder of its own under `home()`.
    """

    checkpointer: Checkpointer = None
    origin: Mapping[str, Any] | None = None
    """What the command line makes this agent from again, to go on with a run; None elsewhere."""

    def __post_init__(self) -> None:
        if self.folder is not None:
            Folder(Path(self.folder))  # a missing folder is said before the first model call
        loop_named(self.loop)  # so is a loop that does not exist
        check_prices(self)  # and a limit of cost that could not hold
        names = [tool.name for tool in self.tools]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise SetupError(f"two tools are called {twice[0]!r}; rename one of them")

    @cached_property
    def graph(self) -> CompiledStateGraph[State, Parts, State, State]:
        """The compiled LangGraph graph, for anything this class does not offer."""
        return build_graph(self.checkpointer)

    def run(self, goal: str, *, history: Sequence[tuple[str, str]] = ()) -> Result:
        """Do what `arun` does, from code that has no event loop."""
        return asyncio.run(self.arun(goal, history=history))

    async def arun(self, goal: str, *, history: Sequence[tuple[str, str]] = ()) -> Result:
        """Pursue `goal` until there is an answer or a limit is reached."""
        return await result_of(self.stream(goal, history=history))

    async def stream(
        self,
        goal: str,
        *,
        stop: asyncio.Event | None = None,
        run_id: str | None = None,
        history: Sequence[tuple[str, str]] = (),
        ask: Ask | None = None,
    ) -> AsyncGenerator[Event, None]:
        """Yield what happens, as it happens; the last event is `RunEnded` with the result.

        Args:
            goal: what the person wants.
            stop: set it to end the run in order, with what it has so far.
            run_id: a name for the run; None makes one.
            history: earlier (goal, answer) pairs of the same chat, the oldest first.
            ask: puts a question of a loop to the person; None when nobody can be asked.

        Raises:
            SetupError: the goal is empty, or the parts do not fit together.
            UnavailableError: the model is not there.
        """
        if not goal.strip():
            raise SetupError("the goal is empty; say what is to be done")
        job = self._job(goal, history)
        async with aclosing(events_of(job, stop=stop, ask=ask, run_id=run_id)) as events:
            async for event in events:
                yield event

    async def going(
        self, going: Going, *, stop: asyncio.Event | None = None, ask: Ask | None = None
    ) -> AsyncGenerator[Event, None]:
        """Yield what happens when a recorded run of this agent goes on; the last is `RunEnded`.

        Args:
            going: which run, and how: resumed, replayed or forked.
            stop: set it to end the run in order.
            ask: puts a question to the person; None when nobody can be asked.

        Raises:
            SetupError: the run cannot go on, or was not one of this agent.
            ReplayMismatch: a replay asks for something else than was recorded.
        """
        store = RunStore()
        begun = kept(store.root / store.find(going.run)).accepted
        history = [(str(asked), str(said)) for asked, said in begun.given.get("history", ())]
        limits = Limits(**begun.limits) if begun.limits else None
        if going.limits is None and self.limits not in (None, limits):
            going = replace(going, limits=self.limits)
        job = replace(self, limits=limits)._job(begun.goal, history)
        async with aclosing(events_of(job, stop=stop, ask=ask, going=going)) as events:
            async for event in events:
                yield event

    def resume(self, run: str = "last", **how: Any) -> Result:
        """Do what `aresume` does, from code that has no event loop."""
        return asyncio.run(self.aresume(run, **how))

    async def aresume(
        self,
        run: str = "last",
        *,
        limits: Limits | None = None,
        on_unknown: OnUnknown = "ask",
        decision: str | None = None,
    ) -> Result:
        """Go on with a run of this agent that was cut off, stopped at a limit or interrupted.

        Args:
            run: its id, the start of one, or `last`.
            limits: how far it may go from now on; None as before, or as this agent's say.
            on_unknown: what becomes of a call that counts `once` and was begun and never ended:
                `done`, `redo`, `skip`, `ask` the person, or a function of its name and arguments.
            decision: the reply to the question that the run waits with.
        """
        how = Going(run=run, limits=limits, on_unknown=on_unknown, decision=decision)
        return await result_of(self.going(how))

    def replay(self, run: str = "last") -> Result:
        """Run a recorded run again, without a model and without the network, exactly.

        Raises:
            ReplayMismatch: the code goes another way than it did.
        """
        return asyncio.run(result_of(self.going(Going(run=run, mode="replay"))))

    def fork(self, run: str = "last", *, at: int, limits: Limits | None = None) -> Result:
        """Go on from step `at` of a recorded run, as a run of its own."""
        return asyncio.run(result_of(self.going(Going(run=run, mode="fork", at=at, limits=limits))))

    def as_tool(self, name: str, description: str) -> BaseTool:
        """Offer this agent to another agent."""

        async def ask(goal: str) -> str:
            return (await self.arun(goal)).answer

        return StructuredTool.from_function(coroutine=ask, name=name, description=description)

    def _job(self, goal: str, history: Sequence[tuple[str, str]]) -> Job:
        """Return what a run of this agent is."""

        async def body(context: RunContext) -> Ending:
            begin = start(goal, [f"{asked} -> {answered}" for asked, answered in history])
            limits = limits_of(self)
            config: RunnableConfig = {
                "recursion_limit": ceiling(replace(limits, steps=limits.steps + MORE_STEPS)),
                "configurable": {"thread_id": context.run_id},
            }
            final = await self.graph.ainvoke(begin, config, context=recorded_parts(self, context))
            return Ending(answer=final["answer"], stopped=final["stopped"])

        folder = self._folder()
        return Job(
            what="agent",
            started=RunStarted(
                run_id="",
                goal=goal,
                model=str(self.model._identifying_params.get("model", self.model._llm_type)),
                tools=tuple(tool.name for tool in self.tools),
                folder=None if folder is None else str(folder),
                sandbox=SANDBOXES[self.sandbox],
                loop=self.loop,
            ),
            body=body,
            limits=limits_of(self),
            origin=self.origin,
            given={"history": [list(pair) for pair in history]},
            folder=folder,
            sandbox=self.sandbox,
            offline=self.offline,
        )

    def _folder(self) -> Path | None:
        return None if self.folder is None else Path(self.folder).absolute()
