"""How a session asks its models: bounded by the run's limits, and counted by who asked."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from pydantic import BaseModel

from cogitate.agents.roleplay.values import Cost
from cogitate.agents.state import Parts
from cogitate.agents.stops import Halted, bounded, spent
from cogitate.llm.decide import choose, complete, decide
from cogitate.runs.context import current
from cogitate.values import Limits, Usage

T = TypeVar("T")
S = TypeVar("S", bound=BaseModel)

RAISED = 0.8
"""Temperature of a second try: a model that is asked the same writes the same."""


class Models:
    """The models of one session, by who speaks, and what each has cost."""

    def __init__(self, of: dict[str, BaseChatModel], limits: Limits) -> None:
        """Ask the models in `of`, by their purpose's head, within `limits`."""
        self.of = of
        self.limits = limits
        self.costs: dict[str, Cost] = {}

    async def decide(
        self, who: str, messages: Sequence[BaseMessage], schema: type[S], **options: Any
    ) -> S:
        """Return a decision of `who`, as `cogitate.llm.decide.decide` does."""
        purpose = options.pop("purpose", who)
        return await self._counted(
            who, lambda model: decide(model, messages, schema, purpose=purpose, **options)
        )

    async def choose(
        self, who: str, messages: Sequence[BaseMessage], options: Sequence[str], purpose: str
    ) -> dict[str, float]:
        """Return the log-probability of each option, the likeliest first."""
        return await self._counted(
            who, lambda model: choose(model, messages, options, purpose=purpose)
        )

    async def complete(self, who: str, messages: Sequence[BaseMessage], **options: Any) -> str:
        """Return what `who` writes, as `cogitate.llm.decide.complete` does."""
        purpose = options.pop("purpose", who)
        return await self._counted(
            who, lambda model: complete(model, messages, purpose=purpose, **options)
        )

    def check(self) -> None:
        """Raise `Halted` when a limit of the run is reached or a person wants it to end."""
        context = current()
        if context.is_stopped():
            raise Halted("interrupted", "a person stopped the run")
        share, reason = spent(Parts(model=next(iter(self.of.values())), limits=self.limits))
        if share >= 1:
            context.stopping(reason)
            raise Halted(reason, f"the run's limit of {reason} was reached")

    async def _counted(self, who: str, ask: Callable[[BaseChatModel], Awaitable[T]]) -> T:
        self.check()
        model = self.of[who]
        before = current().usage
        try:
            return await bounded(ask(model), Parts(model=model, limits=self.limits))
        finally:
            self._add(who, before, current().usage)

    def _add(self, who: str, before: Usage, after: Usage) -> None:
        held = self.costs.get(who, Cost())
        self.costs[who] = Cost(
            read=held.read + after.read - before.read,
            reused=held.reused + after.reused - before.reused,
            written=held.written + after.written - before.written,
            calls=held.calls + after.calls - before.calls,
        )
