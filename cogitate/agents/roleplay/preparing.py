"""Before the first turn: the concrete task, the plan, and what each role is told."""

from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from pydantic import BaseModel, Field

from cogitate.agents.roleplay.asking import Models
from cogitate.agents.roleplay.prompts import (
    ASSISTANT_PROMPT,
    PLAN_PROMPT,
    SPECIFY_PROMPT,
    USER_PROMPT,
)
from cogitate.agents.roleplay.session import language_of, note
from cogitate.memory.base import Memory
from cogitate.planners.grounding import missing_values, numbers_in, unsupported_numbers
from cogitate.runs.context import current
from cogitate.tools.survey import describe_tables, survey
from cogitate.words import CJK_CHARACTER

if TYPE_CHECKING:
    from cogitate.agents.roleplay.play import RolePlay

TASK_TOKENS = 160
MOST_NOTES = 5
CONCRETE = 2
"""Numbers of an idea that is concrete already: made concrete again it got conditions of its own."""
CHARACTERS_A_WORD = 1.7
"""Chinese characters that count as one word of a limit."""

PLAN_EXAMPLE = [
    HumanMessage("Task: Find the mean price of lamps 10 to 20 in stock.csv."),
    AIMessage('{"steps": ["Find the mean price of lamps 10 to 20 in stock.csv."]}'),
    HumanMessage("Task: Count the broken lamps in stock.csv and write a line about it."),
    AIMessage(
        '{"steps": ["Count the broken lamps in stock.csv.", "Write a line about the number."]}'
    ),
    HumanMessage("Task: 列出2024年三月的所有星期一，并写一份简短的值班通知。"),
    AIMessage('{"steps": ["列出2024年三月的所有星期一。", "写一份简短的值班通知。"]}'),
    HumanMessage("Task: Write a limerick about a cat."),
    AIMessage('{"steps": ["Write a limerick about a cat."]}'),
]


class SpecifiedTask(BaseModel):
    """A concrete task."""

    task: str = Field(min_length=1, max_length=400)


class Steps(BaseModel):
    """The steps of a task."""

    steps: list[str] = Field(min_length=1, max_length=4)


async def specified(play: "RolePlay", models: Models) -> str:
    """Return the idea as one concrete task; the idea itself where the model lost its facts."""
    idea = play.task.strip()
    if not play.specify or len(numbers_in(idea)) >= CONCRETE:
        return idea
    head = SPECIFY_PROMPT.format(
        assistant=play.assistant_role.name,
        user=play.user_role.name,
        limit=play.words,
        language=language_of(idea),
    )
    found = await models.decide(
        "task",
        [SystemMessage(head), HumanMessage(f"Idea: {idea}")],
        SpecifiedTask,
        purpose="specify",
        fallback=SpecifiedTask(task=idea),
        max_tokens=TASK_TOKENS + 3 * play.words,
    )
    task = " ".join(found.task.split())
    lost = [*missing_values(idea, task), *unsupported_numbers(task, [idea])]
    if lost or count_words(task) > play.words:
        note(f"the specified task was turned down ({lost or 'too long'}); the idea stands: {task}")
        return idea
    return task


def count_words(text: str) -> int:
    """Return about how many words a text has; Chinese characters make up words by the pair."""
    wide = len(CJK_CHARACTER.findall(text))
    return round(wide / CHARACTERS_A_WORD) + len(CJK_CHARACTER.sub(" ", text).split())


async def planned(play: "RolePlay", models: Models, task: str) -> tuple[str, ...]:
    """Return the steps that the task is made of; none without a planner."""
    if not play.planner:
        return ()
    head = PLAN_PROMPT.format(assistant=play.assistant_role.name, language=language_of(task))
    found = await models.decide(
        "task",
        [SystemMessage(head), *PLAN_EXAMPLE, HumanMessage(f"Task: {task}")],
        Steps,
        purpose="plan",
        fallback=Steps(steps=[task]),
        max_tokens=400,
    )
    steps = [" ".join(step.split())[:200] for step in found.steps if step.strip()]
    sound = [s for s in dict.fromkeys(steps) if not unsupported_numbers(s, [task, play.task])]
    return tuple(sound) or (task,)


async def heads(play: "RolePlay", task: str, plan: tuple[str, ...]) -> dict[str, str]:
    """Return what each role is told first; it never changes in a session."""
    materials = await current().outcome("files", {"goal": play.task}, lambda: _materials(play.task))
    if play.task.strip() != task:
        materials = f"The idea behind it: {play.task.strip()}\n{materials}"
    if plan:
        lines = "\n".join(f"{n}. {step}" for n, step in enumerate(plan, start=1))
        materials = f"Steps:\n{lines}\n{materials}"
    names = {"user": play.user_role.name, "assistant": play.assistant_role.name, "task": task}
    about = {"user": play.user_role.about, "assistant": play.assistant_role.about}
    found = {}
    for seat, prompt, memory in (
        ("user", USER_PROMPT, play.user_memory),
        ("assistant", ASSISTANT_PROMPT, play.assistant_memory),
    ):
        known = await _notes(memory, seat, play.task)
        lead = f"{about[seat]} " if about[seat] else ""
        found[seat] = prompt.format(**names, about=lead, materials=materials + known)
    return found


def _materials(goal: str) -> str:
    """Return the files of the person's folder, with the columns of tables."""
    folder = current().folder
    if folder is None:
        return ""
    seen = survey(Path(folder), goal)
    tables = {table["file"]: table for table in seen["tables"]}
    lines = []
    for file in seen["files"][:12]:
        lines.append(f"File {file['path']}")
        if file["path"] in tables:
            columns = describe_tables([tables[file["path"]]])
            lines[-1] += f", a table of {tables[file['path']]['rows']} rows: {columns}"
    return "".join(f"{line}\n" for line in lines)


async def _notes(memory: Memory | None, seat: str, goal: str) -> str:
    if memory is None:
        return ""

    async def recall() -> list[str]:
        return [hit.text for hit in await memory.recall(goal, MOST_NOTES)]

    notes = await current().outcome("recall", {"seat": seat, "query": goal}, recall)
    return "".join(f"You remember: {' '.join(note.split())[:300]}\n" for note in notes)
