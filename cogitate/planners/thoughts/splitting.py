"""A task is cut into parts: by code where it can, else by a model."""

from collections.abc import Sequence

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from pydantic import BaseModel, Field

from cogitate.llm.decide import decide
from cogitate.planners.base import Turn
from cogitate.planners.thoughts.operations import Split
from cogitate.planners.thoughts.search import Search
from cogitate.planners.thoughts.thought import Move, Thought
from cogitate.runs.context import current
from cogitate.runs.events import Noted

SPLIT_PROMPT = """\
You cut a question into 2 to 4 smaller questions that can be answered one by one. Each says all \
that is needed to answer it, with its numbers and names. Write them in the language of the \
question."""

SPLIT_EXAMPLE = [
    HumanMessage(
        "Ann buys 3 pens at 2 euros and 4 books at 5 euros. Which costs her more, pens or books?"
    ),
    AIMessage(
        '{"parts":["What do 3 pens at 2 euros each cost?","What do 4 books at 5 euros each cost?"]}'
    ),
    HumanMessage("养猫和养狗各有什么好处？"),
    AIMessage('{"parts":["养猫有什么好处？","养狗有什么好处？"]}'),
]


class Parts(BaseModel):
    """The smaller questions."""

    parts: list[str] = Field(min_length=1, max_length=4)


async def split(turn: Turn, search: Search, how: Split, given: Sequence[Thought]) -> list[Thought]:
    """Return a thought for each part of the task."""
    made = []
    for thought in given:
        moves = search.task.parts(thought.state)
        if moves is None:
            moves = await _asked(turn, search, how)
        made += [search.add(move, [thought], "split") for move in moves]
    return made


async def _asked(turn: Turn, search: Search, how: Split) -> list[Move]:
    """Return the parts that a model names; the whole when it names none."""
    goal = search.task.goal
    nothing = Parts(parts=[goal])
    shown = [SystemMessage(SPLIT_PROMPT), *SPLIT_EXAMPLE, HumanMessage(goal)]
    found = await decide(
        turn.planner, shown, Parts, purpose="thought-split", fallback=nothing, max_tokens=300
    )
    if found is nothing:
        current().emit(Noted(text="thoughts: the model named no parts; the task stays whole"))
    parts = list(dict.fromkeys(" ".join(p.split())[:500] for p in found.parts if p.strip()))
    return [
        Move(state={"part": part, "steps": []}, text=part) for part in parts[: how.most] or [goal]
    ]
