"""art: the way that writes a program of steps and pauses where a tool has to run.

Following ART (Paranjape et al. 2023). Demonstrations of similar tasks come from a library that a
person can add to and mend. Results of tools are written by the run alone: the text is built anew
each turn from what tools really gave.
"""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from cogitate.llm.decide import complete
from cogitate.llm.llama import ChatLlama
from cogitate.planners.base import Turn, go_on, no_evidence
from cogitate.planners.gates import yes_or_no
from cogitate.planners.loops.art.library import Demo, TaskLibrary
from cogitate.planners.loops.art.program import (
    ARROW,
    MOST_STEPS,
    THINK,
    ProgramStep,
    parse,
    step_grammar,
    without_result,
    written,
)
from cogitate.planners.loops.marks import calling, listed, marks_of, shortened
from cogitate.runs.context import current

ART_PROMPT = """\
Solve the task by small steps. Each line: number. [operation] what to do. A result follows each \
step. Operations with tools: {marks}. Operation think: you write the result in one line. At the \
end write ANSWER: and the answer, in the language of the task."""

STEP_TOKENS, RESULT_TOKENS = 120, 60
TRIES = 2
"""How often a line is asked for that is no step."""
FILE = "program.txt"


SIMILAR_PROMPT = "Would a worked example of task A help with task B? Answer yes or no."
SIMILAR_EXAMPLE = [
    HumanMessage("Task B: How heavy are 7 bags of 12 kg?\nTask A: Multiply and add quantities."),
    AIMessage("yes"),
    HumanMessage("Task B: How heavy are 7 bags of 12 kg?\nTask A: Put a text in another language."),
    AIMessage("no"),
    HumanMessage("Task B: 把“早安”翻译成英文。\nTask A: Put a text in another language."),
    AIMessage("yes"),
]


@dataclass(frozen=True, kw_only=True)
class Art:
    """The way, with its setting."""

    rerank: bool = False
    """Whether the model says of each of the nearest tasks if its examples would help."""

    async def __call__(self, turn: Turn) -> AIMessage:
        """Write steps up to the next call of a tool, or to the answer."""
        helps = turn.thoughts[0].get("helps") if turn.thoughts else None
        if self.rerank and not turn.thoughts:
            helps = await _helps(turn)
        opening = {} if turn.thoughts or helps is None else {"helps": helps}
        return await _written_on(turn, await _demos(turn, helps), opening)


art = Art()


async def _written_on(turn: Turn, given: list[Demo], opening: dict[str, Any]) -> AIMessage:
    """Return the next call of a tool or the answer; `opening` is kept with the first call."""
    marks = marks_of(turn.tools)
    operations = [*marks, THINK]
    demos = [d for d in given if {s.operation for s in parse(d.program)[0]} <= set(operations)]
    steps = _done(turn)
    head = _head(turn, demos, listed(marks, turn.tools) or "none")
    fresh: list[dict[str, Any]] = []
    while True:
        line = await _line(turn, head, steps, operations)
        if line is None:
            return no_evidence("no step could be read")
        if isinstance(line, str):
            return _close(steps, line)
        if line.operation in marks and not (turn.last or turn.closing):
            move = calling(line.operation, line.text, marks)
            kept = [*fresh, _kept(line)]
            return go_on(move, partial=_last_result(steps), steps=kept, **opening)
        result = await _think(turn, head, [*steps, line])
        steps.append(ProgramStep(operation=line.operation, text=line.text, result=result))
        fresh.append(_kept(steps[-1]))


def _kept(step: ProgramStep) -> dict[str, Any]:
    return {"operation": step.operation, "text": step.text, "result": step.result}


def _done(turn: Turn) -> list[ProgramStep]:
    """Return the steps so far: the last of each turn has the result that its tool gave."""
    steps: list[ProgramStep] = []
    for thought, result in zip(turn.thoughts, turn.results, strict=False):
        steps += [ProgramStep(**kept) for kept in thought["steps"]]
        shown = shortened(result.text)
        given = shown if result.status != "error" else f"ERROR: {shown}"
        steps[-1] = ProgramStep(operation=steps[-1].operation, text=steps[-1].text, result=given)
    return steps


def _last_result(steps: Sequence[ProgramStep]) -> str:
    return next((s.result for s in reversed(steps) if s.result), "")


async def _helps(turn: Turn) -> dict[str, float]:
    """Return how likely the model holds it that each of the nearest tasks helps, by id."""
    goal = turn.task.goal

    def look() -> list[list[str]]:
        return [[record.id, record.description] for record in TaskLibrary.load().nearest(goal)]

    found = await current().outcome("tasks", goal, partial(asyncio.to_thread, look))
    helps: dict[str, float] = {}
    for name, description in found:
        asked = f"Task B: {goal}\nTask A: {description}"
        odds = await yes_or_no(turn.planner, SIMILAR_PROMPT, SIMILAR_EXAMPLE, asked, "similar?")
        helps[name] = round(1 / (1 + math.exp(-odds)), 6)
    return helps


async def _demos(turn: Turn, helps: dict[str, float] | None) -> list[Demo]:
    """Return the demonstrations for a goal: the same at each turn, or the prompt is read again."""
    goal = turn.task.goal

    def look() -> list[dict[str, str]]:
        chosen = TaskLibrary.load().select(goal, helps=helps)
        return [asdict(demo) for record in chosen for demo in record.demos]

    found = await current().outcome("examples", goal, partial(asyncio.to_thread, look))
    return [Demo(**one) for one in found]


def _head(turn: Turn, demos: Sequence[Demo], marks: str) -> list[BaseMessage]:
    shown: list[BaseMessage] = [SystemMessage(ART_PROMPT.format(marks=marks))]
    for demo in demos:
        shown += [HumanMessage(demo.input), AIMessage(f"{demo.program}")]
    known = "\n".join(turn.task.notes)
    goal = f"Known:\n{known}\n\n{turn.task.goal}" if known else turn.task.goal
    return [*shown, HumanMessage(goal)]


async def _line(
    turn: Turn, head: list[BaseMessage], steps: Sequence[ProgramStep], operations: Sequence[str]
) -> ProgramStep | str | None:
    """Return the next step, the answer, or None when neither could be read."""
    number, before = len(steps) + 1, written(steps)
    options: dict[str, Any] = {"max_tokens": STEP_TOKENS}
    if isinstance(turn.model, ChatLlama):
        options["grammar"] = step_grammar(number, operations)
    for heat in range(TRIES):
        text = await complete(
            turn.model,
            head,
            purpose="step",
            opening=before,
            stop=["\n"],
            temperature=0.5 * heat,
            **options,
        )
        try:
            found, answer = parse(before + text.strip().split("\n")[0])
        except ValueError:
            continue
        if answer:
            return answer
        if len(found) == number and found[-1].operation in operations and number <= MOST_STEPS:
            return without_result(found[-1])
    return None


async def _think(turn: Turn, head: list[BaseMessage], steps: Sequence[ProgramStep]) -> str:
    """Return the result of a step that needs no tool, in the model's own words."""
    text = await complete(
        turn.model,
        head,
        purpose="result",
        opening=written(steps),
        stop=["\n"],
        max_tokens=RESULT_TOKENS,
    )
    return shortened(text.removeprefix(ARROW).strip().split("\n")[0]) or "nothing"


def _close(steps: Sequence[ProgramStep], answer: str) -> AIMessage:
    """Return the answer, and leave the program where a person can read and mend it."""
    context = current()
    path = context.workspace / FILE
    path.write_text(written(steps, answer) + "\n", encoding="utf-8", errors="replace")
    context.artefacts.append(str(path))
    return AIMessage(answer.partition(" # ")[0])  # a coder's remark is no answer
