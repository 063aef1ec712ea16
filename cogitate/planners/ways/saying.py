"""How a result becomes a sentence: the model words it, code checks it, or the result stands."""

import re
import uuid
from collections.abc import Sequence

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from cogitate.llm.decide import complete
from cogitate.planners.base import Turn
from cogitate.planners.grounding import missing_support, missing_values, numbers_in

SAY_PROMPT = """\
You put a result into one short sentence that answers the question. Copy the values of the result \
exactly, compute nothing, and write in the language that is named."""


def _asked(goal: str, text: str, language: str) -> HumanMessage:
    return HumanMessage(f"Question: {goal}\nResult: {text}\nLanguage: {language}")


SAY_EXAMPLE = [
    _asked("How fast does the car drive?", "16.7", "English"),
    AIMessage("The car drives at 16.7."),
    HumanMessage(
        "Question: 哪个城市的员工最多？\nResult: city: 里昂, people: 12\nLanguage: Chinese"
    ),
    AIMessage("员工最多的城市是里昂，共有12人。"),
    HumanMessage(
        "Question: Who looks after the money?\nResult: - Ben keeps the budget.\nLanguage: English"
    ),
    AIMessage("Ben keeps the budget."),
]

FEW = 3
"""Up to so many numbers of a result must all be in the sentence."""


_ASIDE = re.compile(r"[（(][^（）()]*[)）]|“[^”]*”|\"[^\"]*\"|「[^」]*」")
"""What is put in brackets or quoted: a word of another language, not the text's own."""


def is_chinese(text: str) -> bool:
    """Return whether a text is written in Chinese, even with some Latin names in it."""
    own = _ASIDE.sub(" ", text)
    shown = own if any(char.isalpha() for char in own) else text
    return sum("一" <= char <= "鿿" for char in shown) >= 2


def own_language(goal: str, else_: str = "the question's") -> str:
    """Return the name of a goal's language where code can tell it, `else_` where not."""
    if is_chinese(goal):
        return "Chinese"
    return "English" if _ASIDE.sub(" ", goal).isascii() else else_


def call(name: str, **args: object) -> AIMessage:
    """Return the message that calls the tool `name`."""
    call_id = f"{name}-{uuid.uuid4().hex[:8]}"
    return AIMessage("", tool_calls=[{"name": name, "args": args, "id": call_id}])


async def say(
    turn: Turn, text: str, *, values: bool = True, names: Sequence[str] = ()
) -> AIMessage:
    """Return an answer in one sentence that rests on `text`, a tool's result.

    The sentence may hold nothing that is neither in the result nor in the goal; else the result
    itself is the answer.

    Args:
        turn: the turn, with its goal and its results.
        text: the result.
        values: whether the sentence must give the result's numbers as well.
        names: what the sentence must hold word for word.
    """
    goal, text = turn.task.goal, text.strip()
    sentence = await complete(
        turn.model,
        [
            SystemMessage(SAY_PROMPT),
            *SAY_EXAMPLE,
            _asked(goal, text[:1500], own_language(goal)),
        ],
        purpose="say",
        stop=["\n", "```"],
        max_tokens=120,
    )
    sentence = " ".join(sentence.split())
    if not sentence or missing_support(turn.task, turn.messages, sentence):
        return AIMessage(text)
    if any(name.lower() not in sentence.lower() for name in names):
        return AIMessage(text)
    if not values:
        return AIMessage(sentence)
    lost = missing_values(text, sentence)
    few = len(numbers_in(text)) <= FEW
    return AIMessage(text if lost and (few or len(lost) == len(numbers_in(text))) else sentence)
