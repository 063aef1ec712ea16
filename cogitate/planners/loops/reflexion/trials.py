"""One trial of a goal: what was done, how good it is, and why."""

import re
from dataclasses import asdict, dataclass
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from cogitate.llm.decide import complete, complete_each
from cogitate.llm.llama import ChatLlama
from cogitate.planners.base import Turn
from cogitate.planners.critics.verifiers import KIND_EXAMPLE, KIND_PROMPT, STRANGE
from cogitate.planners.gates import yes_or_no

WRITE_PROMPT = """\
Write the Python function that is asked for, with its imports and any helpers, and nothing else. \
Heed the lessons of earlier tries."""
WRITE_EXAMPLE = [
    HumanMessage("Write a function last_word(text) that returns the last word of a text."),
    AIMessage(
        "```python\ndef last_word(text):\n    words = text.split()\n"
        '    return words[-1] if words else ""\n```'
    ),
]
LESSONS_PROMPT = "{goal}\n\nLessons of earlier tries:\n{lessons}"
FENCE = "```python\n"
CODE_TOKENS = 400
HEATS = (0.2, 0.5, 0.5, 0.8)
"""Temperatures of the functions of a later trial: a retry must differ."""
LONGEST_STEP = 300


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A trial that has ended."""

    number: int
    answer: str
    score: float
    """Share of the tests that passed, or 1 for an answer without objection."""
    why: str
    """What was wrong with it, in words; empty for nothing."""
    refuted: bool = False
    """Whether it is certain that it is wrong: an example of the goal fails."""
    steps: tuple[str, ...] | list[str] = ()
    """What was done, in order: what a lesson cites by number, from 1."""

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.why

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, from which it can be made again."""
        return asdict(self)


async def write_code(turn: Turn, notes: list[str], number: int) -> list[str]:
    """Return a function for the goal, as the model writes it with the lessons in view.

    The embedded model writes the first trial once, as is likeliest, and each later one four times
    side by side, warmer: tests can tell which is right.
    """
    lessons = "\n".join(f"- {note}" for note in notes)
    goal = turn.task.goal
    asked = LESSONS_PROMPT.format(goal=goal, lessons=lessons) if notes else goal
    shown: list[BaseMessage] = [SystemMessage(WRITE_PROMPT), *WRITE_EXAMPLE, HumanMessage(asked)]
    form: dict[str, Any] = {"purpose": "write", "opening": FENCE, "stop": ["```"]}
    if isinstance(turn.model, ChatLlama):
        form |= {"max_tokens": CODE_TOKENS, "seed": number}
        heats = HEATS if number > 1 else (0.0,)
        written = await complete_each(turn.model, shown, temperatures=heats, **form)
    else:
        written = [await complete(turn.model, shown, **form)]
    return list(dict.fromkeys(text.strip("\n") for text in written if text.strip()))


async def judged_answer(turn: Turn, result: ToolMessage) -> tuple[float, str]:
    """Return the score of a run's answer and what is wrong with it, by its end and its kind."""
    if result.status == "error":
        return 0.0, f"it ended without an answer: {' '.join(result.text.split())[:LONGEST_STEP]}"
    if not result.text.strip():
        return 0.0, "the answer is empty"
    if isinstance(turn.critic, ChatLlama):
        question = f"Question: {turn.task.goal}\nAnswer: {result.text[:400]}"
        odds = await yes_or_no(turn.critic, KIND_PROMPT, KIND_EXAMPLE, question, "kind?")
        if odds <= STRANGE:
            return 0.5, "the answer is not what the question asks for"
    return 1.0, ""


def steps_of(result: ToolMessage, answer: str, why: str) -> list[str]:
    """Return what a trial did, as far as its result says, the failure last."""
    tried = re.findall(r"^- (.+)$", result.text, re.MULTILINE) if result.status == "error" else []
    steps = [line[:LONGEST_STEP] for line in tried[:6]]
    if answer:
        steps.append(f"answered: {' '.join(answer.split())[:LONGEST_STEP]}")
    if why and not tried:
        steps.append(why[:LONGEST_STEP])
    return steps or ["nothing was done"]
