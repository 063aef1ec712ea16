"""What an answer can be checked by: programs written anew, sources, a schema, unit tests.

A small model that is asked whether an answer is right says yes or no by its looks. So what it
is asked is narrow, a doubt needs a margin, and what code can decide is decided by code.
"""

import ast
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from pydantic import BaseModel, ValidationError

from cogitate.llm.decide import complete, complete_each, short
from cogitate.llm.fit import parsed_as
from cogitate.llm.llama import ChatLlama
from cogitate.planners.critics.case import Case, Finding, criticised
from cogitate.planners.gates import yes_or_no
from cogitate.planners.grounding import missing_values, numbers_in
from cogitate.planners.ways.compute import FENCE
from cogitate.planners.ways.programs import computes, foreign_values, with_imports
from cogitate.planners.ways.worked import FACTS_EXAMPLE, FACTS_PROMPT
from cogitate.values import Task

HEATS = (0.0, 0.4, 0.4, 0.4)
"""Temperatures of the programs that check an answer."""
MOST_AGREE = 3
"""Programs that must all give one other value: an answer that one of them gives is kept."""

DENIES_PROMPT = "Does the text say that the answer is false? Answer yes or no."
_CAPITAL = "Text: The team moved from Lyon to Lille in 2019.\nQuestion: Where is the team now?"
DENIES_EXAMPLE = [
    HumanMessage(f"{_CAPITAL}\nAnswer: The team is in Lyon."),
    AIMessage("yes"),
    HumanMessage(f"{_CAPITAL}\nAnswer: The team is in Lille."),
    AIMessage("no"),
    HumanMessage("Text: 会议室在三楼。\nQuestion: 谁订了会议室？\nAnswer: 王敏订了会议室。"),
    AIMessage("no"),
]
DENIED = 1.5
"""Log-odds from which a text is taken to deny an answer."""

KIND_PROMPT = (
    "Is the answer the kind of thing that the question asks for? It need not be true. "
    "Answer yes or no."
)
KIND_EXAMPLE = [
    HumanMessage("Question: Who painted it?\nAnswer: In 1889."),
    AIMessage("no"),
    HumanMessage("Question: How many are left?\nAnswer: There are 17 left."),
    AIMessage("yes"),
    HumanMessage("Question: 会议是哪天？\nAnswer: 在三楼。"),
    AIMessage("no"),
]
STRANGE = -2.5
"""Log-odds up to which an answer is taken to be of the wrong kind."""

LOOK_UP = ("retrieve", "search_files", "web_search")
EXCERPT = 400
_FENCED = re.compile(r"```(?:python|py)?\n(.*?)```", re.DOTALL)


async def kind(case: Case) -> Finding | None:
    """Say whether an answer is of the kind that the question asks for."""
    if not isinstance(case.model, ChatLlama):
        return None
    question = f"Question: {case.task.goal}\nAnswer: {case.answer[:400]}"
    odds = await yes_or_no(case.model, KIND_PROMPT, KIND_EXAMPLE, question, "kind?")
    if odds > STRANGE:
        return None
    return Finding(problem="wrong_type", advice="It does not answer what the question asks for.")


async def programs(case: Case) -> Finding | None:
    """Work a computing goal out by programs written anew, and compare."""
    said = numbers_in(case.answer)
    if "python" not in case.tools or not _self_contained(case.task) or not said:
        return None
    outputs = await _outputs(case)
    if not outputs or any(not missing_values(text, case.answer) for text in outputs):
        return Finding(problem="ok", evidence="; ".join(outputs)) if outputs else None
    values = Counter(_value(text) for text in outputs)
    value, votes = values.most_common(1)[0]
    if not isinstance(case.model, ChatLlama):
        return await criticised(case, f"Programs that were written anew gave: {'; '.join(outputs)}")
    if votes < MOST_AGREE:
        return None
    advice = f"{votes} programs that were written anew gave {value}."
    return Finding(problem="contradicted", evidence="; ".join(outputs), advice=advice)


def _self_contained(task: Task) -> bool:
    """Return whether a goal itself may give all that a program needs: no files, no notes."""
    survey = task.survey
    elsewhere = survey is not None and bool(survey["tables"] or survey["hits"])
    notes = [note for note in task.notes if not task.feedback or task.feedback not in note]
    return len(numbers_in(task.goal)) >= 2 and not elsewhere and not notes


async def _outputs(case: Case) -> list[str]:
    """Return the last line with a number of each program that ran and computed something."""
    shown: list[BaseMessage] = [
        SystemMessage(FACTS_PROMPT),
        *FACTS_EXAMPLE,
        HumanMessage(case.task.goal),
    ]
    form: dict[str, Any] = {"purpose": "check", "opening": FENCE, "stop": ["```"]}
    if isinstance(case.model, ChatLlama):
        form |= {"max_tokens": 260, "seed": 7}
        codes = await complete_each(case.model, shown, temperatures=HEATS, **form)
    else:
        codes = [await complete(case.model, shown, **form)]
    found = []
    for code in map(with_imports, codes):
        if not computes(code) or foreign_values(code, [case.task.goal]):
            continue
        well, text = await case.use("python", {"code": code})
        lines = [line for line in text.strip().split("\n") if numbers_in(line)]
        found += [lines[-1][:200]] if well and lines else []
    return found


def _value(text: str) -> str:
    return str(float(numbers_in(text)[-1].value))


async def sources(case: Case) -> Finding | None:
    """Look the question up, and say whether what is found denies the answer."""
    tool = next((name for name in LOOK_UP if name in case.tools), None)
    if tool is None:
        return None
    well, text = await case.use(tool, {"query": case.task.goal})
    if not well or not text.strip():
        return None
    text = text.strip()
    begin = EXCERPT * case.turned_down
    evidence = text[begin : begin + EXCERPT] or text[:EXCERPT]
    if not isinstance(case.model, ChatLlama):
        return await criticised(case, evidence)
    question = f"Text: {evidence}\nQuestion: {case.task.goal}\nAnswer: {case.answer[:300]}"
    odds = await yes_or_no(case.model, DENIES_PROMPT, DENIES_EXAMPLE, question, "denies?")
    if odds < DENIED:
        return Finding(problem="ok", evidence=evidence)
    return Finding(problem="contradicted", evidence=evidence, advice=f"It says: {evidence}")


async def runs(case: Case) -> Finding | None:
    """Run the program that an answer holds, and say whether it ends well."""
    code = code_in(case.answer)
    if not code or "python" not in case.tools:
        return None
    well, text = await case.use("python", {"code": code})
    if well:
        return Finding(problem="ok", evidence=text[-EXCERPT:])
    last = text.strip()[-EXCERPT:]
    return Finding(problem="runtime_error", evidence=last, advice=f"The program fails: {last}")


def code_in(text: str) -> str:
    """Return the program in a text without its comments, which persuade a critic."""
    fenced = _FENCED.search(text)
    try:
        return ast.unparse(ast.parse(fenced[1])) if fenced else ""
    except (SyntaxError, ValueError):
        return fenced[1] if fenced else ""


@dataclass(frozen=True)
class UnitTests:
    """Verifies a program by tests: lines of Python that raise when it is wrong."""

    tests: Sequence[str]

    async def __call__(self, case: Case) -> Finding | None:
        """Run the answer's program with each test."""
        code = code_in(case.answer)
        if not code:
            return Finding(problem="incomplete", advice="There is no program in the answer.")
        for test in self.tests:
            well, text = await case.use("python", {"code": f"{code}\n{test}"})
            if not well:
                last = text.strip().split("\n")[-1][:EXCERPT]
                advice = f"This test fails: {test} ({last})"
                return Finding(problem="contradicted", evidence=text[-EXCERPT:], advice=advice)
        return Finding(problem="ok", evidence=f"{len(self.tests)} tests passed")


@dataclass(frozen=True)
class Fits:
    """Verifies that an answer is JSON of a schema: a pydantic class, or a JSON schema."""

    schema: type[BaseModel] | dict[str, Any]

    async def __call__(self, case: Case) -> Finding | None:
        """Read the answer as JSON and say what does not fit."""
        text = case.answer
        listed = isinstance(self.schema, dict) and self.schema.get("type") == "array"
        begin, end = text.find("[" if listed else "{"), text.rfind("]" if listed else "}")
        try:
            parsed_as(text[begin : end + 1] if begin >= 0 else text, self.schema)
        except (ValidationError, json.JSONDecodeError, ValueError) as error:
            why = short(error)
            return Finding(problem="wrong_type", evidence=why, advice=f"The JSON is wrong: {why}")
        return Finding(problem="ok", evidence="it fits the schema")


async def opinion(case: Case) -> Finding | None:
    """Ask the model without any evidence: a control, which is known to do harm."""
    return await criticised(case, "none")
