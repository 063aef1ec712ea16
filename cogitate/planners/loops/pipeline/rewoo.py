"""rewoo: all calls are planned before the first one runs; one answer from the evidence at the end.

#E1 stands for the result of call 1 (ReWOO, Xu et al. 2023). Calls that need nothing of each
other run side by side, no model looks at results between them. A small model plans over few
tools, with `look_up` for whatever is found in files; one call for each part of a goal that code
can split.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from pydantic import BaseModel

from cogitate.errors import ModelError
from cogitate.llm.decide import decide
from cogitate.llm.llama import ChatLlama
from cogitate.planners.base import Turn, go_on, no_evidence
from cogitate.planners.grounding import (
    missing_support,
    missing_values,
    unsupported_names,
    unsupported_numbers,
)
from cogitate.planners.loops.pipeline.engine import advance
from cogitate.planners.loops.pipeline.forms import line_of, nodes_of, plan_form
from cogitate.planners.loops.pipeline.modules import MODULES, run_module
from cogitate.planners.loops.pipeline.nodes import Node, Signature, problems, signature_of
from cogitate.planners.loops.pipeline.reading import plain
from cogitate.planners.loops.pipeline.standing import (
    TURNED_DOWN,
    Policy,
    facts,
    failures,
    noted,
    standing,
)
from cogitate.planners.loops.plan.split import parts_of
from cogitate.planners.ways.react import SHIPPED

MOST = 8
FREE_STEPS = 4
"""Most calls that a small model may plan for a goal that code cannot split."""
PLAN_TOKENS = 400
SMALL_TOOLS = ("look_up", "calculate")
"""What a small model plans over beside the person's own tools: files and tables are look_up's."""

PLAN_PROMPT = """\
Write all the calls that reach the goal at once, in order, before any of them runs. #E1 stands \
for the result of call 1, #E2 for that of call 2. A call may use only earlier results. Copy \
numbers and names from the goal exactly. Use the fewest calls."""
_TOOLS = (
    "- look_up(question: text) -> text: Find out one thing from the person's files, tables or "
    "notes.\n- calculate(expression: text) -> number: Work out an expression.\n"
    "- fare(town: text, bags: number) -> text: Return the bus fare to a town."
)
PLAN_EXAMPLE = [
    HumanMessage(
        f"Tools:\n{_TOOLS}\nGoal: What did we spend on paint, and what is that divided by 4?"
    ),
    AIMessage(
        '{"steps": [{"tool": "look_up", "args": {"question": "What did we spend on paint?"}}, '
        '{"tool": "calculate", "args": {"expression": "#E1 / 4"}}]}'
    ),
    HumanMessage(f"Tools:\n{_TOOLS}\nGoal: 带2件行李去Bern的车费是多少？再加上15。"),
    AIMessage(
        '{"steps": [{"tool": "fare", "args": {"town": "Bern", "bags": 2}}, '
        '{"tool": "calculate", "args": {"expression": "#E1 + 15"}}]}'
    ),
    HumanMessage(f"Tools:\n{_TOOLS}\nGoal: Who is the treasurer? In which town is the office?"),
    AIMessage(
        '{"steps": [{"tool": "look_up", "args": {"question": "Who is the treasurer?"}}, '
        '{"tool": "look_up", "args": {"question": "In which town is the office?"}}]}'
    ),
]
MEND_PROMPT = "This plan will not do:\n{problems}\nWrite the whole plan again."


@dataclass(frozen=True, kw_only=True)
class Rewoo:
    """The way. Without `small` it is taken from the model: an embedded one counts as small."""

    small: bool | None = None
    policy: Policy = field(default_factory=lambda: Policy(parallel=8))

    async def __call__(self, turn: Turn) -> AIMessage:
        """Return the plan, the next level of calls, or the answer from the evidence."""
        known = self.known(turn)
        kept = next((data["nodes"] for data in turn.thoughts if "nodes" in data), None)
        if kept is None:
            nodes = await self._plan(turn, known)
            return go_on(nodes=[node.data() for node in nodes])
        nodes = [Node(**data) for data in kept]
        move = await advance(turn, nodes, {**MODULES, **known}, self.policy)
        return move if move is not None else await solve(turn, nodes, self.policy)

    def known(self, turn: Turn) -> dict[str, Signature]:
        """Return what may be called: all tools, or for a small model the few that it plans over."""
        found = {tool.name: signature_of(tool) for tool in turn.tools}
        if not self._is_small(turn):
            return found
        own = {name: item for name, item in found.items() if name not in SHIPPED}
        every = {**found, "look_up": MODULES["look_up"]}
        return {name: every[name] for name in SMALL_TOOLS if name in every} | own

    def _is_small(self, turn: Turn) -> bool:
        return isinstance(turn.planner, ChatLlama) if self.small is None else self.small

    async def _plan(self, turn: Turn, known: Mapping[str, Signature]) -> list[Node]:
        """Return a plan that passes the check: the first, the mended one, or the fallback."""
        goal, parts = turn.task.goal, parts_of(turn.task.goal)
        small = self._is_small(turn)
        split = len(parts) > 1 and small
        least = len(parts) if split else 1
        most = least if split else FREE_STEPS if small else MOST
        shown: list[BaseMessage] = [SystemMessage(PLAN_PROMPT), *PLAN_EXAMPLE]
        shown.append(HumanMessage(asked(goal, [p.text for p in parts] if split else [], known)))
        nodes = await sound_plan(turn, (least, most), shown, known)
        if nodes:
            return nodes
        noted("no sound plan was written: each part of the goal is looked up")
        return [
            Node(id=n, tool="look_up", args={"question": part.text})
            for n, part in enumerate(parts, 1)
        ]


rewoo = Rewoo()


def asked(goal: str, parts: Sequence[str], known: Mapping[str, Signature]) -> str:
    """Return what a planner is shown of a goal: the tools, the goal, and its parts by number."""
    listed = "\n".join(line_of(signature) for signature in known.values())
    text = f"Tools:\n{listed}\nGoal: {goal}"
    if parts:
        text += "\nOne call for each part: " + " ".join(f"{n}) {p}" for n, p in enumerate(parts, 1))
    return text


async def sound_plan(
    turn: Turn,
    bounds: tuple[int, int],
    shown: list[BaseMessage],
    known: Mapping[str, Signature],
    *,
    before: Sequence[Node] = (),
    several: bool = False,
) -> list[Node]:
    """Return a plan that passes the check, mended once by the check's messages; else none.

    Args:
        turn: the turn.
        bounds: fewest and most calls.
        shown: what the planner is shown.
        known: what may be called.
        before: nodes that come before those of the plan, which may name their results.
        several: whether a person will be asked about several lasting effects.
    """
    every = {**MODULES, **known}
    if not known:
        return []
    form = plan_form(known, least=bounds[0], most=bounds[1])
    for _ in range(2):
        written = await planned(turn, form, shown)
        if written is None:
            break
        nodes = [replace(n, id=n.id + len(before)) for n in nodes_of(written)]
        wrong = problems([*before, *nodes], every if before else known, approved=several)
        wrong += foreign(nodes, turn)
        if not wrong:
            return nodes
        noted(f"{TURNED_DOWN}: {'; '.join(wrong[:3])}")
        told = MEND_PROMPT.format(problems="\n".join(wrong[:5]))
        text = written.model_dump_json(by_alias=True, exclude_none=True)
        shown = [*shown, AIMessage(text), HumanMessage(told)]
    return []


async def planned(
    turn: Turn, form: type[BaseModel], shown: Sequence[BaseMessage]
) -> BaseModel | None:
    """Return the plan that the planner writes; None when it cannot write one of the form."""
    try:
        return await decide(turn.planner, shown, form, purpose="plan", max_tokens=PLAN_TOKENS)
    except ModelError as error:
        noted(str(error))
        return None


def foreign(nodes: Sequence[Node], turn: Turn) -> list[str]:
    """Return the numbers and names of a plan that come neither from the goal nor from notes."""
    sources = [turn.task.goal, *turn.task.notes]
    found = []
    for node in nodes:
        text = " ; ".join(str(value) for value in node.args.values())
        # A placeholder is no number; what a code or a query is made of is checked when it runs.
        text = text.replace("#E", " ") if "code" not in node.args and "sql" not in node.args else ""
        values = unsupported_numbers(text, sources) + unsupported_names(f"; {text}", sources)
        if values:
            found.append(f"step {node.id}: the goal does not say {', '.join(values[:3])}")
    return found


async def solve(turn: Turn, nodes: Sequence[Node], policy: Policy) -> AIMessage:
    """Return the answer from what the calls gave, or say that they gave nothing."""
    found = standing(turn, nodes, policy)
    used = {number for node in nodes for number in node.needs}
    each = len(nodes) == len(parts_of(turn.task.goal))  # the person asked for every part
    ends = [node for node in nodes if each or node.id not in used]
    missing = [node for node in ends if node.id not in found.values]
    if missing:
        why = failures(nodes, found) or "the run ended before all calls were made"
        known = facts([n for n in nodes if n.id in found.values], found, policy)
        return no_evidence(f"{f'found: {known}; ' if known else ''}{why}"[:600])
    texts = list(dict.fromkeys(plain(found.values[node.id]) for node in ends))
    if len(nodes) == 1 and nodes[0].tool in MODULES:
        return AIMessage(found.values[nodes[0].id])
    args = {"question": turn.task.goal, "facts": facts(nodes, found, policy)}
    said = await run_module(turn.model, "solve", args, turn.task.goal)
    held = [*(found.values.values()), *turn.task.notes]
    told = f"{said}\n{turn.task.goal}"  # what the goal says itself need not be said again
    lost = [text for text in texts if missing_values(text, told) and len(text) < policy.preview]
    unsound = unsupported_numbers(said, [turn.task.goal, *held]) or missing_support(
        turn.task, turn.messages, said
    )
    if not said or unsound or lost:
        return AIMessage("\n".join(found.values[node.id] for node in ends))
    return AIMessage(said)
