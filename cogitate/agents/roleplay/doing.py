"""How the assistant does things: which tool an instruction needs, the call, and its result.

The choice is one forward pass over worked examples; a program is written as text. What it does
not know: whether a result answers the instruction.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolCall
from langchain_core.tools import BaseTool
from pydantic import BaseModel

from cogitate.agents.roleplay.prompts import (
    ARGUMENTS_PROMPT,
    FILES_PROMPT,
    FIXED_PROMPT,
    GAVE_PROMPT,
    PROGRAM_PROMPT,
    TOOL_PROMPT,
)
from cogitate.agents.roleplay.session import Session, note
from cogitate.agents.roleplay.user import UserTurn
from cogitate.agents.stops import Halted
from cogitate.planners.grounding import numbers_in
from cogitate.planners.ways.compute import NOTHING
from cogitate.planners.ways.programs import with_imports
from cogitate.runs.context import current
from cogitate.tools.observe import observe

PYTHON = "python"
FENCE = "```python\n"
PROGRAM_TOKENS = 360
TRIES = 3
"""Most calls for one instruction: the first, and two that mend it."""
MOST = 8
"""Tools that are offered: their numbers must differ in the first token."""
SHOWN = 1_200
"""Characters of an output that the assistant reads."""
UNREAD = "The program never uses {names}."
PRINTED_NOTHING = "printed nothing"

EXAMPLES: tuple[tuple[str, bool], ...] = (
    ("Write a short, friendly welcome text for new members.", False),
    ("Compute the average of 12, 15 and 22.5.", True),
    ("List three risks of the plan.", False),
    ("Write a Python function that tells whether a number is prime, and test it with 97.", True),
    ("给新产品起三个名字。", False),
    ("计算从2023年3月1日到2023年7月15日有多少天。", True),
    ("Read sales.csv and count the rows with a price above 10.", True),
    ("Keep only the rows of orders.csv that were paid, and give their mean amount.", True),
    ("Explain in two sentences what a stock index is.", False),
    ("模拟投掷骰子1000次，统计每个点数出现的次数。", True),
)


@dataclass(frozen=True, kw_only=True)
class Used:
    """A tool that was used: the call as code, and what it gave."""

    tool: str
    code: str
    output: str
    ok: bool


async def use_tool(session: Session, turn: UserTurn) -> Used | None:
    """Return what a tool gave for an instruction, None when words are what is asked for."""
    tool = await chosen_tool(session, turn)
    if tool is None:
        return None
    used: Used | None = None
    asked, passed = _asked(session, tool, turn), False
    for attempt in range(TRIES):
        used = await _call(session, tool, attempt, asked)
        if used is None:
            break
        left = unread(used.code, turn.instruction) if tool.name == PYTHON and used.ok else []
        if used.ok and (passed or not left):
            break
        passed = passed or bool(left)
        wrong = UNREAD.format(names=", ".join(left)) if left else used.output[-500:]
        asked = FIXED_PROMPT.format(error=wrong)
        note(f"{tool.name} failed, try {attempt + 1} of {TRIES}: {wrong[-100:]}")
    if used is not None:
        session.assistant_view.hear(_gave(used))
    return used


def unread(code: str, instruction: str) -> list[str]:
    """Return the names that a program gives to numbers of the instruction and never reads."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, SystemError):  # CPython 3.11 parses in one thread at a time
        return []
    given = {number.value for number in numbers_in(instruction)}
    named = {
        target.id: node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    names = (n for n in ast.walk(tree) if isinstance(n, ast.Name))
    read = {name.id for name in names if isinstance(name.ctx, ast.Load)}
    return [
        name
        for name, value in named.items()
        if name not in read and type(value) in (int, float) and Decimal(str(value)) in given
    ]


async def needs_tool(session: Session, step: str) -> bool:
    """Return whether a step of the plan cannot be done in words."""
    turn = UserTurn(type="instruct", instruction=step[:300])
    return await chosen_tool(session, turn) is not None


async def chosen_tool(session: Session, turn: UserTurn) -> BaseTool | None:
    """Return the tool that an instruction needs, None for words."""
    tools = [t for t in session.tools if (t.metadata or {}).get("permission") != "never"][:MOST]
    context = current()
    if not tools or context.calls >= session.models.limits.tool_calls:
        return None
    listed = "\n".join(f"{n}) {about(tool)}" for n, tool in enumerate(tools, start=2))
    head = TOOL_PROMPT.format(assistant=session.assistant.name, listed=listed)
    numbers = [str(number) for number in range(1, len(tools) + 2)]
    shown = [SystemMessage(head), *_examples(tools), HumanMessage(_instruction(turn))]
    found = await session.models.choose("gate", shown, numbers, purpose="tool?")
    number = int(next(iter(found)))
    return tools[number - 2] if number > 1 else None


def about(tool: BaseTool) -> str:
    """Return a tool's name and the first line of what it does."""
    if tool.name == PYTHON:
        return "python: a program is written and run: numbers, dates, data, files, code"
    return f"{tool.name}: {tool.description.strip().splitlines()[0][:100]}"


def _examples(tools: Sequence[BaseTool]) -> list[BaseMessage]:
    """Return worked examples, those of python only where it is there."""
    at = next((n for n, tool in enumerate(tools, start=2) if tool.name == PYTHON), None)
    found: list[BaseMessage] = []
    for instruction, runs in EXAMPLES:
        if runs and at is None:
            continue
        found += [HumanMessage(f"Instruction: {instruction}"), AIMessage(str(at if runs else 1))]
    return found


def _instruction(turn: UserTurn) -> str:
    given = f"\nInput: {turn.input}" if turn.input else ""
    return f"Instruction: {turn.instruction}{given}"


async def _call(session: Session, tool: BaseTool, attempt: int, asked: str) -> Used | None:
    """Return what one call gave; None when no valid call was written."""
    view = session.assistant_view
    warm: dict[str, Any] = {"temperature": 0.4, "seed": attempt} if attempt else {}
    if tool.name == PYTHON:
        code = await session.models.complete(
            "assistant",
            view.shown(asked),
            purpose="program",
            opening=FENCE,
            stop=["```"],
            max_tokens=PROGRAM_TOKENS,
            **warm,
        )
        view.keep(asked, f"{FENCE}{code}\n```")
        args: dict[str, Any] = {"code": with_imports(code)}
    else:
        found = await _arguments(session, tool, asked)
        if found is None:
            return None
        code, args = found
        view.keep(asked, code)
    return await _carried_out(session, tool, args, code)


async def _carried_out(session: Session, tool: BaseTool, args: dict[str, Any], code: str) -> Used:
    context = current()
    context.calls += 1
    call = ToolCall(name=tool.name, args=args, id=f"{tool.name}-{context.calls}", type="tool_call")
    seen = await observe(call, session.tools, seconds_left=context.seconds_left())
    empty = tool.name == PYTHON and (
        PRINTED_NOTHING in seen.text or seen.text.strip().lower() in NOTHING
    )
    return Used(tool=tool.name, code=code, output=seen.text, ok=seen.ok and not empty)


def _asked(session: Session, tool: BaseTool, turn: UserTurn) -> str:
    if tool.name == PYTHON:
        files = FILES_PROMPT if current().folder is not None else ""
        names = {"assistant": session.assistant.name, "instruction": turn.instruction}
        return PROGRAM_PROMPT.format(**names, files=files)
    return ARGUMENTS_PROMPT.format(tool=tool.name, about=about(tool))


async def _arguments(
    session: Session, tool: BaseTool, asked: str
) -> tuple[str, dict[str, Any]] | None:
    """Return the arguments of a call as written and as data; None after nonsense."""
    form: Any = tool.tool_call_schema
    if not (isinstance(form, type) and issubclass(form, BaseModel)):
        return None
    shown = session.assistant_view.shown(asked)
    try:
        found = await session.models.decide(
            "assistant", shown, form, purpose="arguments", max_tokens=400
        )
    except Halted as halted:
        if halted.reason != "model_error":
            raise
        return None
    return found.model_dump_json(), found.model_dump(mode="json", exclude_unset=True)


def _gave(used: Used) -> str:
    """Return what the assistant is told of a call before it writes its solution."""
    text = used.output.strip()[:SHOWN]
    failed = "" if used.ok else "(It failed. Say what can be said, or that it cannot be done.)"
    return GAVE_PROMPT.format(tool=used.tool, output=text, reminder=failed).strip()
