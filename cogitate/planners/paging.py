"""What a prompt shows of older results when the context fills: a pointer in place of each.

A pointer names the result, so that the tool `recall` can read it back. Results are replaced
some at once and stay replaced, so that what the model has read is not read again each turn.
What this module does not know: tokenizers. It counts characters on the safe side.
"""

from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, ToolMessage

from cogitate.llm.llama import ChatLlama
from cogitate.words import CJK_CHARACTER

FULL = 0.6
"""Share of the context at which older results are replaced; the rest is for the answer."""
RECENT = 2
"""The latest results, which stay as they are."""
SHORT = 400
"""Characters of a result that is not worth replacing."""
HEAD = 160
"""Characters of a result that its pointer shows."""
REMOTE_CONTEXT = 100_000
POINTER = "[{name} of {tool}, {size} characters, begins: {head} ... {way}]"
READ_BACK = "Call recall with {name} to read it."
LEFT_OUT = "Left out for room."


def context_of(model: BaseChatModel) -> int:
    """Return how many tokens a conversation with `model` may have."""
    if isinstance(model, ChatLlama):
        return model.loaded.engine.n_ctx
    return REMOTE_CONTEXT


def tokens_in(text: str) -> int:
    """Return about how many tokens a text has, rather too many than too few."""
    wide = len(CJK_CHARACTER.findall(text))
    return wide + (len(text) - wide) // 3 + 4


def paged(
    messages: Sequence[BaseMessage], context: int, *, recall: bool = True
) -> list[BaseMessage]:
    """Return the messages with older results replaced by pointers, as far as the context asks.

    The same messages with more behind them give the same beginning, until the context is full
    again.

    Args:
        messages: calls and results, the oldest first.
        context: tokens that the model can hold.
        recall: whether the tool `recall` is there to read a result back.
    """
    shown: list[BaseMessage] = []
    for message in messages:
        shown.append(message)
        if sum(tokens_in(str(m.content)) for m in shown) > FULL * context:
            results = [i for i, m in enumerate(shown) if isinstance(m, ToolMessage)]
            for index in results[:-RECENT]:
                shown[index] = _pointer(shown[index], READ_BACK if recall else LEFT_OUT)
    return shown


def _pointer(message: BaseMessage, way: str) -> BaseMessage:
    name = message.additional_kwargs.get("result")
    text = message.text
    if not name or len(text) <= SHORT or not isinstance(message, ToolMessage):
        return message
    head = " ".join(text[:HEAD].split())
    way = way.format(name=name)
    pointer = POINTER.format(name=name, tool=message.name, size=len(text), head=head, way=way)
    return message.model_copy(update={"content": pointer})
