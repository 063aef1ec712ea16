"""The ways in which a loop asks a model: decide, choose, complete, place_of.

Every choice that a loop takes from a model is a pydantic model (`decide`) or one of a few
options (`choose`); longer text such as a program is `complete`d up to a stop string. Each works
with any chat model; ChatLlama is constrained, so that its output always parses.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, Literal, TypeVar, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ensure_config
from pydantic import BaseModel, Field, ValidationError, create_model

from cogitate.errors import ModelError, SetupError
from cogitate.llm.llama import ChatLlama

T = TypeVar("T", bound=BaseModel)

REPAIR_PROMPT = "That was not right: {error}\nWrite only the corrected JSON."

FORM_PROMPT = "Reply with one JSON object that fits this schema, and nothing else:\n{schema}"

_FENCED = re.compile(r"```[\w+-]*\n(.*?)(?:```|\Z)", re.DOTALL)


def trace_as(purpose: str) -> RunnableConfig:
    """Return the configuration by which a model call is named in the trace."""
    return {"metadata": {"purpose": purpose}}


async def decide(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    schema: type[T],
    *,
    purpose: str,
    fallback: T | None = None,
    **options: Any,
) -> T:
    """Return the model's decision as a `schema`: constrained, validated, repaired once.

    Args:
        model: any chat model.
        messages: what it is shown.
        schema: a pydantic class with bounded fields.
        purpose: the decision's name in the trace.
        fallback: what is taken when the repair fails as well.
        options: `max_tokens`, `temperature`, `seed` for a ChatLlama.

    Raises:
        ModelError: there is no valid decision and no fallback.
    """
    shown = list(messages)
    error = ""
    for _ in range(2):
        reply, parsed, error = await _structured(model, shown, schema, purpose, options)
        if parsed is not None:
            return parsed
        shown = [*shown, AIMessage(reply or "{}"), HumanMessage(REPAIR_PROMPT.format(error=error))]
    if fallback is not None:
        return fallback
    raise ModelError(f"no valid decision {purpose!r}: {error}")


async def _structured(
    model: BaseChatModel,
    messages: list[BaseMessage],
    schema: type[T],
    purpose: str,
    options: dict[str, Any],
) -> tuple[str, T | None, str]:
    """Return the raw text, the decision if it is valid, and what is wrong if it is not."""
    known = options if isinstance(model, ChatLlama) else {}
    try:
        runnable = model.with_structured_output(schema, include_raw=True, **known)
        found = cast(dict[str, Any], await runnable.ainvoke(messages, trace_as(purpose)))
    except (NotImplementedError, ValueError) as error:
        if isinstance(error, ValidationError):
            return "", None, short(error)
        return await _instructed(model, messages, schema, purpose)
    if isinstance(found["parsed"], schema):
        return found["raw"].text, found["parsed"], ""
    return found["raw"].text, None, short(found["parsing_error"] or ValueError("no JSON"))


async def _instructed(
    model: BaseChatModel, messages: list[BaseMessage], schema: type[T], purpose: str
) -> tuple[str, T | None, str]:
    """Ask a model that knows no structured output in words, and parse what it says."""
    form = FORM_PROMPT.format(schema=json.dumps(schema.model_json_schema(), ensure_ascii=False))
    reply = await model.ainvoke([*messages, HumanMessage(form)], trace_as(purpose))
    text = reply.text
    begin, end = text.find("{"), text.rfind("}")
    try:
        return text, schema.model_validate_json(text[begin : end + 1]), ""
    except ValidationError as error:
        return text, None, short(error)


def short(error: BaseException) -> str:
    """Return what is wrong in a line that a small model can use."""
    if isinstance(error, ValidationError):
        parts = [
            f"{'.'.join(str(at) for at in item['loc']) or 'it'}: {item['msg']}"
            for item in error.errors()[:3]
        ]
        return "; ".join(parts)
    return str(error).strip().split("\n")[0][:300]


async def choose(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    options: Sequence[str],
    *,
    purpose: str,
    opening: str = "",
) -> dict[str, float]:
    """Return the natural log-probability of each option, the likeliest first.

    ChatLlama reads it from one forward pass over the options' first tokens, which must differ;
    another model decides for one option, which then gets 0 and the others -10.

    Raises:
        SetupError: there are no options, or a ChatLlama cannot tell them apart.
    """
    if not options:
        raise SetupError(f"there are no options to choose from for {purpose!r}; give at least one")
    if isinstance(model, ChatLlama):
        bound = model.bind(options=list(options), opening=opening)
        reply = await bound.ainvoke(list(messages), trace_as(purpose))
        found: dict[str, float] = reply.response_metadata["logprobs"]
    else:
        kind = cast(Any, Literal)[tuple(options)]
        schema = create_model("Choice", choice=(kind, Field(description="one of the options")))
        try:
            decided = await decide(model, messages, schema, purpose=purpose)
            chosen = str(getattr(decided, "choice"))  # noqa: B009 - the field is made above
        except ModelError:
            chosen = options[0]
        found = {option: 0.0 if option == chosen else -10.0 for option in options}
    return dict(sorted(found.items(), key=lambda item: -item[1]))


async def place_of(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    continuation: str,
    *,
    purpose: str,
    opening: str = "",
) -> int | None:
    """Return the place of a text's first token among all that could follow, 1 for the likeliest.

    None where the model does not tell: only a ChatLlama does, by one forward pass.
    """
    if not isinstance(model, ChatLlama):
        return None
    bound = model.bind(options=[continuation], opening=opening)
    reply = await bound.ainvoke(list(messages), trace_as(purpose))
    return cast(int, reply.response_metadata["ranks"][continuation])


async def complete(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    *,
    purpose: str,
    opening: str = "",
    stop: Sequence[str] = (),
    **options: Any,
) -> str:
    """Return what the model writes after `opening`, up to a stop string, without both.

    A model whose answer cannot be opened for it is expected to write the opening itself; a code
    fence around its answer is taken off.

    Args:
        model: any chat model.
        messages: what it is shown.
        purpose: the step's name in the trace.
        opening: the head of the answer, such as a code fence.
        stop: strings at which the answer ends.
        options: `max_tokens`, `temperature`, `seed`, `grammar` for a ChatLlama.
    """
    config = trace_as(purpose)
    if isinstance(model, ChatLlama):
        bound = model.bind(opening=opening, stop=list(stop), **options)
        return (await bound.ainvoke(list(messages), config)).text.rstrip()
    text = (await model.ainvoke(list(messages), config)).text.strip()
    fenced = _FENCED.search(text)
    if opening and fenced:
        return fenced.group(1).rstrip()
    return text.removeprefix(opening).rstrip()


async def complete_each(
    model: ChatLlama,
    messages: Sequence[BaseMessage],
    *,
    temperatures: Sequence[float],
    purpose: str,
    opening: str = "",
    stop: Sequence[str] = (),
    **options: Any,
) -> list[str]:
    """Return several answers to one prompt, one for each temperature, written side by side.

    The prompt is read once. There are fewer answers where the context has no room for all.

    Args:
        model: an embedded model.
        messages: what it is shown.
        temperatures: one for each answer; 0 is greedy.
        purpose: the step's name in the trace.
        opening: the head of each answer.
        stop: strings at which an answer ends.
        options: `max_tokens`, `seed`, `grammar`.
    """
    found = await model.agenerate(
        [list(messages)],
        stop=list(stop),
        callbacks=ensure_config().get("callbacks"),  # `agenerate` takes no part in the run itself
        metadata=trace_as(purpose)["metadata"],
        several=list(temperatures),
        opening=opening,
        **options,
    )
    return [generation.text.rstrip() for generation in found.generations[0]]


__all__ = ["choose", "complete", "complete_each", "decide", "place_of", "short", "trace_as"]
