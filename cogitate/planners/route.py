"""route: the planner for small models: choose a way of working, fall through to the next.

The choice is one forward pass of the model over the ways that exist, added to what code found
in the goal, the folder and the tools (`evidence`). A way that brings no evidence costs seconds:
the next likeliest one follows, and when none is left the run ends with `no_evidence`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.tools import BaseTool

from cogitate.llm.decide import choose
from cogitate.planners.evidence import (
    asks_count,
    asks_list,
    asks_measurement,
    asks_place,
    asks_reckoning,
    asks_summary,
    asks_translation,
    bonuses,
    is_talk,
    table_match,
    weight_of,
)
from cogitate.planners.gates import compute_gate, holds, tables_gate
from cogitate.planners.grounding import numbers_in
from cogitate.planners.loops.plan.split import Part, parts_of, refers_back
from cogitate.planners.loops.reflexion.selftests import asks_for_code
from cogitate.planners.named import NEEDS
from cogitate.planners.tool_gates import tool_lines, tools_gate, tools_weight
from cogitate.planners.ways.react import own_tools
from cogitate.planners.ways.tables import table_list
from cogitate.planners.ways.texts import texts_named, wanted
from cogitate.runs.context import task_of
from cogitate.values import Step, Survey, Task
from cogitate.words import content_words

ROUTE_PROMPT = """\
Choose how a question is to be worked on. Answer with one word:
compute - the question itself gives all numbers or dates; a program works it out
tables - the answer is in rows of the tables that are listed
read - the answer is in sentences of the text files that are listed
web - it needs news or facts from the internet
tools - one of the special tools that are listed does it
reply - talk, translation, writing or explaining"""

EXAMPLE = [
    HumanMessage("Tables: orders(id, customer, price)\nTexts: minutes.md\nQ: 125 的 18% 是多少？"),
    AIMessage("compute"),
    HumanMessage(
        "Tables: orders(id, customer, price)\nTexts: minutes.md\nQ: Which customer spent the most?"
    ),
    AIMessage("tables"),
    HumanMessage(
        "Tables: orders(id, customer, price)\nTexts: minutes.md, 计划.txt\nQ: 谁负责新的网站？"
    ),
    AIMessage("read"),
    HumanMessage(
        "Tools: light_on(room): Switch on the lamp of a room.\nQ: Turn on the light in the kitchen."
    ),
    AIMessage("tools"),
    HumanMessage("Tables: orders(id, customer, price)\nQ: 把“早上好”翻译成英文。"),
    AIMessage("reply"),
    HumanMessage("Texts: minutes.md\nQ: How many days are there from 3 May to 9 July 2021?"),
    AIMessage("compute"),
]

_SEVERAL = re.compile(
    r"\b(and then|then|after that|afterwards)\b|[,;]\s*(and )?(also|convert|multiply|add|divide|"
    r"send|save|use)\b|然后|接着|之后再|，再|并且?(把|用|将|换算|计算|发送)",
    re.IGNORECASE,
)

_QUANTITY = re.compile(r"一共|总共|共|合计|多少|百分之几|几")
_NUMBERED = re.compile(r"\s*(\(?1[.)、）]|第?一[、.，]|[Ss]tep 1:)")


SHUT = {"tools": 0.0, "tables": -0.8, "compute": -1.0}
"""Gates at or below these leave a way out: a wrong way costs seconds and may mislead."""


SELF_CONTAINED = 1.5
"""Log-odds of the compute gate from which a goal that could not be computed is not looked up."""


REMEMBERED = 0.5
"""Log-odds of the best note from which a goal is answered from memory."""


DOCUMENTS = 2.0
"""Bonus of indexed documents where no folder was given: they were indexed to be asked."""
OWN_WORDS = 2
"""Content words of a part that no earlier part has, from which it is a question of its own."""
SHOWN = 3
"""Ways that a plan's reason names with what speaks for them, in log-odds."""
SECOND = 0.5
"""How far documents stand behind the files of a folder that was given."""


@dataclass(frozen=True)
class Route:
    """Choose a way of working for a task; the ways that were tried are left out."""

    model: BaseChatModel
    tools: Sequence[BaseTool] = ()

    async def __call__(self, task: Task) -> list[Step]:
        """Return the steps, or none when nothing is left to try."""
        own = own_tools(self.tools)
        ways = [way for way in open_ways(task, bool(own)) if way not in task.tried]
        # What needed evidence and found none is not answered from the model's memory.
        looked_up = task.survey is not None and not is_talk(task.goal)
        if (task.tried or looked_up) and "reply" in ways:
            ways.remove("reply")
        if not ways or (task.tried and asks_place(task.goal)):
            return []
        if asks_for_code(task.goal) and "python" in task.tools and "reflexion" not in task.tried:
            return [
                Step(way="reflexion", goal=task.goal, why="it asks for a function: tests can tell")
            ]
        if await self._is_remembered(task):
            return [Step(way="remembered", goal=task.goal, why="a note says what is asked for")]
        if await self._has_parts(task, ways):
            return [Step(way="plan", goal=task.goal, why="the goal asks for several things")]
        if meant := meant_by_words(task):
            return [Step(way=meant, goal=task.goal, why="the goal's own words ask for it")]
        scores = await self.scores(task, ways, own)
        if not scores:
            return []
        best = sorted(scores, key=lambda way: -scores[way])
        why = ", ".join(f"{way} {scores[way]:+.1f}" for way in best[:SHOWN])
        return [Step(way=best[0], goal=task.goal, why=f"what speaks for each way: {why}")]

    async def _is_remembered(self, task: Task) -> bool:
        """Return whether a note of memory says what the goal asks for."""
        if task.tried or not task.notes or "recall" not in task.tools or is_talk(task.goal):
            return False
        asked = {number.value for number in numbers_in(task.goal)}
        for note in task.notes[:3]:
            # A figure of the goal that the note lacks is there to be computed with.
            known = {number.value for number in numbers_in(note)}
            if not asked <= known or asks_reckoning(task.goal, _said(note)):
                continue
            if await holds(self.model, note, task.goal) >= REMEMBERED:
                return True
        return False

    async def scores(
        self, task: Task, ways: Sequence[str], own: Sequence[BaseTool]
    ) -> dict[str, float]:
        """Return the score of each way that may work.

        It is the model's log-probability, the code's bonus and the way's gate; a way whose gate
        is shut has no score.
        """
        if list(ways) == ["reply"] or (asks_place(task.goal) and "read" in ways):
            return {ways[0] if len(ways) == 1 else "read": 0.0}
        bonus = bonuses(task.goal, task.survey)
        shown: list[BaseMessage] = [SystemMessage(ROUTE_PROMPT), *EXAMPLE]
        shown.append(HumanMessage(question(task.goal, task.survey, own)))
        # To the model both are reading: it is not asked to tell files from documents.
        offered = list(dict.fromkeys("read" if way == "documents" else way for way in ways))
        found = await choose(self.model, shown, offered, purpose="route")
        if "documents" in ways:
            found["documents"] = found["read"]
            bonus["documents"] = DOCUMENTS if "read" not in ways else bonus["read"] - SECOND
        gates = await self._gates(task, ways, own)
        if "compute" in task.tried and await compute_gate(self.model, task.goal) >= SELF_CONTAINED:
            ways = [way for way in ways if bonus.get(way, 0.0) > 0 or way == "tools"]
        if "files" in task.tried:
            ways = [way for way in ways if way not in ("tables", "compute")]  # rows are no files
        if "tables" in task.tried and bonus["tables"] > 0:
            ways = [way for way in ways if way != "compute"]  # it could only invent the rows
        return {
            way: found[way] + bonus.get(way, 0.0) + gates.get(way, 0.0)
            for way in ways
            if gates.get(way, 0.0) > SHUT.get(way, float("-inf"))
        }

    async def _gates(
        self, task: Task, ways: Sequence[str], own: Sequence[BaseTool]
    ) -> dict[str, float]:
        """Return the log-odds of the ways that have a gate, as far as they are open."""
        gates: dict[str, float] = {}
        if "tools" in ways:
            gates["tools"] = tools_weight(await tools_gate(self.model, tool_lines(own), task.goal))
        if "tables" in ways and task.survey:
            gates["tables"] = await tables_gate(self.model, table_list(task.survey), task.goal)
        if "compute" in ways:
            odds = await compute_gate(self.model, task.goal) - 1.0
            if odds < SELF_CONTAINED and task.notes:  # a strange note alone would shut it
                known = " ".join([*map(_said, task.notes[:3]), task.goal])
                odds = max(odds, await compute_gate(self.model, known) - 1.0)
            gates["compute"] = max(odds, 0.0) if asks_measurement(task.goal) else odds
        return gates

    async def _has_parts(self, task: Task, ways: Sequence[str]) -> bool:
        """Return whether a goal asks for several things that no single way gives at once.

        A task that was handed on is a part already. What a program can compute from the goal
        alone, and a question with its own follow-up ("which one, and how much?"), are one.
        """
        parts = parts_of(task.goal)
        if len(parts) < 2 or task.tried or task_of() or len(ways) < 2 or is_talk(task.goal):
            return False
        if _NUMBERED.match(task.goal):
            return True
        if "compute" in ways and await compute_gate(self.model, task.goal) >= SELF_CONTAINED:
            return False
        if _SEVERAL.search(task.goal):
            return True
        return all(_stands_alone(parts[i], parts[:i]) for i in range(1, len(parts)))


def _said(note: str) -> str:
    """Return a note without the day that it was kept on."""
    return note.partition(": ")[2] or note


def _stands_alone(part: Part, before: Sequence[Part]) -> bool:
    """Return whether a part names something of its own, and no more leans on those before it."""
    known = {word for other in before for word in content_words(other.text)}
    own = set(content_words(_QUANTITY.sub(" ", part.text))) - known
    return not refers_back(part) and weight_of(own) >= OWN_WORDS


def meant_by_words(task: Task) -> str:
    """Return the way that the words of a goal ask for, empty where they leave it open."""
    survey, goal = task.survey, task.goal
    if survey is None:
        return ""
    named = "read_file" in task.tools and texts_named(goal, survey, fully=True)
    way = ""
    if asks_translation(goal):
        way = "translation" if named else ""
    elif asks_count(goal) and survey["files"] and "python" in task.tools:
        way = "files"
    elif asks_summary(goal) and "read_file" in task.tools and wanted(goal, survey):
        words = set(content_words(goal))
        tables = any(table_match(words, table) for table in survey["tables"])
        way = "summary" if texts_named(goal, survey) or not tables else ""
    elif asks_list(goal) and named:
        way = "listing"
    return "" if way in task.tried else way


def open_ways(task: Task, own: bool) -> list[str]:
    """Return the ways that tools, folder and network leave open, in a fixed order."""
    ways = [way for way, tool in NEEDS.items() if tool in task.tools]
    survey = task.survey
    if not survey or not survey["tables"]:
        ways = [way for way in ways if way != "tables"]
    if not survey or not survey["files"]:
        ways = [way for way in ways if way != "read"]
    return [*ways, *(["tools"] if own else []), "reply"]


def question(goal: str, survey: Survey | None, own: Sequence[BaseTool]) -> str:
    """Return what the model is shown of a goal: tables, texts, tools, the likest line, the goal."""
    lines = []
    if survey and survey["tables"]:
        lines.append("Tables: " + table_list(survey))
    if survey:
        texts = [f["path"] for f in survey["files"] if f["kind"] == "text"]
        if texts:
            lines.append("Texts: " + ", ".join(texts[:12]))
    if own:
        lines.append("Tools: " + "; ".join(tool_lines(own)))
    return "\n".join([*lines, f"Q: {goal}"])
