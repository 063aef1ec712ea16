"""What the loop asks its models: further tasks, their order, and whether the objective is met."""

from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from pydantic import BaseModel, Field

from cogitate.llm.decide import decide
from cogitate.planners.base import Turn
from cogitate.planners.gates import yes_or_no
from cogitate.planners.loops.babyagi.board import Board
from cogitate.planners.loops.closing import SHOWN
from cogitate.planners.loops.parts import materials

TASKS_PROMPT = """\
You plan the work on an objective. Write the tasks that are still needed, at most 3, as JSON. \
Each task is ONE full question that a single look into the files, one calculation or one tool \
answers. Write numbers and names out in full; "it" or "the result" says nothing. A later task may \
use what an earlier one finds. Leave out what is answered or waiting. When no part of the \
objective is missing, write no tasks. Write in the language of the objective."""

TASKS_EXAMPLE = [
    HumanMessage(
        "Objective: Find the city with the most customers and who looks after it.\n"
        "Tables: customers(name, city)\nTexts: team.md\nAnswered: nothing\nWaiting: nothing"
    ),
    AIMessage(
        '{"tasks":[{"name":"Which city has the most customers?","why":"first part"},'
        '{"name":"Who looks after the city with the most customers?","why":"second part"}]}'
    ),
    HumanMessage(
        "Objective: 查出会议室在几楼，并算出三月有多少个星期一。\nTexts: 须知.txt\n"
        "Answered:\n- 会议室在几楼？ -> 会议室在三楼。\nWaiting:\n- 三月有多少个星期一？"
    ),
    AIMessage('{"tasks":[]}'),
    HumanMessage(
        "Objective: What do 4 kg of rice cost in euros and in dollars?\n"
        "Tables: prices(item, euros)\n"
        "Answered:\n- What does 1 kg of rice cost in euros? -> It costs 2.20 euros.\n"
        "Waiting: nothing"
    ),
    AIMessage(
        '{"tasks":[{"name":"What do 4 kg of rice cost at 2.20 euros a kg?","why":"first part"},'
        '{"name":"How many dollars do 4 kg of rice cost?","why":"second part"}]}'
    ),
]

ORDER_PROMPT = """\
Put tasks into the order in which they should be done: what others depend on comes first. Write \
their numbers as JSON."""
ORDER_EXAMPLE = [
    HumanMessage(
        "Objective: Find the city with the most customers and who looks after it.\nTasks:\n"
        "1) Who looks after the city with the most customers?\n"
        "2) Which city has the most customers?"
    ),
    AIMessage('{"order":[2,1]}'),
]

MET_PROMPT = "Do the results answer every part of the objective? Answer yes or no."
_CITY = "Objective: Find the city with the most customers and who looks after it.\nResults:\n"
MET_EXAMPLE = [
    HumanMessage(f"{_CITY}- Which city has the most customers? -> Lyon has the most, 12."),
    AIMessage("no"),
    HumanMessage(
        f"{_CITY}- Which city has the most customers? -> Lyon has the most, 12.\n"
        "- Who looks after Lyon? -> Ana Reis does."
    ),
    AIMessage("yes"),
    HumanMessage(
        "Objective: 查出会议室在几楼，可以坐多少人。\nResults:\n- 会议室在几楼？ -> 会议室在三楼。"
    ),
    AIMessage("no"),
    HumanMessage(
        "Objective: 查出会议室在几楼，可以坐多少人。\nResults:\n"
        "- 会议室在几楼？ -> 会议室在三楼。\n- 会议室可以坐多少人？ -> 18人。"
    ),
    AIMessage("yes"),
]

MOST_NEW = 3
MOST_LISTED = 12


class NewTask(BaseModel):
    """One further task."""

    name: str = Field(min_length=4, max_length=120)
    why: str = Field(default="", max_length=60)


class NewTasks(BaseModel):
    """The tasks that are still needed; none when nothing is missing."""

    tasks: list[NewTask] = Field(max_length=MOST_NEW)


class Order(BaseModel):
    """Numbers of tasks, the first to be done first."""

    order: list[int] = Field(max_length=40)


def _pairs(board: Board) -> str:
    lines = [f"- {t.name} -> {' '.join(t.result.split())[:SHOWN]}" for t in board.done]
    return "\n".join(lines[-MOST_LISTED:])


async def further_tasks(turn: Turn, board: Board) -> list[NewTask]:
    """Return the tasks that the planner finds to be needed; none where it wrote nonsense."""
    answered = f"Answered:\n{_pairs(board)}" if board.done else "Answered: nothing"
    failed = "".join(f"\n- {task.name} -> no answer was found" for task in board.failed[-3:])
    waiting = "".join(f"\n- {task.name}" for task in board.waiting[:MOST_LISTED]) or " nothing"
    asked = f"Objective: {turn.task.goal}\n{materials(turn)}{answered}{failed}\nWaiting:{waiting}"
    shown: list[BaseMessage] = [SystemMessage(TASKS_PROMPT), *TASKS_EXAMPLE, HumanMessage(asked)]
    none = NewTasks(tasks=[])
    found = await decide(
        turn.planner, shown, NewTasks, purpose="new tasks", fallback=none, max_tokens=260
    )
    return found.tasks[:MOST_NEW]


async def order_of(turn: Turn, names: Sequence[str]) -> list[int]:
    """Return the numbers of the tasks in the planner's order; whatever it wrote."""
    listed = "\n".join(f"{number}) {name}" for number, name in enumerate(names, start=1))
    asked = HumanMessage(f"Objective: {turn.task.goal}\nTasks:\n{listed}")
    shown = [SystemMessage(ORDER_PROMPT), *ORDER_EXAMPLE, asked]
    kept = Order(order=[])
    found = await decide(
        turn.planner, shown, Order, purpose="order tasks", fallback=kept, max_tokens=160
    )
    return found.order


async def is_met(model: BaseChatModel, objective: str, board: Board) -> bool:
    """Return whether the critic finds every part of the objective in the results."""
    question = f"Objective: {objective}\nResults:\n{_pairs(board)}"
    return await yes_or_no(model, MET_PROMPT, MET_EXAMPLE, question, "objective met?") > 0
