"""How the engine asks a model, whichever it is: drafts side by side, labels, votes.

ChatLlama writes several drafts of one prompt together and gives log-probabilities of labels;
any other chat model is asked once for each.
"""

import asyncio
import math
from collections.abc import Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage

from cogitate.llm.decide import choose, complete, complete_each
from cogitate.llm.llama import ChatLlama
from cogitate.runs.context import current

TOGETHER = 10
"""Drafts that are written side by side at most."""


async def drafts(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    heats: Sequence[float],
    *,
    purpose: str,
    **form: Any,
) -> tuple[list[str], int]:
    """Return one text for each temperature, and the tokens written for each.

    Args:
        model: any chat model.
        messages: what it is shown.
        heats: temperatures; 0 is greedy. A model that knows none is asked as it is.
        purpose: the step's name in the trace.
        form: `opening`, `stop`, and for a ChatLlama `max_tokens` and `seed`.
    """
    before = current().usage.written
    if isinstance(model, ChatLlama):
        texts: list[str] = []
        while len(texts) < len(heats):  # fewer come back where the context has no room
            asked = heats[len(texts) : len(texts) + TOGETHER]
            seed = {"seed": form.get("seed", 0) + len(texts)}
            texts += await complete_each(
                model, messages, temperatures=asked, purpose=purpose, **{**form, **seed}
            )
    else:
        texts = await _one_by_one(model, messages, heats, purpose, form)
    return texts, (current().usage.written - before) // max(len(texts), 1)


async def _one_by_one(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    heats: Sequence[float],
    purpose: str,
    form: dict[str, Any],
) -> list[str]:
    """Return the texts of a model that answers once a call; a server is asked side by side."""
    if "temperature" not in type(model).model_fields:
        return [await complete(model, messages, purpose=purpose, **form) for _ in heats]
    heated = [model.model_copy(update={"temperature": heat}) for heat in heats]
    asked = [complete(each, messages, purpose=purpose, **form) for each in heated]
    return list(await asyncio.gather(*asked))


async def odds(
    model: BaseChatModel, messages: Sequence[BaseMessage], options: Sequence[str], purpose: str
) -> dict[str, float]:
    """Return the probability of each option among the options."""
    found = await choose(model, messages, options, purpose=purpose)
    top = max(found.values())
    raw = {option: math.exp(value - top) for option, value in found.items()}
    total = sum(raw.values())
    return {option: raw[option] / total for option in options}
