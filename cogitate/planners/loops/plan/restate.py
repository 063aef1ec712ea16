"""A step that can be understood alone: its question with what earlier steps found put in.

Also: whether a step needs an earlier one at all, which code cannot always see.
"""

import re
from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from cogitate.llm.decide import complete
from cogitate.planners.gates import yes_or_no
from cogitate.planners.grounding import (
    missing_values,
    numbers_in,
    unsupported_names,
    unsupported_numbers,
)
from cogitate.planners.loops.pipeline.reading import plain
from cogitate.planners.ways.saying import is_chinese

RESTATE_PROMPT = """\
Write the next question so that it can be understood alone: put the value that it speaks of into \
it. Keep all else. Do not answer it. Keep its language."""
RESTATE_EXAMPLE = [
    HumanMessage(
        "Q: In which city do most of the staff live?\nA: Most live in Rome, 12 people.\n"
        "Next question: How old are they on average there?"
    ),
    AIMessage("How old are the staff in Rome on average?"),
    HumanMessage("Q: 一箱有多少瓶？\nA: 一箱有24瓶。（库存.txt，第3行）\nNext question: 再乘以3。"),
    AIMessage("24乘以3是多少？"),
    HumanMessage(
        "Q: What does a metre of the cloth cost?\nA: It costs 8 euros a metre.\n"
        "Next question: how much is that for 30 metres"
    ),
    AIMessage("At 8 euros a metre, how much do 30 metres cost?"),
    HumanMessage(
        "Q: What does the desk cost?\nA: The desk costs 310.50 euros.\n"
        "Next question: what is that in francs"
    ),
    AIMessage("What is 310.50 euros in francs?"),
    HumanMessage(
        "Q: 合同什么时候到期？\nA: 合同于2027年3月9日到期。\n"
        "Next question: 从今年1月1日到那天有多少天？"
    ),
    AIMessage("从今年1月1日到2027年3月9日有多少天？"),
]

NEEDS_PROMPT = (
    "Does one need the answer to the first question to answer the second one? Answer yes or no."
)
NEEDS_EXAMPLE = [
    HumanMessage("First: Where was Ben born?\nSecond: How many people live in that town?"),
    AIMessage("yes"),
    HumanMessage("First: Who keeps the budget?\nSecond: What is 12 times 31?"),
    AIMessage("no"),
    HumanMessage("First: 一箱有多少瓶？\nSecond: 如果买三箱，一共多少瓶？"),
    AIMessage("yes"),
    HumanMessage("First: 会议几点开始？\nSecond: 谁负责订票？"),
    AIMessage("no"),
]
NEEDED = 0.0
"""Log-odds from which the second question is taken to need the first one."""
LONGEST, MOST_SAID = 300, 1200
_ASKS = re.compile(
    r"\b(?:how (?:much|many|long|old|far|often)|who|when|where)\b|多少|几|谁|哪|difference|相差",
    re.IGNORECASE,
)
"""What a restated question must still ask for."""


async def needed(model: BaseChatModel, first: str, second: str) -> bool:
    """Return whether the answer to `first` is needed for `second`."""
    question = f"First: {first}\nSecond: {second}"
    odds = await yes_or_no(model, NEEDS_PROMPT, NEEDS_EXAMPLE, question, "needs?")
    return odds >= NEEDED


def known_lines(known: Sequence[tuple[str, str]]) -> str:
    """Return questions with their answers, two lines each."""
    return "\n".join(f"Q: {asked}\nA: {' '.join(said.split())[:LONGEST]}" for asked, said in known)


async def restated(
    model: BaseChatModel, part: str, known: Sequence[tuple[str, str]], sources: Sequence[str]
) -> str:
    """Return `part` with the values that it speaks of, so that it can be understood alone.

    The model's words are taken where they hold: every number and name comes from the sources or
    from what is known, the one figure that is known is in them, or one of several where the part
    has figures to reckon with, they ask for the same and keep the numbers of the part. Else what
    is known is said before the part as it is.

    Args:
        model: who writes.
        part: the question as the person put it.
        known: earlier questions with their answers.
        sources: the goal and what else a value may come from.
    """
    question = f"{known_lines(known)}\nNext question: {part}"
    shown = [SystemMessage(RESTATE_PROMPT), *RESTATE_EXAMPLE, HumanMessage(question)]
    text = await complete(model, shown, purpose="restate", stop=["\n"], max_tokens=120)
    said = [plain(answer) for _, answer in known]
    text = " ".join(text.split())
    return (
        text
        if _holds(text, part, said, sources)
        else " ".join([*map(_sentence, said), part])[:MOST_SAID]
    )


def _sentence(text: str) -> str:
    """Return a text with a stop at its end."""
    stop = "。" if is_chinese(text) else "."
    return text if text.endswith((".", "。", "!", "?", "！", "？")) else f"{text}{stop}"


def _holds(text: str, part: str, said: Sequence[str], sources: Sequence[str]) -> bool:
    """Return whether a restated question asks for the same, with values from somewhere."""
    held = [*sources, *said, part]
    asked = {word.lower() for word in _ASKS.findall(part)}
    if not text or len(text) > LONGEST or missing_values(part, text):
        return False
    if is_chinese(text) != is_chinese(part) or not asked <= set(_ASKS.findall(text.lower())):
        return False
    if unsupported_numbers(text, held, small=-1) or unsupported_names(text, held):
        return False
    # The one figure that was found is what the next step is about; of several it needs one where
    # it has figures of its own to reckon with.
    figures = {n.value for answer in said[-1:] for n in numbers_in(answer)}
    needed = len(figures) == 1 or (figures and numbers_in(part))
    return not needed or bool(figures & {n.value for n in numbers_in(text)})
