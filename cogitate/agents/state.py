"""What flows through the graph, and what the nodes may lean on.

State is checkpointed, so it holds plain data and langchain messages only. Parts are
passed as runtime context, so models, clients and files never reach a checkpoint.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Annotated, Any, TypedDict

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AnyMessage
from langchain_core.tools import BaseTool
from langgraph.graph import add_messages

from cogitate.keys import without_known
from cogitate.memory import BufferMemory, Memory
from cogitate.planners import Critic, Planner, Way
from cogitate.runs.approval import Policy
from cogitate.runs.context import RunContext, Sandbox
from cogitate.runs.prices import Price
from cogitate.values import Limits, Step, StopReason, Survey


class State(TypedDict, total=False):
    """One run. Nodes are verbs, keys are nouns, and each key has one node that writes it.

    Several nodes append to `messages`, so it alone has a reducer.
    """

    goal: str
    """Written by the caller, like `history`."""
    history: list[str]
    """What was said before, in a chat."""
    messages: Annotated[list[AnyMessage], add_messages]

    notes: list[str]
    """Written by `plan`, like the four below: what memory recalled."""
    survey: Survey | None
    steps: list[Step]
    """What is left to do; the first one is being done."""
    begun: int
    """How many messages there were when the first of `steps` began."""
    rounds: int

    repeats: int
    """Written by `observe`: moves in a row that brought nothing new."""
    idle: int
    """Written by `act`: thoughts in a row that were had before."""

    findings: list[str]
    """Written by `critique`, like the four below: what the steps found out."""
    tried: list[str]
    """Ways that brought no evidence."""
    failures: list[str]
    """Why, in words."""
    feedback: str
    """Why the last answer was turned down."""
    circles: int
    """Ways that went round in circles."""
    turned_down: str
    """Written by `critique`: the last answer that the critic turned down, with its advice."""

    learned: str
    """Written by `remember`: what became of the facts that the person stated."""

    answer: str
    """Written by `answer`, like `stopped`."""
    stopped: StopReason


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What an agent is made of."""

    model: BaseChatModel
    tools: Sequence[BaseTool] = ()
    loop: str = "auto"
    """The name of a loop (`agents/loops.py`): its ways of working, its critic and its limits."""
    planner: Planner | None = None
    """None: the loop's own."""
    executor: Way | None = None
    """What makes the moves, whatever way of working the plan names; None: that way."""
    critic: Critic | None = None
    """None: the loop's own, which for most accepts every answer that has evidence."""
    planner_model: BaseChatModel | None = None
    """The model that plans; None: `model`."""
    critic_model: BaseChatModel | None = None
    """The model that judges; None: `model`."""
    memory: Memory = field(default_factory=BufferMemory)
    limits: Limits | None = None
    """None: the loop's own."""
    folder: Path | str | None = None
    """The person's folder, which tools may read."""
    sandbox: Sandbox = "confined"
    """What confines the python tool."""
    offline: bool = False
    """Whether tools must leave the network alone."""
    policy: Policy = field(default_factory=Policy)
    """Which tool calls run by themselves, which need a person's yes, which never run."""
    prices: Mapping[str, Price] = field(default_factory=dict)
    """What a million tokens cost, by the model's name; none are known without it."""


def recorded_parts(parts: Parts, context: RunContext) -> Parts:
    """Return `parts` with all their models kept in the journal of the run."""
    slots = ("model", "planner_model", "critic_model")
    models = {name: getattr(parts, name) for name in slots if getattr(parts, name) is not None}
    kept: dict[str, Any] = {name: context.recorded(made, name) for name, made in models.items()}
    for name in ("planner", "critic", "executor"):
        kept[name] = _with_recorded(getattr(parts, name), context, name)
    return replace(parts, **kept)


def _with_recorded(part: Any, context: RunContext, slot: str) -> Any:
    """Return a part with the models that it holds itself kept as well."""
    if not is_dataclass(part) or isinstance(part, type):
        return part
    held = {f.name: getattr(part, f.name) for f in fields(part) if f.init}
    models = {
        name: context.recorded(value, f"{slot} {name}")
        for name, value in held.items()
        if isinstance(value, BaseChatModel)
    }
    return replace(part, **models) if models else part


def start(goal: str, known: Sequence[str] = ()) -> State:
    """Return the state a run begins with.

    Args:
        goal: what the person wants.
        known: what was said or found out before.
    """
    return {
        "goal": without_known(goal),
        "history": [without_known(said) for said in known],
        "steps": [],
        "begun": 0,
        "rounds": 0,
        "repeats": 0,
        "idle": 0,
        "circles": 0,
        "turned_down": "",
        "findings": [],
        "tried": [],
        "failures": [],
        "feedback": "",
    }
