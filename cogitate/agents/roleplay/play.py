"""The front door: a role-play is a value, a session is a run."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool

from cogitate.agents.agent import SANDBOXES
from cogitate.agents.roleplay.asking import Models
from cogitate.agents.roleplay.playing import Closed, play_out
from cogitate.agents.roleplay.transcript import write_transcript
from cogitate.agents.roleplay.values import Play, Role, Seat, role_of
from cogitate.agents.running import Ending, Going, Job, events_of
from cogitate.errors import CogitateError, SetupError
from cogitate.memory.base import Memory
from cogitate.runs.context import Ask, RunContext, Sandbox
from cogitate.runs.events import Event, RunEnded, RunStarted
from cogitate.tools.folder import Folder
from cogitate.values import Limits, Result

LIMITS = Limits(steps=200, tool_calls=80, model_calls=1_000, tokens=200_000, seconds=1800.0)
Keep = Callable[[Play], None]


@dataclass(frozen=True, kw_only=True)
class RolePlay:
    """Two roles that finish a task together: one gives instructions, one carries them out.

    After CAMEL (arXiv 2303.17760), section 3, with the invariants checked in code.
    """

    assistant: Role | str
    """Who does the work."""
    user: Role | str
    """Who gives instructions, and says when the task is done."""
    task: str
    """The idea; the session begins by making it concrete."""
    model: BaseChatModel
    assistant_model: BaseChatModel | None = None
    """None: `model`, like the two below."""
    user_model: BaseChatModel | None = None
    critic_model: BaseChatModel | None = None
    tools: Sequence[BaseTool] = ()
    """What the assistant may use."""
    assistant_memory: Memory | None = None
    """What the assistant remembers of other sessions; None: nothing."""
    user_memory: Memory | None = None
    specify: bool = True
    """Whether the idea is made concrete first."""
    planner: bool = False
    """Whether the task is laid out as steps, all of which must be done."""
    critic: bool = False
    """Whether a model chooses among several proposals for each message."""
    proposals: int = 2
    human: Seat | None = None
    """The seat that a person takes, who is asked through the run's `ask`."""
    max_turns: int = 20
    words: int = 50
    """Most words of the concrete task."""
    checks: bool = True
    """False is unsafe: nothing but the done token and the limits ends a session, and no message
    is checked. It is there to compare with."""
    limits: Limits = LIMITS
    folder: Path | str | None = None
    """The person's folder, which the assistant's tools may read."""
    sandbox: Sandbox = "confined"
    offline: bool = False
    origin: dict[str, Any] | None = None
    """Plain data that this value can be made from again; None when it was made in Python."""

    def __post_init__(self) -> None:
        if not self.task.strip():
            raise SetupError("the task is empty; give an idea, such as 'a trading bot'")
        if self.max_turns < 1 or self.words < 1 or not 1 <= self.proposals <= 9:
            raise SetupError(
                f"max_turns is {self.max_turns!r}, words {self.words!r}, proposals "
                f"{self.proposals!r}: the first two must be 1 or more, the last 1 to 9"
            )
        if self.assistant_role.name == self.user_role.name:
            raise SetupError(f"both roles are called {self.user_role.name!r}; rename one of them")
        if self.folder is not None:
            Folder(Path(self.folder))

    @cached_property
    def assistant_role(self) -> Role:
        """The assistant as a role."""
        return role_of(self.assistant)

    @cached_property
    def user_role(self) -> Role:
        """The user as a role."""
        return role_of(self.user)

    def run(self, *, ask: Ask | None = None) -> Play:
        """Do what `arun` does, from code that has no event loop."""
        return asyncio.run(self.arun(ask=ask))

    async def arun(
        self,
        *,
        stop: asyncio.Event | None = None,
        run_id: str | None = None,
        ask: Ask | None = None,
    ) -> Play:
        """Play a session to its end and return what it left behind."""
        kept: list[Play] = []
        given: dict[str, Any] = {"stop": stop, "run_id": run_id, "ask": ask}
        async with aclosing(self.stream(**given, keep=kept.append)) as events:
            async for _ in events:
                pass
        if not kept:
            raise CogitateError("the session ended without a result")
        return kept[0]

    async def stream(
        self,
        *,
        stop: asyncio.Event | None = None,
        run_id: str | None = None,
        ask: Ask | None = None,
        keep: Keep | None = None,
        going: Going | None = None,
    ) -> AsyncGenerator[Event, None]:
        """Yield what happens, as it happens; messages are `Said`, the last event is `RunEnded`.

        Args:
            stop: set it to end the session in order, with what it has so far.
            run_id: a name for the run; None makes one.
            ask: puts a question to the person; needed when a seat is a person's.
            keep: gets what the session leaves behind, before the last event.
            going: the record of a session that is resumed, replayed or forked.

        Raises:
            SetupError: a seat is a person's and nobody can be asked.
        """
        if self.human is not None and ask is None and going is None:
            raise SetupError(
                f"the {self.human}'s seat is a person's and nobody can be asked; run it at a "
                "terminal, or give `ask`"
            )
        closed: list[Closed] = []
        job = self.job(closed.append)
        async for event in events_of(job, stop=stop, ask=ask, run_id=run_id, going=going):
            if isinstance(event, RunEnded) and closed and keep is not None:
                keep(self._play(closed[0], event.result))
            yield event

    def job(self, keep: Callable[[Closed], None]) -> Job:
        """Return the run that this session is; `keep` gets how it ended."""

        async def body(context: RunContext) -> Ending:
            closed = await play_out(self, self._models(context))
            result = Result(
                run_id=context.run_id,
                answer=closed.summary,
                stopped=closed.stopped,
                steps=context.turns,
                usage=context.usage,
            )
            context.artefacts += write_transcript(self._play(closed, result), context.workspace)
            keep(closed)
            return Ending(answer=closed.summary, stopped=closed.stopped)

        started = RunStarted(
            run_id="",
            goal=self.task.strip(),
            model=name_of(self.model),
            tools=tuple(tool.name for tool in self.tools),
            folder=None if self.folder is None else str(Path(self.folder).absolute()),
            sandbox=SANDBOXES[self.sandbox] if self.tools else "",
            loop="roleplay",
        )
        return Job(
            what="roleplay",
            started=started,
            body=body,
            limits=self.limits,
            origin=self.origin,
            folder=None if self.folder is None else Path(self.folder).absolute(),
            sandbox=self.sandbox,
            offline=self.offline,
        )

    def _models(self, context: RunContext) -> Models:
        """Return the session's models; each seat has its own slot in the run's record."""
        main = context.recorded(self.model, "model")
        seats = {
            "task": main,
            "gate": main,
            "user": self._seat(context, self.user_model, "user") or main,
            "assistant": self._seat(context, self.assistant_model, "assistant") or main,
            "critic": self._seat(context, self.critic_model, "critic") or main,
        }
        return Models(seats, self.limits)

    def _seat(
        self, context: RunContext, model: BaseChatModel | None, slot: str
    ) -> BaseChatModel | None:
        return None if model is None else context.recorded(model, slot)

    def _play(self, closed: Closed, result: Result) -> Play:
        session = closed.session
        models = {"model": self.model, "assistant": self.assistant_model, "user": self.user_model}
        return Play(
            result=replace(result),
            idea=self.task.strip(),
            task=session.task,
            assistant=self.assistant_role,
            user=self.user_role,
            termination=closed.termination,
            why=closed.why,
            turns=session.turn,
            messages=tuple(session.messages),
            memo=tuple(session.memo),
            plan=session.plan,
            open=tuple(session.open),
            counts=session.counts,
            summary=closed.summary,
            heads={"user": session.user_view.head, "assistant": session.assistant_view.head},
            costs=dict(session.models.costs),
            models={seat: name_of(m) for seat, m in models.items() if m is not None},
            seed=getattr(self.model, "seed", None),
        )


def name_of(model: BaseChatModel) -> str:
    """Return a model's name for the record."""
    return str(model._identifying_params.get("model", model._llm_type))
