"""Whether a goal is meant for the person's own tools, and what that weighs.

A small model that is shown tools uses them for whatever comes; asked of each by itself whether it
does what is asked, it knows. What it does not know: which arguments a tool is given.
"""

from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import BaseTool

from cogitate.planners.gates import yes_or_no

TOOLS_GATE_PROMPT = "Does one of the tools do what is asked? Answer yes or no."
_LIGHT = "light_on(room): Switch on the lamp of a room."
TOOLS_GATE_EXAMPLE = [
    HumanMessage(f"Tools: {_LIGHT}\nQ: It is dark in the kitchen."),
    AIMessage("yes"),
    HumanMessage(f"Tools: {_LIGHT}\nQ: Who painted the kitchen?"),
    AIMessage("no"),
    HumanMessage(
        "Tools: exchange(amount, currency): Return an amount of euros in another currency.\n"
        "Q: 50欧元是多少美元？"
    ),
    AIMessage("yes"),
    HumanMessage(
        "Tools: exchange(amount, currency): Return an amount of euros in another currency.\n"
        "Q: 五月份一共卖了多少钱？"
    ),
    AIMessage("no"),
]

TOOLS_ODDS = 1.6
"""Sum of log-odds above which a tool is meant: measured, goals for tools began at 1.9, others
ended at 1.3."""

TOOLS_WEIGHT, TOOLS_MEANT = 3.0, 4.0
"""What the tools gate weighs, and what its being open adds: it is the surest gate, and a tool of
one's own is there for a use."""
SURER = 2.0
"""By how much the tools gate must be surer than that of compute for a tool to be the first thought
where both are open. Of 12 goals it was 2.4 to 6.0 surer where a tool was meant, -1.3 to 1.8
elsewhere."""


def tool_lines(own: Sequence[BaseTool]) -> list[str]:
    """Return each tool with its parameters and what it does, in a line."""
    return [f"{t.name}({', '.join(t.args)}): {_first_line(t.description)}" for t in own[:8]]


def _first_line(text: str) -> str:
    return text.strip().split("\n")[0][:80]


async def tools_gate(model: BaseChatModel, tools: Sequence[str], goal: str) -> float:
    """Return the log-odds that one of the tools does what the goal asks, above those of others.

    Each tool is asked about by itself and all of them together: the sum of the best and of the
    whole tells goals for tools from others better than either.

    Args:
        model: who is asked.
        tools: one line a tool.
        goal: what the person wants.
    """
    odds = [await tools_odds(model, tools, goal)]
    if len(tools) > 1:
        odds += [await tools_odds(model, [tool], goal) for tool in tools]
    return odds[0] + max(odds[1:], default=odds[0]) - TOOLS_ODDS


async def tools_odds(model: BaseChatModel, tools: Sequence[str], goal: str) -> float:
    """Return the log-odds that one of the tools, which are shown together, does what is asked."""
    question = f"Tools: {'; '.join(tools)}\nQ: {goal}"
    return await yes_or_no(model, TOOLS_GATE_PROMPT, TOOLS_GATE_EXAMPLE, question, "tools?")


def tools_weight(fits: float) -> float:
    """Return what the tools gate weighs against the other ways.

    Args:
        fits: log-odds that one of the tools does what the goal asks.
    """
    return TOOLS_WEIGHT * fits + (TOOLS_MEANT if fits > 0 else 0.0)


def surely_meant(fits: float, computes: float) -> bool:
    """Return whether a tool is meant, even where the goal could be computed.

    Args:
        fits: log-odds that one of the tools does what the goal asks.
        computes: log-odds that the goal gives all that a program needs.
    """
    return fits > 0 and not (computes > 0 and fits < computes + SURER)
