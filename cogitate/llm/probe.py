"""What a model can do, found by trying it: its forms, its restraint, its speed.

A probe takes a minute and is kept beside the models, so that it is done once for a file. What
it does not know: how well a model does real work; that is what the benchmarks are for.
"""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from langchain_core.messages import HumanMessage
from pydantic import BaseModel, Field, ValidationError

from cogitate.home import home
from cogitate.llm.form import TOOLS_PROMPT
from cogitate.llm.llama import ChatLlama

PROMPT_TOKENS = 400
"""Length of the prompt by which the speed of reading is measured."""
WRITTEN = 32

TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Look up today's weather in a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}
NEEDED = (
    ("What is the weather in Oslo today?", "oslo"),
    ("Do I need an umbrella in Lima now?", "lima"),
    ("今天北京天气怎么样？", "北京"),
    ("Is it warmer in Rome than usual today? Look it up.", "rome"),
)
NOT_NEEDED = ("Say hello.", "What is two plus two?", "Name a colour.", "谢谢，再见！")


class Person(BaseModel):
    """Who a line is about."""

    name: str = Field(max_length=20)
    age: int = Field(ge=0, le=150)
    city: Literal["Paris", "Rome", "Oslo"]


LINES = (
    ("Ann is 31 and lives in Paris.", "Ann", 31, "Paris"),
    ("In Rome lives Bo, who is 7.", "Bo", 7, "Rome"),
    ("Kim, 64 years old, moved to Oslo.", "Kim", 64, "Oslo"),
)


@dataclass(frozen=True, kw_only=True)
class Probe:
    """What was found. Counts are (right, tried)."""

    model: str
    size: int
    """Bytes of the file that was probed."""
    context: int
    """Tokens that the model was trained to read at once."""
    template: str
    """Family of the chat template, by its marks."""
    native_tools: bool
    """Whether the template has a form of its own for tools."""
    json_by_word: tuple[int, int]
    """JSON that is right when it is only asked for."""
    json_by_form: tuple[int, int]
    """JSON that is right when it is constrained."""
    calls: tuple[int, int]
    """Questions that need a tool, and got the right call."""
    restraint: tuple[int, int]
    """Questions that need no tool, and got none."""
    read_per_second: float
    write_per_second: float

    def lines(self) -> dict[str, str]:
        """Return what people read, by its name."""
        tools = "a form of its own in the template" if self.native_tools else "ours"
        return {
            "context": f"{self.context:,} tokens",
            "template": self.template,
            "tool form": f"{tools}; {_share(self.calls)} calls right",
            "JSON": f"{_share(self.json_by_form)} constrained, {_share(self.json_by_word)} asked",
            "restraint": f"{_share(self.restraint)} left the tools alone",
            "speed": f"reads {self.read_per_second:.0f}, writes {self.write_per_second:.1f} "
            "tokens a second",
        }


def probe(model: ChatLlama, most: int = 4) -> Probe:
    """Return what a model can do, by at most `most` questions of each kind; keep it."""
    engine = model.loaded.engine
    template = engine.metadata("tokenizer.chat_template") or ""
    read, write = _speeds(model)
    found = Probe(
        model=model.name,
        size=model.path.stat().st_size,
        context=int(engine.lib.llama_model_n_ctx_train(engine.model)),
        template=family(template),
        native_tools="tools" in template,
        json_by_word=_count(_said(model, *line) for line in LINES[:most]),
        json_by_form=_count(_formed(model, *line) for line in LINES[:most]),
        calls=_count(_called(model, *line) for line in NEEDED[:most]),
        restraint=_count(_left_alone(model, line) for line in NOT_NEEDED[:most]),
        read_per_second=read,
        write_per_second=write,
    )
    place = _place(model.path)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(asdict(found)), encoding="utf-8")
    return found


def known(path: Path) -> Probe | None:
    """Return what an earlier probe of a model's file found, None when there is none."""
    try:
        found = dict(json.loads(_place(path).read_text(encoding="utf-8")))
        pairs = {key: tuple(value) for key, value in found.items() if isinstance(value, list)}
        probe = Probe(**{**found, **pairs})
        return probe if probe.size == path.stat().st_size else None
    except (OSError, ValueError, TypeError):
        return None


def family(template: str) -> str:
    """Return the family of a chat template, by the marks that it writes."""
    marks = {
        "<|im_start|>": "chatml",
        "<|start_header_id|>": "llama 3",
        "[INST]": "mistral",
        "<start_of_turn>": "gemma",
        "<|assistant|>": "phi or zephyr",
    }
    return next((name for mark, name in marks.items() if mark in template), "of its own")


def _place(path: Path) -> Path:
    return home() / "cache" / "probes" / f"{path.stem}.json"


def _share(counts: tuple[int, int]) -> str:
    return f"{counts[0]} of {counts[1]}"


def _count(results: Any) -> tuple[int, int]:
    found = list(results)
    return sum(found), len(found)


def _said(model: ChatLlama, line: str, *expected: object) -> bool:
    asked = f"{line} Reply with one JSON object with name, age and city, and nothing else."
    text = model.invoke(asked, max_tokens=60).text
    try:
        found = Person.model_validate_json(text.strip().removeprefix("```json").strip("`\n "))
    except ValidationError:
        return False
    return (found.name, found.age, found.city) == expected


def _formed(model: ChatLlama, line: str, *expected: object) -> bool:
    found = model.with_structured_output(Person, max_tokens=60).invoke(line)
    return (found.name, found.age, found.city) == expected


def _called(model: ChatLlama, question: str, city: str) -> bool:
    reply = model.bind_tools([TOOL], max_tokens=60).invoke([HumanMessage(question)])
    return any(city in str(call["args"].get("city", "")).lower() for call in reply.tool_calls)


def _left_alone(model: ChatLlama, question: str) -> bool:
    reply = model.bind_tools([TOOL], max_tokens=60).invoke([HumanMessage(question)])
    return not reply.tool_calls and not reply.invalid_tool_calls


def _speeds(model: ChatLlama) -> tuple[float, float]:
    """Return tokens a second, read and written, of a prompt that is not in the cache."""
    count = len(model.loaded.engine.tokenize(TOOLS_PROMPT))
    text = f"{time.time_ns()} {TOOLS_PROMPT * (PROMPT_TOKENS // count + 1)}"
    options: dict[str, Any] = {"max_tokens": WRITTEN, "grammar": "start: /[a-z ]{400}/"}
    reply = model.invoke(text, **options)
    about, usage = reply.response_metadata, reply.usage_metadata
    read = usage["input_tokens"] if usage else 0
    return (
        round(read / max(about["first_token_seconds"], 1e-6), 1),
        float(about.get("tokens_per_second", 0.0)),
    )
