"""What every model call of a run cost, whoever made it: LangChain callbacks into events."""

import time
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, LLMResult

from cogitate.runs.context import RunContext
from cogitate.runs.events import ModelCalled
from cogitate.values import Usage

NEXT = "\n--- or ---\n"
"""Stands between several answers to one prompt."""


class Meter(BaseCallbackHandler):
    """Adds each model call to the run's usage and emits it as an event."""

    run_inline = True

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._begun: dict[UUID, tuple[float, str, str]] = {}

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        **kwargs: Any,
    ) -> None:
        purpose = (kwargs.get("metadata") or {}).get("purpose", "model")
        shown = "\n".join(f"[{m.type}] {m.text}" for m in messages[0])
        self._begun[run_id] = (time.monotonic(), purpose, shown)

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        begun, purpose, shown = self._begun.pop(run_id, (time.monotonic(), "model", ""))
        generation = response.generations[0][0]
        message = generation.message if isinstance(generation, ChatGeneration) else AIMessage("")
        usage = usage_of(message)
        self._context.usage += usage
        calls = message.tool_calls if isinstance(message, AIMessage) else []
        text = message.text or " ".join(f"{call['name']} {call['args']}" for call in calls)
        text = NEXT.join([text, *(other.text for other in response.generations[0][1:])])
        self._context.emit(
            ModelCalled(
                purpose=purpose,
                text=text,
                usage=usage,
                seconds=round(time.monotonic() - begun, 3),
                prompt=shown,
            )
        )


def usage_of(message: BaseMessage) -> Usage:
    """Return what a model's message says that it cost."""
    found = message.usage_metadata if isinstance(message, AIMessage) else None
    if not found:
        return Usage(calls=1)
    reused = found.get("input_token_details", {}).get("cache_read", 0)
    return Usage(
        read=found["input_tokens"] - reused,
        reused=reused,
        written=found["output_tokens"],
        calls=1,
    )
