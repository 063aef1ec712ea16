"""What a verifier is told and what it says: one answer, the tools to check it with, a finding."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage, SystemMessage
from pydantic import BaseModel, Field

from cogitate.errors import ModelError
from cogitate.llm.decide import decide
from cogitate.runs.context import current
from cogitate.runs.events import Noted
from cogitate.values import Task

CRITIQUE_PROMPT = """\
You check a proposed answer. First: is it the kind of thing that the question asks for? Second: \
does the evidence support it? Say "ok" unless the evidence shows that it is wrong. Name the exact \
problem, and what to do about it."""
CASE_PROMPT = "Question: {goal}\nProposed answer: {answer}\nEvidence:\n{evidence}"
LONGEST_EVIDENCE = 800

Problem = Literal["ok", "wrong_type", "unsupported", "contradicted", "runtime_error", "incomplete"]
Use = Callable[[str, dict[str, object]], Awaitable[tuple[bool, str]]]
"""Carries out a tool call: whether it went well, and its text."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One answer that is to be verified, and the means."""

    task: Task
    answer: str
    model: BaseChatModel
    use: Use
    tools: frozenset[str] = frozenset()
    """Names of the tools that may be called."""
    turned_down: int = 0
    """How many answers to this goal were turned down before: the next one is held against
    evidence that was not shown yet."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a verifier found out: `ok`, or a problem with what shows it."""

    problem: Problem
    evidence: str = ""
    advice: str = ""
    """What to do about it, for whoever answers next."""


class Verifier(Protocol):
    """Any async callable that checks an answer by a tool; None when it has nothing to say."""

    async def __call__(self, case: Case) -> Finding | None: ...


class Critique(BaseModel):
    """What a model says of an answer and its evidence."""

    why: str = Field(max_length=300)
    verdict: Problem
    location: str = Field(max_length=80, default="")
    fix_hint: str = Field(max_length=200, default="")


async def criticised(case: Case, evidence: str) -> Finding:
    """Return what the model makes of the evidence; `ok` when it says nothing that is valid."""
    text = CASE_PROMPT.format(
        goal=case.task.goal, answer=case.answer[:600], evidence=evidence[:LONGEST_EVIDENCE]
    )
    shown = [SystemMessage(CRITIQUE_PROMPT), HumanMessage(text)]
    try:
        said = await decide(case.model, shown, Critique, purpose="critique")
    except ModelError:
        current().emit(Noted(text="critic: no valid critique, so the answer is left as it is"))
        return Finding(problem="ok", evidence=evidence)
    advice = " ".join(part for part in (said.location, said.fix_hint or said.why) if part)
    return Finding(problem=said.verdict, evidence=evidence, advice=advice)
