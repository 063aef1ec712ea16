"""Lessons: what a failed trial teaches, in a sentence that names the step which went wrong.

A lesson that says the same as an earlier one is written once more, then dropped. One that was
shown to a trial that passed has proved itself: if it is not about this goal alone, it goes into
the agent's memory with the run and the step it comes from, and is shown to other goals.
"""

import asyncio
import functools
import re
from functools import partial
from typing import Literal

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from pydantic import BaseModel, Field

from cogitate.errors import ModelError
from cogitate.llm.decide import decide
from cogitate.llm.embed import Embedder, load_embeddings
from cogitate.planners.base import Notes, Turn
from cogitate.planners.loops.reflexion.trials import Trial
from cogitate.runs.context import current
from cogitate.runs.events import Noted

LESSON_PROMPT = """\
A try at a task failed. Write one lesson of at most two sentences: name the number of the step \
that went wrong, and say what to do instead next time. Speak about actions. It applies to \
this_task, to this_tool, or is general."""
FAILED_PROMPT = """\
Task: {goal}
Steps:
{steps}
What was wrong: {why}"""
OTHER_PROMPT = "That lesson is known already. Write another one, about another thing to change."
EXAMPLE = [
    HumanMessage(
        FAILED_PROMPT.format(
            goal="Write a function last_word(text) that returns the last word of a text.",
            steps="1. answered: def last_word(text): return text.split(' ')[-1]",
            why="this test fails: assert last_word('no more ') == 'more' (AssertionError)",
        )
    ),
    AIMessage(
        '{"failed_step":1,"lesson":"Step 1 split at single spaces, so a space at the end gives an '
        'empty word. Split without an argument instead.","applies_to":"general"}'
    ),
]
SAME = 0.9
"""Cosine from which two lessons say the same."""
AROUND = 2
"""Steps shown on each side of the one that failed."""
KNOWN = "Lesson ({applies_to}; run {run}, step {step}): {lesson}"
_KNOWN = re.compile(r"^Lesson \((?:general|this_tool); run [^,]*, step \d+\): (.+)$", re.DOTALL)
RECALLED = 2
LONGEST = 300
FALLBACK = "Step {step} went wrong: {why} Do it another way."


class Lesson(BaseModel):
    """What a failed trial teaches."""

    failed_step: int = Field(ge=1, le=99)
    lesson: str = Field(max_length=LONGEST)
    applies_to: Literal["this_task", "this_tool", "general"]


async def lesson_from(turn: Turn, trial: Trial, earlier: list[Lesson]) -> Lesson:
    """Return the lesson of a trial; one that repeats an earlier one is asked for once more."""
    steps = list(trial.steps)
    shown = "\n".join(f"{n}. {step}" for n, step in enumerate(steps, 1))
    if len(steps) > 2 * AROUND + 1:
        shown = "\n".join(f"{n}. {s}" for n, s in list(enumerate(steps, 1))[-2 * AROUND - 1 :])
    asked = FAILED_PROMPT.format(goal=turn.task.goal, steps=shown, why=trial.why)
    messages: list[BaseMessage] = [SystemMessage(LESSON_PROMPT), *EXAMPLE, HumanMessage(asked)]
    found = await _asked(turn, messages, trial)
    if not await _repeats(found, earlier):
        return found
    current().emit(Noted(text=f"reflexion: a lesson repeats an earlier one: {found.lesson!r}"))
    again = [*messages, AIMessage(found.model_dump_json()), HumanMessage(OTHER_PROMPT)]
    found = await _asked(turn, again, trial)
    return _fallback(trial) if await _repeats(found, earlier) else found


async def _asked(turn: Turn, messages: list[BaseMessage], trial: Trial) -> Lesson:
    try:
        found = await decide(turn.critic, messages, Lesson, purpose="lesson")
    except ModelError as error:
        current().emit(Noted(text=f"reflexion: no valid lesson ({error})"))
        return _fallback(trial)
    step = min(found.failed_step, len(trial.steps))
    text = " ".join(found.lesson.split())
    if not re.search(r"\b[Ss]tep \d|第\s*\d+\s*步|步骤\s*\d", text):
        text = f"Step {step}: {text}"[:LONGEST]
    return found.model_copy(update={"failed_step": step, "lesson": text})


def _fallback(trial: Trial) -> Lesson:
    """Return what code can say of a failure."""
    step = max(len(trial.steps), 1)
    text = FALLBACK.format(step=step, why=trial.why.rstrip(".") + ".")[:LONGEST]
    return Lesson(failed_step=step, lesson=text, applies_to="this_task")


@functools.cache
def _embedder() -> Embedder:
    return load_embeddings()


async def _repeats(lesson: Lesson, earlier: list[Lesson]) -> bool:
    """Return whether an earlier lesson says the same."""
    if not earlier:
        return False
    texts = [_bare(one.lesson) for one in (lesson, *earlier)]

    def work() -> bool:
        rows = _embedder().embed_documents(texts)
        return bool((rows[1:] @ rows[0]).max() > SAME)

    return bool(await current().outcome("repeats", texts, lambda: asyncio.to_thread(work)))


def _bare(text: str) -> str:
    return re.sub(r"^Step \d+:? ", "", text)


def told_of(trial: Trial) -> str:
    """Return the last trial in words, for the next one."""
    return f"The last try was: {trial.answer.strip()[:600]}\nIt failed: {trial.why}"


async def known_lessons(turn: Turn) -> list[str]:
    """Return the lessons of other goals that memory has for this one."""
    if turn.memory is None:
        return []
    memory, goal = turn.memory, turn.task.goal

    async def recalled() -> list[str]:
        return [str(record.text) for record in await memory.recall(goal, 10)]

    found = await current().outcome("lessons", goal, recalled)
    matches = [_KNOWN.match(text) for text in found]
    return [match[1] for match in matches if match][:RECALLED]


async def _remember(memory: Notes, note: str) -> None:
    await memory.remember(note)


async def promoted(turn: Turn, lessons: list[Lesson]) -> None:
    """Keep in memory what the passing trial was shown, unless it is about this goal alone."""
    for lesson in lessons[-3:]:
        if turn.memory is None or lesson.applies_to == "this_task":
            continue
        note = KNOWN.format(
            applies_to=lesson.applies_to,
            run=current().run_id,
            step=lesson.failed_step,
            lesson=lesson.lesson,
        )
        await current().outcome("lesson kept", note, partial(_remember, turn.memory, note))
        current().emit(Noted(text=f"reflexion: kept {note!r}"))
