"""The steps of a plan: what a model is shown and may write, and what of it is taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, HumanMessage
from pydantic import BaseModel, Field

from cogitate.planners.grounding import unsupported_names, unsupported_numbers

STEPS, EXECUTIONS, REPLANS, LEVELS = 8, 12, 3, 4
"""Most steps of a plan, most of them carried out in all, most plans anew without a step done,
most steps that are carried out side by side."""
FREE_STEPS = 3
"""Most steps that a small model may lay out by itself."""

STEPS_PROMPT = """\
Lay the goal out as the fewest questions that reach it, in order, each about one thing, in the \
goal's words. "needs" lists the numbers of the earlier questions whose answers a question needs. \
A goal that one question answers is one step. At most {most} steps."""
STEPS_EXAMPLE = [
    HumanMessage("Goal: How old is the person who keeps the budget?"),
    AIMessage(
        '{"steps": [{"question": "Who keeps the budget?", "needs": []}, '
        '{"question": "How old is that person?", "needs": [1]}]}'
    ),
    HumanMessage("Goal: 一月的销售额比二月多多少？"),
    AIMessage(
        '{"steps": [{"question": "一月的销售额是多少？", "needs": []}, '
        '{"question": "二月的销售额是多少？", "needs": []}, '
        '{"question": "两者相差多少？", "needs": [1, 2]}]}'
    ),
    HumanMessage("Goal: Which customer spent the most?"),
    AIMessage('{"steps": [{"question": "Which customer spent the most?", "needs": []}]}'),
]
REPLAN_PROMPT = """\
A step of a plan failed. Write the questions that are still needed to reach the goal, worded \
otherwise than the one that failed, in the goal's words. "needs" lists the numbers of the steps \
that are done or that you write whose answers a question needs. No steps when nothing can be \
done."""

GATE_PROMPT = (
    "Must one look up or work out two or more things, one after the other, to answer this? "
    "Answer yes or no."
)
GATE_EXAMPLE = [
    HumanMessage("How old is the person who keeps the budget?"),
    AIMessage("yes"),
    HumanMessage("Which customer spent the most in May?"),
    AIMessage("no"),
    HumanMessage("利润最高的产品由谁负责采购？"),
    AIMessage("yes"),
    HumanMessage("谁负责订票？"),
    AIMessage("no"),
    HumanMessage("What is 18% of 245?"),
    AIMessage("no"),
]
SEVERAL = 1.0
"""Log-odds from which a small model is asked for a plan of a goal that code cannot split."""


class PlannedStep(BaseModel):
    """One step: its question, and the numbers of the earlier ones it needs."""

    question: str = Field(max_length=200)
    needs: list[int] = Field(max_length=4)


class PlannedSteps(BaseModel):
    """The steps of a goal."""

    steps: list[PlannedStep] = Field(max_length=STEPS)


@dataclass(frozen=True)
class Job:
    """One step of a plan as it is kept. `number` is its id, and counts on after a new plan."""

    number: int
    ask: str
    needs: tuple[int, ...] = ()

    def data(self) -> dict[str, Any]:
        """Return plain data."""
        return {"number": self.number, "ask": self.ask, "needs": list(self.needs)}


def sound_jobs(steps: Sequence[PlannedStep], goal: str, *, first: int) -> list[Job]:
    """Return planned steps as jobs: values from nowhere, repetitions and wrong needs are left out.

    Args:
        steps: what the model wrote; it numbers from `first` on.
        goal: where numbers and names must come from.
        first: the number of the first one.
    """
    jobs: list[Job] = []
    renamed = {number: number for number in range(1, first)}
    for said, step in enumerate(steps, first):
        ask = step.question.strip()
        repeated = any(job.ask.lower() == ask.lower() for job in jobs)
        if not ask or repeated or unsupported_numbers(ask, [goal]) or _strange(ask, goal):
            continue
        number = first + len(jobs)
        needs = tuple(dict.fromkeys(renamed[n] for n in step.needs if n in renamed))
        renamed[said] = number
        jobs.append(Job(number, ask, needs))
    return jobs[:STEPS]


def _strange(ask: str, goal: str) -> list[str]:
    return unsupported_names(ask, [goal])
