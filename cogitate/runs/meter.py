"""What every model call of a run cost, whoever made it: LangChain callbacks into events."""

import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, LLMResult

from cogitate.runs.context import RunContext
from cogitate.runs.events import ModelCalled, Noted
from cogitate.runs.recorded import named
from cogitate.values import Usage

NEXT = "\n--- or ---\n"
"""Stands between several answers to one prompt."""


class Meter(BaseCallbackHandler):
    """Adds each model call to the run's usage and emits it as an event."""

    run_inline = True

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._begun: dict[UUID, tuple[float, str, str]] = {}
        self._models: dict[UUID, str] = {}

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        **kwargs: Any,
    ) -> None:
        purpose = (kwargs.get("metadata") or {}).get("purpose", "model")
        self._models[run_id] = named(kwargs.get("invocation_params") or {})
        shown = "\n".join(f"[{m.type}] {m.text}" for m in messages[0])
        self._begun[run_id] = (time.monotonic(), purpose, shown)

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        if run_id not in self._begun:
            return  # a bound model inside a run has its callbacks twice, and so tells it twice
        begun, purpose, shown = self._begun.pop(run_id)
        generation = response.generations[0][0]
        message = generation.message if isinstance(generation, ChatGeneration) else AIMessage("")
        usage = usage_of(message)
        self._context.usage += usage
        calls = message.tool_calls if isinstance(message, AIMessage) else []
        text = message.text or " ".join(f"{call['name']} {call['args']}" for call in calls)
        text = NEXT.join([text, *(other.text for other in response.generations[0][1:])])
        self._pay(self._models.pop(run_id, ""), usage, shown, text)
        self._context.emit(
            ModelCalled(
                purpose=purpose,
                text=text,
                usage=usage,
                seconds=round(time.monotonic() - begun, 3),
                prompt=shown,
            )
        )
        if broken := message.response_metadata.get("prefix_broken"):
            self._context.emit(Noted(text=f"{purpose}: the prompt was read again from {broken}"))

    def _pay(self, model: str, usage: Usage, shown: str, text: str) -> None:
        """Add what a call cost, and enter it where a window is limited.

        A server that does not say how many tokens it counted is charged by the texts' length.
        """
        context = self._context
        if context.price is None:
            return
        if not usage.read + usage.reused + usage.written:
            sizes = [len(each.encode("utf-8", "replace")) for each in (shown, text)]
            usage = Usage(read=sizes[0] // 3 + 1, written=sizes[1] // 3 + 1)
        cost = context.price(model, usage)
        if cost:
            context.cost += cost
            if context.ledger is not None:
                context.ledger.enter(context.run_id, context.usage.calls, cost)


def usage_of(message: BaseMessage) -> Usage:
    """Return what a model's message says that it cost."""
    found = message.usage_metadata if isinstance(message, AIMessage) else None
    if not found:
        return Usage(calls=1)
    details: Mapping[str, Any] = found.get("input_token_details", {})
    reused = details.get("cache_read", 0)
    return Usage(
        read=found["input_tokens"] - reused,
        reused=reused,
        written=found["output_tokens"],
        calls=1,
        copied=details.get("copied", 0),
        restored=details.get("restored", 0),
    )
