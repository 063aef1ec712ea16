"""react: one loop over all tools, each turn a thought, then one call or the final answer.

act: the same without thoughts, with which small models do best. tools: act over the person's own
tools only.

A controller changes what is open by the state of the run: a call before anything else where
tools are there; after an error no final answer; after a repeat, and on the last turn, only
the final answer. On ChatLlama the output is constrained to what is open.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.tools import BaseTool

from cogitate.llm.decide import complete, trace_as
from cogitate.llm.form import FINAL, conversation
from cogitate.llm.llama import ChatLlama
from cogitate.planners.base import Turn, no_evidence
from cogitate.planners.evidence import asks_difference
from cogitate.planners.grounding import numbers_in
from cogitate.planners.paging import context_of, paged
from cogitate.planners.restated import told
from cogitate.planners.ways.arguments import fit, invented_in, plain, unspoken_in
from cogitate.planners.ways.results import answers, says_nothing
from cogitate.planners.ways.saying import is_chinese, say
from cogitate.runs.context import current
from cogitate.values import Task

REACT_PROMPT = """\
Work on the person's goal one tool call at a time. Use values from the goal and from results, \
exactly as they are written. When a result holds the answer, give the final answer."""

THOUGHT_PROMPT = """\
Before each call, write one short line that begins with Thought: and says what is known and what \
is to be found out next."""

EDIT_PROMPT = "{thought}\n(Enter keeps this thought; other words take its place.)"
INSTEAD_PROMPT = "A person put this thought in the place of yours; go on from it: {thought}"

THOUGHT = "Thought: I must find out"
THOUGHT_AFTER = "Thought: The result says"
THOUGHT_TOKENS = 60

INVENTED = "These values are not in the goal: {values}. Use only values that the goal gives."

_SUBTRACTS = re.compile(r"differen|between|subtract|days|[差距隔]", re.IGNORECASE)
_DIGITS = re.compile(r"\d[\d.,]*")
BETWEEN = "The difference between the two results is {gap}."
HINT = "That did not work. Use another tool, or other arguments."
LAST = "This is the last turn: answer now in words, from the results above."

SHIPPED = frozenset(
    "python query_tables calculate list_files read_file write_file search_files web_search "
    "fetch_page recall retrieve".split()
)


@dataclass(frozen=True, kw_only=True)
class React:
    """The way over all tools (Yao et al. 2022): the next call, or the answer."""

    thoughts: bool = True
    """Whether a line of thought comes before each move."""
    edits: bool = False
    """Whether a person, where one can be asked, may put a thought in the place of each."""
    most: int | None = None
    """Results after which it gives up; None: the run's own limits."""

    async def __call__(self, turn: Turn) -> AIMessage:
        """Return the next call, or the answer."""
        if self.most is not None and len(turn.results) >= self.most and not await answers(turn):
            return no_evidence(f"no answer within {self.most} calls")
        move = await _move(turn, turn.tools, thoughts=self.thoughts, edits=self.edits)
        if move.text and not move.tool_calls and await says_nothing(turn):
            return no_evidence("no result says what the goal asks for")
        return move


react = React()
act = React(thoughts=False)
react_briefly = React(most=7)
"""For what is followed by another way: the paper's limit on multi-hop questions."""


async def tools(turn: Turn) -> AIMessage:
    """Return the next call, or the answer, over the tools that are not shipped."""
    own = own_tools(turn.tools)
    if not own:
        return no_evidence("there is no tool for it")
    if len(turn.results) >= 2 and not turn.good:
        return no_evidence(f"the tool failed: {turn.results[0].text[:160]}")
    move = plain(await _move(turn, own), turn.task.goal)
    if turn.results:
        return await _in_its_language(turn, move)
    invented = invented_in(turn, move) or await unspoken_in(turn, move)
    return no_evidence(f"the goal does not say {', '.join(invented)}") if invented else move


async def _in_its_language(turn: Turn, move: AIMessage) -> AIMessage:
    """Return a move; an answer of a small model in another language than the goal's said anew."""
    small = isinstance(turn.model, ChatLlama) and turn.good and move.text and not move.tool_calls
    if not small or is_chinese(move.text) == is_chinese(turn.task.goal):
        return move
    return await say(turn, "\n".join(result.text for result in turn.good))


def own_tools(listed: Sequence[BaseTool]) -> list[BaseTool]:
    """Return the tools that are the person's own."""
    return [tool for tool in listed if tool.name not in SHIPPED]


async def _move(
    turn: Turn, open_tools: Sequence[BaseTool], *, thoughts: bool = False, edits: bool = False
) -> AIMessage:
    head = f"{REACT_PROMPT}\n{THOUGHT_PROMPT}" if thoughts else REACT_PROMPT
    shown: list[BaseMessage] = [SystemMessage(head), HumanMessage(_goal(turn.task, open_tools))]
    recall = any(tool.name == "recall" for tool in open_tools)
    shown += paged(turn.messages, context_of(turn.model), recall=recall)
    failed = bool(turn.results) and turn.results[-1].status == "error"
    hints = [HINT if failed else "", turn.hint, _difference(turn)]
    shown += [HumanMessage(hint) for hint in hints if hint]
    if not open_tools:
        return await turn.model.ainvoke(shown, trace_as("act"))
    if turn.last and not isinstance(turn.model, ChatLlama):
        return await turn.model.ainvoke([*shown, HumanMessage(LAST)], trace_as("act"))
    choice: Any = _choice(turn, open_tools)  # lists are ChatLlama's own
    if choice is None and turn.good and not _half(turn) and await answers(turn):
        choice = "none"  # another call could only mislead
    bound = turn.model.bind_tools(open_tools, tool_choice=choice)
    thought = await _think(turn, shown, open_tools) if thoughts else ""
    if thought:
        thought = await _edited(thought) if edits else thought
        bound = bound.bind(opening=f"{thought}\n")
    move = await bound.ainvoke(shown, trace_as("act"))
    if edits and not thought:
        move, thought = await _gone_over(bound, shown, move)
    if isinstance(move, AIMessage) and move.invalid_tool_calls:
        return no_evidence(str(move.invalid_tool_calls[0].get("error")))
    invented = invented_in(turn, move) if isinstance(move, AIMessage) else []
    if invented and choice and not turn.results:
        # Drawn once more: a call with values from nowhere brings results about nothing.
        hint = HumanMessage(INVENTED.format(values=", ".join(invented)))
        move = await bound.ainvoke([*shown, hint], trace_as("act"))
    calls = getattr(move, "tool_calls", [])
    said = AIMessage(thought if calls and thought else move.text, tool_calls=calls)
    return fit(said, open_tools, [turn.task.goal, *turn.task.notes])


async def _edited(thought: str) -> str:
    """Return a thought, or what a person who can be asked put in its place."""
    reply = (await current().put(EDIT_PROMPT.format(thought=thought)) or "").strip()
    return f"Thought: {reply.removeprefix('Thought:').strip()}" if reply else thought


async def _gone_over(
    bound: Any, shown: list[BaseMessage], move: AIMessage
) -> tuple[AIMessage, str]:
    """Return a move and the thought in it; drawn again where a person put another in its place."""
    if not move.tool_calls or not move.text:
        return move, ""
    thought = await _edited(move.text)
    if thought == move.text:
        return move, thought
    shown.append(HumanMessage(INSTEAD_PROMPT.format(thought=thought)))
    return await bound.ainvoke(shown, trace_as("act")), thought


async def _think(turn: Turn, shown: list[BaseMessage], open_tools: Sequence[BaseTool]) -> str:
    """Return a line of thought; other models write theirs into the move itself."""
    if not isinstance(turn.model, ChatLlama) or turn.last:
        return ""
    seen = conversation(shown, open_tools)
    # An open beginning invites a small model to answer from memory.
    opening = THOUGHT_AFTER if turn.good and turn.results[-1].status != "error" else THOUGHT
    line = await complete(
        turn.model,
        seen,
        purpose="thought",
        opening=opening,
        stop=["\n", '{"tool"'],
        max_tokens=THOUGHT_TOKENS,
    )
    return f"{opening} {line.strip()}" if line.strip() else ""


def _choice(turn: Turn, listed: Sequence[BaseTool]) -> str | list[str] | None:
    """Return what is open: some calls, "none" but the answer, or all of it (None)."""
    if not isinstance(turn.model, ChatLlama):
        return None
    valid = _valid(turn, listed)
    if turn.repeated and not turn.good:
        # What failed twice fails again; another tool may bring what it needs.
        valid = [name for name in valid if name != turn.results[-1].name]
    elif turn.repeated:
        valid = []
    if turn.last or not valid:
        return "none"
    if not turn.results or turn.results[-1].status == "error" or _half(turn):
        return valid
    return None if len(valid) == len(listed) else [*valid, FINAL]


def _half(turn: Turn) -> bool:
    """Return whether a difference is asked for and one figure is known so far.

    What a program or a tool for differences gives may be the difference itself.
    """
    if not (asks_difference(turn.task.goal) and len(_figures(turn)) == len(turn.good) == 1):
        return False
    name = turn.good[0].name
    tool = next((tool for tool in own_tools(turn.tools) if tool.name == name), None)
    return tool is not None and not _SUBTRACTS.search(f"{tool.name} {tool.description}")


def _difference(turn: Turn) -> str:
    """Return the difference between the two results where it is asked for: code subtracts."""
    figures = _figures(turn)
    if not (asks_difference(turn.task.goal) and len(figures) == len(turn.good) == 2):
        return ""
    first, second = ((one.name, _DIGITS.sub("#", one.text)) for one in turn.good)
    if first != second:  # another tool, or another unit
        return ""
    return BETWEEN.format(gap=abs(figures[0] - figures[1]))


def _figures(turn: Turn) -> list[Decimal]:
    """Return the numbers of the results."""
    return [number.value for result in turn.good for number in numbers_in(result.text)]


def _valid(turn: Turn, listed: Sequence[BaseTool]) -> list[str]:
    """Return the names of the tools that can do something now.

    A tool whose metadata has `after` waits until the tool of that name has given a result.
    """
    given = {result.name for result in turn.good}
    needs = {tool.name: (tool.metadata or {}).get("after") for tool in listed}
    return [name for name, first in needs.items() if first is None or first in given]


def _goal(task: Task, listed: Sequence[BaseTool]) -> str:
    same = told(task.goal, listed)[:3]
    notes = "\n".join([*task.notes, *map(str, same)])
    return f"Known:\n{notes}\n\n{task.goal}" if notes else task.goal
