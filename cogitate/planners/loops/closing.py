"""How a loop that gathered results ends: the answer put together from them, or a typed stop.

What a model words is checked against the results by code; where it says more than they hold, or
less, the results themselves are the answer. What it does not know: when a loop should end.
"""

import re
from collections.abc import Sequence

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from cogitate.llm.decide import complete
from cogitate.planners.base import Turn
from cogitate.planners.grounding import missing_support, missing_values, numbers_in
from cogitate.planners.ways.saying import is_chinese
from cogitate.values import StopReason

PUT_TOGETHER_PROMPT = """\
You put findings together into the answer to an objective. Use the findings only and copy their \
values and names exactly. Answer every part of the objective that they answer, in at most five \
sentences, in the language that is named."""


def _asked(objective: str, findings: Sequence[str], language: str) -> HumanMessage:
    listed = "\n".join(f"- {finding}" for finding in findings)
    return HumanMessage(f"Objective: {objective}\nFindings:\n{listed}\nLanguage: {language}")


PUT_TOGETHER_EXAMPLE = [
    _asked(
        "Find the city with the most customers and who looks after it.",
        ["Lyon has the most customers, 12.", "Ana Reis looks after Lyon."],
        "English",
    ),
    AIMessage("Lyon has the most customers, 12, and Ana Reis looks after it."),
    _asked("查出会议室在几楼，可以坐多少人。", ["会议室在三楼。", "能坐18人。"], "Chinese"),
    AIMessage("会议室在三楼，可以坐18人。"),
]

SHOWN = 400
"""Characters of a finding that are shown."""
FEW = 3
"""Up to so many numbers of a finding must all be in the answer."""
_PLACE = re.compile(r"[（(\[][^（）()\[\]]*(?:line|行|\.\w{2,4}\b)[^（）()\[\]]*[)）\]]|\[\d+\]")


async def put_together(turn: Turn, findings: Sequence[str]) -> str:
    """Return the answer to the turn's goal that rests on `findings`, texts that tools gave.

    Args:
        turn: the turn, with its goal and its results.
        findings: what was found out, in order, at least one.
    """
    kept = list(dict.fromkeys(" ".join(finding.split()) for finding in findings))
    if len(kept) == 1:
        return findings[0].strip()
    goal = turn.task.goal
    language = "Chinese" if is_chinese(goal) else "English"
    shown = [finding[:SHOWN] for finding in kept]
    head = [SystemMessage(PUT_TOGETHER_PROMPT), *PUT_TOGETHER_EXAMPLE]
    said = await complete(
        turn.model,
        [*head, _asked(goal, shown, language)],
        purpose="put together",
        stop=["```"],
        max_tokens=300,
    )
    if said and not missing_support(turn.task, turn.messages, said) and not _lost(kept, said):
        return said
    return "\n".join(f"- {finding}" for finding in kept)


def _lost(findings: Sequence[str], said: str) -> list[str]:
    """Return the numbers of short findings that an answer does not give."""
    lost = []
    for finding in findings:
        bare = _PLACE.sub("", finding)
        if len(numbers_in(bare)) <= FEW:
            lost += missing_values(bare, said)
    return lost


def stop_with(text: str, reason: StopReason, why: str) -> AIMessage:
    """Return the message by which a way ends the run with a typed stop and what it has so far."""
    said = f"Not finished: {why}." + (f" What was found out:\n{text}" if text else "")
    return AIMessage(said, additional_kwargs={"stop": reason, "why": why})
