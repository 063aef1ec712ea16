"""How the arguments of a call that failed are written anew, from what the tool said of them."""

from collections.abc import Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage, SystemMessage

from cogitate.errors import ModelError
from cogitate.llm.decide import decide
from cogitate.planners.grounding import unsupported_names, unsupported_numbers
from cogitate.planners.loops.pipeline.forms import args_form, line_of
from cogitate.planners.loops.pipeline.nodes import Signature, references

MEND_CALL_PROMPT = """\
A call of a tool failed. Write its arguments again as the tool asks for them, with values of the \
goal and of the error only. If nothing was wrong with them, write the same ones."""


async def mended(
    model: BaseChatModel,
    signature: Signature,
    args: dict[str, Any],
    error: str,
    sources: Sequence[str],
) -> dict[str, Any]:
    """Return arguments for another try; the same ones when the model's hold values from nowhere.

    Args:
        model: who writes.
        signature: the tool's.
        args: what was sent.
        error: what the tool said.
        sources: the goal and what was found so far.
    """
    asked = f"Tool: {line_of(signature)}\nGoal: {sources[0]}\nSent: {args}\nError: {error[:300]}"
    shown = [SystemMessage(MEND_CALL_PROMPT), HumanMessage(asked)]
    try:
        form = args_form(signature)
        found = await decide(model, shown, form, purpose="mend", max_tokens=200)
    except ModelError:
        return args
    new = found.model_dump(mode="json", by_alias=True, exclude_none=True)
    text = " ; ".join(str(value) for value in new.values())
    held = [*sources, error, str(args)]
    if references(new) or unsupported_numbers(text, held) or unsupported_names(text, held):
        return args
    return args if new == args else new  # 3 and 3.0 are equal
