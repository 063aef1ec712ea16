"""The front door: an agent is a value, a run is a call."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Checkpointer

from cogitate.agents.delegate import ceiling
from cogitate.agents.graph import build_graph
from cogitate.agents.loops import limits_of, loop_named
from cogitate.agents.state import Parts, State, start
from cogitate.errors import CogitateError, SetupError
from cogitate.llm.remote import explain
from cogitate.runs.context import Ask, RunContext, running
from cogitate.runs.events import Event, RunEnded, RunStarted
from cogitate.runs.meter import Meter
from cogitate.runs.store import RunStore, new_id
from cogitate.tools.folder import Folder
from cogitate.values import Result

SANDBOXES = {
    "confined": "confined process: no network, no other files, no processes",
    "monty": "monty interpreter: no operating system at all",
    "none": "NOT confined: model-written code may do whatever you may do",
}


@dataclass(frozen=True, kw_only=True)
class Agent(Parts):
    """Parts that run. Change one with `dataclasses.replace`.

    Each run keeps its events and the files it wrote in a folder of its own under `home()`.
    """

    checkpointer: Checkpointer = None

    def __post_init__(self) -> None:
        if self.folder is not None:
            Folder(Path(self.folder))  # a missing folder is said before the first model call
        loop_named(self.loop)  # so is a loop that does not exist
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
        result: Result | None = None
        async for event in self.stream(goal, history=history):
            if isinstance(event, RunEnded):
                result = event.result
        if result is None:
            raise CogitateError("the run ended without a result")
        return result

    async def stream(
        self,
        goal: str,
        *,
        stop: asyncio.Event | None = None,
        run_id: str | None = None,
        history: Sequence[tuple[str, str]] = (),
        ask: Ask | None = None,
    ) -> AsyncIterator[Event]:
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
        events: asyncio.Queue[Event | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        folder = RunStore().create(run_id or new_id())

        def listen(event: Event) -> None:
            folder.append(event)
            loop.call_soon_threadsafe(events.put_nowait, event)

        context = RunContext(
            run_id=folder.run_id,
            workspace=folder.workspace,
            folder=self._folder(),
            sandbox=self.sandbox,
            offline=self.offline,
            listener=listen,
            stop=stop,
            deadline=time.monotonic() + limits_of(self).seconds,
            ask=ask,
        )
        task = asyncio.create_task(self._pursue(goal, history, context))
        task.add_done_callback(lambda _: events.put_nowait(None))
        try:
            while (event := await events.get()) is not None:
                yield event
            await task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            folder.close()

    def as_tool(self, name: str, description: str) -> BaseTool:
        """Offer this agent to another agent."""

        async def ask(goal: str) -> str:
            return (await self.arun(goal)).answer

        return StructuredTool.from_function(coroutine=ask, name=name, description=description)

    async def _pursue(
        self, goal: str, history: Sequence[tuple[str, str]], context: RunContext
    ) -> None:
        began = time.monotonic()
        with running(context):
            context.emit(
                RunStarted(
                    run_id=context.run_id,
                    goal=goal,
                    model=str(self.model._identifying_params.get("model", self.model._llm_type)),
                    tools=tuple(tool.name for tool in self.tools),
                    folder=None if context.folder is None else str(context.folder),
                    sandbox=SANDBOXES[self.sandbox],
                    loop=self.loop,
                )
            )
            final: dict[str, Any] = {"answer": "", "stopped": "model_error"}
            try:
                config = self._config(context)
                begin = start(goal, [f"{asked} -> {answered}" for asked, answered in history])
                final = await self.graph.ainvoke(begin, config, context=self)
            except Exception as error:
                raise explain(error) from error
            finally:
                result = Result(
                    run_id=context.run_id,
                    answer=final["answer"],
                    stopped=final["stopped"],
                    steps=context.turns,
                    usage=context.usage,
                    artefacts=tuple(dict.fromkeys(context.artefacts)),
                    seconds=round(time.monotonic() - began, 2),
                )
                context.emit(RunEnded(result=result))

    def _folder(self) -> Path | None:
        return None if self.folder is None else Path(self.folder).absolute()

    def _config(self, context: RunContext) -> RunnableConfig:
        return {
            "recursion_limit": ceiling(limits_of(self)),
            "callbacks": [Meter(context)],
            "configurable": {"thread_id": context.run_id},
        }
