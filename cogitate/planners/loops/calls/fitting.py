"""Which of a person's tools do what a goal asks, and how surely.

A grammar that demands a call would make one up: so each tool is asked about first, in one forward
pass. What it does not know: which values a call is given.
"""

from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from cogitate.llm.decide import choose
from cogitate.llm.form import describe
from cogitate.llm.llama import ChatLlama
from cogitate.planners.gates import yes_or_no
from cogitate.planners.loops.calls.writing import CALLS_EXAMPLE, CALLS_PROMPT, REQUEST_PROMPT
from cogitate.planners.tool_gates import tool_lines, tools_odds

MAY_FIT, FITS = 0.6, 1.6
"""Log-odds above which a tool is taken to do what is asked, where the request gives every value
that it needs, and where it does not. Measured on 90 requests that one tool does and 90 that none
does: of the first, those that give all begin at 0.9 and the others at 2.4; of the second, 80 lie
below these lines."""
APART = 2.5
"""How far behind the best tool another one may be that is wanted too."""

SEVERAL_PROMPT = (
    "Does the request ask for several things, for which several of the functions are needed? "
    "Answer yes or no."
)
SEVERAL_EXAMPLE = [
    HumanMessage(
        "Functions: weather(city): Return the forecast.; temperature(city): Return the temperature "
        "now.\nRequest: Will it rain in Oslo tomorrow?"
    ),
    AIMessage("no"),
    HumanMessage(
        "Functions: area(radius): Return the area of a circle.; edge(radius): Return the "
        "circumference of a circle.\nRequest: How large is a circle with a radius of 3, and how "
        "long is its edge?"
    ),
    AIMessage("yes"),
    HumanMessage(
        "Functions: book_table(place, people): Book a table.; find_place(food, city): Find "
        "restaurants.\nRequest: Find an Italian restaurant in Bonn for 5 people with a terrace."
    ),
    AIMessage("no"),
    HumanMessage(
        "Functions: price(item): Return a price.; in_stock(item): Return how many there are.\n"
        "Request: 灯多少钱？椅子还有几把？"
    ),
    AIMessage("yes"),
]
SEVERAL, DOES_ALL = 0.6, 0.3
"""Log-odds from which several functions are taken to be needed, and what the odds of the best one
take from them: measured, 20 requests that need one ended at 0.3, the few that need more began at
1.0. A function that by itself does what is asked has higher odds than one that does a part."""


async def fitting_tools(
    model: BaseChatModel, tools: Sequence[BaseTool], goal: str
) -> tuple[list[BaseTool], bool]:
    """Return the tools that do what a goal asks, none when none does, and whether that is sure.

    Where it is not, they do if the goal gives every value that they need. Other models than the
    embedded one are shown all of them and choose themselves.
    """
    if not isinstance(model, ChatLlama) or not tools:
        return list(tools), True
    odds = [await tools_odds(model, [_described(tool)], goal) for tool in tools]
    if max(odds) <= MAY_FIT:
        return [], False
    return await _wanted(model, tools, goal, odds), max(odds) > FITS


async def _wanted(
    model: BaseChatModel, tools: Sequence[BaseTool], goal: str, odds: Sequence[float]
) -> list[BaseTool]:
    """Return the tool with the best odds, or all that are near it where several are needed."""
    near = [at for at in range(len(tools)) if odds[at] >= max(odds) - APART]
    if len(near) == 1:
        return [tools[near[0]]]
    # Of several that are wanted each does a part only; of several that would do one is enough.
    question = f"Functions: {'; '.join(tool_lines(tools))}\nRequest: {goal}"
    several = await yes_or_no(model, SEVERAL_PROMPT, SEVERAL_EXAMPLE, question, "several?")
    if several - DOES_ALL * max(odds) > SEVERAL:
        return [tools[at] for at in near]
    likely = await _likely_names(model, [tools[at] for at in near], goal)
    return [tools[max(near, key=lambda at: odds[at] + likely[tools[at].name])]]


def _described(tool: BaseTool) -> str:
    """Return a tool's line with what is said of its parameters."""
    return describe(convert_to_openai_tool(tool)).removeprefix("- ")


async def _likely_names(
    model: BaseChatModel, tools: Sequence[BaseTool], goal: str
) -> dict[str, float]:
    """Return the log-probability of each tool's name as the first that is called."""
    listed = "\n".join(f"- {_described(tool)}" for tool in tools)
    request = HumanMessage(REQUEST_PROMPT.format(tools=listed, goal=goal))
    shown: list[BaseMessage] = [SystemMessage(CALLS_PROMPT), *CALLS_EXAMPLE, request]
    ends = [f'{tool.name}"' for tool in tools]
    found = await choose(model, shown, ends, purpose="which?", opening='[{"tool": "')
    return {end[:-1]: odds for end, odds in found.items()}
