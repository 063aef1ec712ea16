"""Models that answer by what they are asked, and a suite to ask them, for the tests of the lab."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult


class Adder(BaseChatModel):
    """Adds two numbers, but says nonsense of `bad` ones and raises at `broken` ones."""

    bad: tuple[int, ...] = ()
    broken: tuple[int, ...] = ()
    seed: int = 0
    until: int = 10**9
    """Questions from this one on end the process as a power cut would."""

    @property
    def _llm_type(self) -> str:
        return "adder"

    def _generate(self, messages: list[BaseMessage], *_: Any, **kwargs: Any) -> ChatResult:
        found = re.search(r"(\d+) \+ (\d+)", " ".join(m.text for m in messages))
        assert found is not None
        a, b = int(found[1]), int(found[2])
        if a >= self.until:
            import os

            os._exit(9)
        if a in self.broken:
            raise RuntimeError(f"cannot add {a}")
        text = "no idea" if a in self.bad else f"The answer is {a + b}."
        if a == 7 and self.seed % 2:
            text = "The answer is 0."
        usage = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
        message = AIMessage(text, usage_metadata=usage)
        return ChatResult(generations=[ChatGeneration(message=message)])


class Caller(BaseChatModel):
    """Makes the given moves, each a list of calls; after them it says that it is done."""

    moves: Sequence[Sequence[tuple[str, dict[str, Any]]]] = ()

    @property
    def _llm_type(self) -> str:
        return "caller"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self

    def _generate(self, messages: list[BaseMessage], *_: Any, **kwargs: Any) -> ChatResult:
        results = {m.tool_call_id for m in messages if isinstance(m, ToolMessage)}
        moved = len({one.partition("-")[0] for one in results})
        calls = self.moves[moved] if moved < len(self.moves) else []
        message = AIMessage(
            "" if calls else "It is done.",
            tool_calls=[
                {"name": name, "args": args, "id": f"m{moved}-{i}"}
                for i, (name, args) in enumerate(calls)
            ],
        )
        return ChatResult(generations=[ChatGeneration(message=message)])


def write_sums(path: Path, count: int = 10) -> Path:
    """Write a suite of sums: how much is i + 1?"""
    lines = [
        json.dumps({"id": f"s{i}", "question": f"How much is {i} + 1?", "answer": i + 1})
        for i in range(count)
    ]
    path.write_text("\n".join(lines) + "\n")
    return path
