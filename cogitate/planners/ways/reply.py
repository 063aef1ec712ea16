"""reply: words alone, for goals that need no fact looked up; noted: for what is only told."""

import re

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from cogitate.llm.decide import complete
from cogitate.planners.base import Turn, no_evidence
from cogitate.planners.ways.saying import is_chinese
from cogitate.planners.ways.translation import phrase_of, translated

REPLY_PROMPT = """\
You are a helpful assistant. Answer briefly, in the language of the person. What you do not know, \
you say that you do not know."""


_IGNORANT = re.compile(
    r"\b(do not|don't|cannot|can't) (know|access|find|provide|determine)|不知道|不清楚|"
    r"无法(提供|确定|得知|访问|回答)",
    re.IGNORECASE,
)


async def noted(turn: Turn) -> AIMessage:
    """Say that it was heard; what is kept of it, the run's end says."""
    return AIMessage("好的。" if is_chinese(turn.task.goal) else "Understood.")


async def reply(turn: Turn) -> AIMessage:
    """Answer from what was said; a phrase that is to be said in another language is translated."""
    if phrase := phrase_of(turn.task.goal):
        return AIMessage(await translated(turn, *phrase))
    said = [HumanMessage("Known:\n" + "\n".join(turn.task.notes))] if turn.task.notes else []
    shown = [SystemMessage(REPLY_PROMPT), *said, HumanMessage(turn.task.goal)]
    text = await complete(turn.model, shown, purpose="reply", max_tokens=400)
    if _IGNORANT.search(text):
        return no_evidence(f"the model does not know: {' '.join(text.split())[:120]}")
    return AIMessage(text.strip())
