"""The commands of a cycle: which there are, which one is chosen, and its arguments.

A model that runs here is not left alone with every tool: `find_out` hands a question to a run of
its own, which finds the right tool by evidence; beside it there are the person's own tools. The
command comes first and by number, its arguments are then constrained by its schema.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.tools import BaseTool
from pydantic import BaseModel, Field

from cogitate.errors import ModelError
from cogitate.llm.decide import choose, decide, trace_as
from cogitate.llm.llama import ChatLlama
from cogitate.planners.base import Turn
from cogitate.planners.gates import compute_gate
from cogitate.planners.loops.pages import wanted_file
from cogitate.planners.outputs import named_output
from cogitate.planners.tool_gates import surely_meant, tool_lines, tools_gate
from cogitate.planners.ways.react import SHIPPED
from cogitate.planners.ways.saving import WRITES

FIND_OUT, FINISH = "find_out", "finish"
MOST = 9
"""Commands that are offered: their numbers must differ in the first token."""

CHOOSE_PROMPT = """\
Which command helps most with goal {number}: {goal} Write the command's number.
{listed}"""
FILL_PROMPT = "Write the arguments of {name} as JSON, for goal {number}: {goal}"
OTHERWISE_PROMPT = "This was done before: {args}. Write other arguments."
RAISED = 0.8
"""Temperature of a second try: a model that is asked the same writes the same."""


class Question(BaseModel):
    """What is to be found out, as one full question with all names and numbers."""

    question: str = Field(min_length=4, max_length=200)


class Nothing(BaseModel):
    """No arguments."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """One command; without a tool it is one of ours."""

    name: str
    about: str
    tool: BaseTool | None = None

    @property
    def once(self) -> bool:
        """Whether carrying it out twice has a second effect. What no one declared counts so."""
        declared = (self.tool.metadata or {}) if self.tool else {"effect": "read"}
        return bool(declared.get("effect", "once") == "once")


def commands_of(turn: Turn, denied: Sequence[str]) -> list[Command]:
    """Return the commands that are open in a run, in a fixed order."""
    writes = bool(named_output(turn.task.goal, turn.task.survey))
    shut = SHIPPED - {WRITES} if writes else SHIPPED
    hidden = shut if isinstance(turn.model, ChatLlama) else frozenset()
    if wanted_file(turn):
        hidden |= {WRITES}  # the page is made of the findings when all of them are there
    found = [Command(name=FIND_OUT, about="find out or compute one thing, with the right tool")]
    for tool in turn.tools:
        never = (tool.metadata or {}).get("permission") == "never"
        if never or tool.name in denied or tool.name in hidden:
            continue
        about = tool.description.strip().split("\n")[0][:100]
        found.append(Command(name=tool.name, about=about, tool=tool))
    finish = Command(name=FINISH, about="every goal is reached")
    return [*found[: MOST - 1], finish]


def listed(commands: Sequence[Command]) -> str:
    """Return the commands, numbered, a line each."""
    lines = [f"{n}) {c.name}: {c.about}" for n, c in enumerate(commands, start=1)]
    return "\n".join(lines)


async def fitting(turn: Turn, commands: Sequence[Command], goal: str) -> list[Command]:
    """Return the commands without the person's tools, where none of these does what a goal asks.

    A small model that has seen a tool called calls it again for whatever comes next.
    """
    own = [command.tool for command in commands if command.tool and command.name != WRITES]
    if not own or not isinstance(turn.model, ChatLlama):
        return list(commands)
    fits = await tools_gate(turn.model, tool_lines(own), goal)
    computes = await compute_gate(turn.model, goal) - 1.0 if fits > 0 else 0.0
    meant = surely_meant(fits, computes)
    kept = [command for command in commands if meant or command.tool not in own]
    return kept or list(commands)


async def chosen(
    turn: Turn, shown: Sequence[BaseMessage], commands: Sequence[Command], number: int, goal: str
) -> Command:
    """Return the command that the model takes to help most with a goal."""
    if len(commands) == 1:
        return commands[0]
    text = CHOOSE_PROMPT.format(number=number, goal=goal, listed=listed(commands))
    asked = HumanMessage(text)
    numbers = [str(number) for number in range(1, len(commands) + 1)]
    found = await choose(turn.model, [*shown, asked], numbers, purpose="command")
    return commands[int(next(iter(found))) - 1]


async def filled(
    turn: Turn, shown: Sequence[BaseMessage], command: Command, hint: str = ""
) -> dict[str, Any] | None:
    """Return the arguments of a command; None when the model wrote nothing valid, twice."""
    form = _schema(command)
    if form is Nothing:
        return {}
    words = [*shown, HumanMessage(hint)]
    warm: dict[str, Any] = {}
    if OTHERWISE_PROMPT[:8] in hint:
        warm = {"temperature": RAISED, "seed": len(turn.messages)}
    if isinstance(form, dict) and command.tool is not None:
        bound = turn.model.bind_tools([command.tool], tool_choice="any")
        move = await bound.ainvoke(words, trace_as("arguments"))
        calls = move.tool_calls if isinstance(move, AIMessage) else []
        return dict(calls[0]["args"]) if calls else None
    if not isinstance(form, type):
        return None
    try:
        found = await decide(turn.model, words, form, purpose="arguments", max_tokens=400, **warm)
    except ModelError:
        return None
    data: dict[str, Any] = found.model_dump(mode="json", exclude_unset=True)
    return data


def _schema(command: Command) -> type[BaseModel] | dict[str, Any]:
    """Return the schema of a command's arguments."""
    if command.tool is None:
        return Question if command.name == FIND_OUT else Nothing
    form: Any = command.tool.tool_call_schema
    if isinstance(form, type) and issubclass(form, BaseModel):
        return form if form.model_fields else Nothing
    return dict(form) if isinstance(form, dict) and form.get("properties") else Nothing
