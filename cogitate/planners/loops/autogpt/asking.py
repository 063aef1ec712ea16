"""What a person is asked before a command runs, and what the reply means."""

import re
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from langchain_core.messages import HumanMessage, SystemMessage
from pydantic import BaseModel, Field

from cogitate.llm.decide import decide
from cogitate.planners.base import Turn
from cogitate.planners.loops.autogpt.log import Cycle
from cogitate.runs.context import current

MOST_AT_ONCE = 50
HOW = "y = run it, y 5 = run five commands, s = let it judge itself, q = end, other words = advice"

CRITICISE_PROMPT = """\
You judge the next command of an agent. proceed: it serves the objective. revise: another one \
would serve it better; say which in one sentence. stop: nothing useful is left to do."""

_YES = re.compile(r"(?:y|yes|ok|run|authorise|authorize|是|好|可以|执行)\s*(\d*)", re.IGNORECASE)
_SELF = ("s", "self", "self-feedback", "自评")
_END = ("q", "quit", "exit", "退出")
_NO = ("n", "no", "不", "否", "不行")


@runtime_checkable
class TakesBack(Protocol):
    """An `ask` that a person can interrupt while commands run that were authorised in advance."""

    def taken_back(self) -> bool:
        """Return whether the person has taken the rest of an authorisation back since last time."""
        ...


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the person wants: `run` so many commands, `advise`, `judge` itself, or `end`."""

    kind: Literal["run", "advise", "judge", "end"]
    many: int = 1
    text: str = ""


def meant(reply: str) -> Reply:
    """Return what a reply means; words that are no command of ours are advice."""
    said = reply.strip()
    if said.lower() in _SELF:
        return Reply(kind="judge")
    if said.lower() in _END:
        return Reply(kind="end")
    if not said or said.lower() in _NO:
        return Reply(kind="advise", text="The person does not want this command. Choose another.")
    yes = _YES.fullmatch(said)
    if yes:
        return Reply(kind="run", many=min(max(int(yes.group(1) or 1), 1), MOST_AT_ONCE))
    return Reply(kind="advise", text=said[:500])


async def put(cycle: Cycle, spent: float) -> Reply | None:
    """Return what the person wants done with a command; None when nobody can be asked."""
    args = ", ".join(f"{name}={value!r}" for name, value in cycle.args.items())
    question = f"{cycle.command}({args})\n{in_words(cycle.thoughts)}"
    question += f"{spent:.0%} of the limits are used.\n{HOW}"
    reply = await current().put(question)
    return None if reply is None else meant(reply)


def left_over(before: int) -> int:
    """Return how many commands are still authorised: none when the person took the rest back."""
    ask = current().ask
    taken = isinstance(ask, TakesBack) and ask.taken_back()
    return 0 if taken or ask is None else before


class Thoughts(BaseModel):
    """Why a command was chosen, in short."""

    text: str = Field(max_length=160)
    reasoning: str = Field(max_length=160)
    plan: list[str] = Field(max_length=3)
    criticism: str = Field(max_length=160)


def in_words(thoughts: dict[str, Any]) -> str:
    """Return thoughts as lines, the criticism among them."""
    lines = [
        f"{name}: {'; '.join(said) if isinstance(said, list) else said}"
        for name, said in thoughts.items()
        if said
    ]
    return "".join(f"{line}\n" for line in lines)


class SelfFeedback(BaseModel):
    """What the model says of its own next command."""

    verdict: Literal["proceed", "revise", "stop"]
    advice: str = Field(max_length=200)


async def criticised(turn: Turn, cycle: Cycle) -> SelfFeedback:
    """Return what the critic says of a command and of all thoughts behind it."""
    asked = f"Objective: {turn.task.goal}\nCommand: {cycle.key}\n{in_words(cycle.thoughts)}"
    stop = SelfFeedback(verdict="stop", advice="")
    return await decide(
        turn.critic,
        [SystemMessage(CRITICISE_PROMPT), HumanMessage(asked)],
        SelfFeedback,
        purpose="self-feedback",
        fallback=stop,
        max_tokens=120,
    )
