"""compose: one typed pipeline of tools and small modules, checked before anything runs.

HuggingGPT (Shen et al. 2023) and Chameleon (Lu et al. 2023) as one form: nodes with a tool and
arguments that are literals or name earlier results. A large model lays it out by itself; a small
one chooses among ready recipes by number and fills the blanks. What the check says goes back to
the planner once; then the default pipeline is taken. A model for each module, and a cache that
all modules see, are settings of `Policy`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from pydantic import BaseModel, Field

from cogitate.llm.decide import choose, decide
from cogitate.llm.llama import ChatLlama
from cogitate.planners.base import Turn, go_on, no_evidence
from cogitate.planners.grounding import unsupported_names, unsupported_numbers
from cogitate.planners.loops.pipeline.engine import advance
from cogitate.planners.loops.pipeline.forms import line_of
from cogitate.planners.loops.pipeline.modules import MODULES
from cogitate.planners.loops.pipeline.nodes import (
    MOST_NODES,
    Node,
    OnFail,
    Signature,
    problems,
    signature_of,
)
from cogitate.planners.loops.pipeline.recipes import (
    DEFAULT,
    OWN,
    RECIPES,
    Recipe,
    fitting,
    in_order,
    made,
)
from cogitate.planners.loops.pipeline.rewoo import (
    PLAN_EXAMPLE,
    PLAN_PROMPT,
    asked,
    solve,
    sound_plan,
)
from cogitate.planners.loops.pipeline.standing import Policy, asked_of, noted, standing
from cogitate.planners.loops.plan.restate import needed
from cogitate.planners.loops.plan.split import needs_all, parts_of, refers_back
from cogitate.planners.tool_gates import tools_gate
from cogitate.planners.ways.react import SHIPPED
from cogitate.planners.ways.saying import is_chinese
from cogitate.runs.context import current

RECIPE_PROMPT = "Which recipe fits the request best? Reply with the number.\n{listed}"
RECIPE_EXAMPLE = [
    HumanMessage("Request: Who keeps the budget?"),
    AIMessage("1"),
    HumanMessage("Request: 利润最高的产品由谁负责采购？"),
    AIMessage("2"),
]
BLANKS_PROMPT = """\
Split the goal into two questions, in order, in the goal's words. The second one may say "that" \
for the answer to the first one."""
LEFT_OUT = ("Not found out: ", "没有得到：")
"""What heads the list of the nodes that were left out, in English and in Chinese."""
APPROVE = "The plan has these steps:\n{steps}\nGo on? (yes or no)"


class Questions(BaseModel):
    """The blanks of a recipe with two slots."""

    first: str = Field(max_length=200)
    second: str = Field(max_length=200)


@dataclass(frozen=True, kw_only=True)
class Compose:
    """The way, with its settings."""

    recipes: bool | None = None
    """Whether to choose among recipes; None: with an embedded model."""
    listed: tuple[Recipe, ...] = RECIPES
    policy: Policy = field(default_factory=Policy)
    on_fail: OnFail = "skip"
    approve: bool = False
    """Whether a person must agree to every plan before it runs."""

    async def __call__(self, turn: Turn) -> AIMessage:
        """Return the plan, the next calls, or the answer."""
        known = {tool.name: signature_of(tool) for tool in turn.tools} | MODULES
        kept = next((data["nodes"] for data in turn.thoughts if "nodes" in data), None)
        if kept is None:
            return await self._begin(turn, known)
        nodes = [Node(**data) for data in kept]
        move = await advance(turn, nodes, known, self.policy)
        if move is not None:
            return move
        found = standing(turn, nodes, self.policy)
        rest = [n for n in nodes if n.id not in found.failed or n.on_fail == "abort"]
        if not rest or len(rest) == len(nodes):
            return await solve(turn, nodes, self.policy)
        answer = await solve(turn, rest, self.policy)
        left = "; ".join(" ".join(asked_of(n)) for n in nodes if n not in rest and asked_of(n))
        head = LEFT_OUT[is_chinese(turn.task.goal)]
        return AIMessage(f"{answer.text}\n{head}{left}") if answer.text else answer

    async def _begin(self, turn: Turn, known: Mapping[str, Signature]) -> AIMessage:
        """Return the message that keeps a plan which passed the check, and a person's yes."""
        nodes = await self._planned(turn, known)
        wrong = problems(nodes, known)
        several = sum(known[n.tool].once for n in nodes if n.tool in known) > 1
        asks = self.approve or (several and not problems(nodes, known, approved=True))
        if asks and nodes:
            if not await _agreed(nodes):
                return no_evidence("the plan needs a person's yes, and there was none")
            wrong = problems(nodes, known, approved=True)
        if wrong:
            noted(f"the default pipeline is taken: {'; '.join(wrong[:3])}")
            nodes = await self._default(turn)
        nodes = [replace(node, on_fail=self.on_fail) for node in nodes]
        return go_on(nodes=[node.data() for node in nodes])

    async def _planned(self, turn: Turn, known: Mapping[str, Signature]) -> list[Node]:
        small = isinstance(turn.planner, ChatLlama) if self.recipes is None else self.recipes
        if small:
            return await self._by_recipe(turn, known)
        shown: list[BaseMessage] = [SystemMessage(PLAN_PROMPT), *PLAN_EXAMPLE]
        shown.append(HumanMessage(asked(turn.task.goal, [], known)))
        return await sound_plan(turn, (1, MOST_NODES), shown, known, several=True)

    # ------------------------------------------------------------------------------ recipes

    async def _by_recipe(self, turn: Turn, known: Mapping[str, Signature]) -> list[Node]:
        """Return the pipeline of a recipe, or of the parts that code finds in the goal."""
        own = {name: s for name, s in known.items() if name not in SHIPPED and name not in MODULES}
        goal, parts = turn.task.goal, parts_of(turn.task.goal)
        if len(parts) > 1:
            nodes = await self._default(turn)
            return [await self._with_tool(turn, node, nodes, own) for node in nodes]
        recipe = await self._chosen(turn, own)
        noted(f"recipe: {recipe.name}")
        if any(tool == OWN for tool, _ in recipe.slots):
            node = Node(id=1, tool="look_up", args={"question": goal})
            return [await self._with_tool(turn, node, [node], own)]
        questions = [goal] if len(recipe.slots) == 1 else await self._questions(turn)
        return made(recipe if len(questions) == len(recipe.slots) else DEFAULT, questions, goal)

    async def _chosen(self, turn: Turn, own: Mapping[str, Signature]) -> Recipe:
        """Return the recipe that the model chooses by its number."""
        recipes = fitting(self.listed, own)[:9]
        listed = "\n".join(f"{n}) {r.name}: {r.when}" for n, r in enumerate(recipes, 1))
        if own:
            listed += "\nSpecial tools: " + "; ".join(s.name for s in list(own.values())[:8])
        shown = [SystemMessage(RECIPE_PROMPT.format(listed=listed)), *RECIPE_EXAMPLE]
        shown.append(HumanMessage(f"Request: {turn.task.goal}"))
        numbers = [str(n) for n in range(1, len(recipes) + 1)]
        found = await choose(turn.planner, shown, numbers, purpose="recipe")
        return recipes[int(next(iter(found))) - 1]

    async def _questions(self, turn: Turn) -> list[str]:
        """Return the two questions of a goal; or it alone when they bring new values."""
        goal = turn.task.goal
        shown = [SystemMessage(BLANKS_PROMPT), HumanMessage(f"Goal: {goal}")]
        whole = Questions(first=goal[:200], second="")
        found = await decide(
            turn.planner, shown, Questions, purpose="blanks", fallback=whole, max_tokens=160
        )
        text = f"{found.first} ; {found.second}"
        odd = unsupported_numbers(text, [goal]) or unsupported_names(text, [goal])
        if odd or not found.second.strip() or found.first.strip() == found.second.strip():
            return [goal]
        return [found.first.strip(), found.second.strip()]

    async def _with_tool(
        self, turn: Turn, node: Node, nodes: list[Node], own: Mapping[str, Signature]
    ) -> Node:
        """Return a node as a call of a tool of the person's own, where the gate says so."""
        question = str(node.args["question"])
        lines = [line_of(signature).removeprefix("- ") for signature in list(own.values())[:8]]
        if not own or await tools_gate(turn.planner, lines, question) <= 0:
            return node
        before = [n for n in nodes if n.id < node.id]
        earlier = " ".join(f"#E{n.id} answers: {n.args['question']}" for n in before)
        text = f"{asked(question, [], own)}\n{earlier}".strip()
        shown = [SystemMessage(PLAN_PROMPT), *PLAN_EXAMPLE, HumanMessage(text)]
        # Earlier nodes stand in for what this one may refer to.
        found = await sound_plan(turn, (1, 1), shown, own, before=before)
        return replace(found[-1], id=node.id) if found else node

    async def _default(self, turn: Turn) -> list[Node]:
        """Return the pipeline that is always possible: each part looked up, or worked out."""
        parts = parts_of(turn.task.goal)
        needs: list[tuple[int, ...]] = []
        for number, part in enumerate(parts, 1):
            if number > 1 and needs_all(part):
                needs.append(tuple(range(1, number)))
            elif number > 1 and (
                refers_back(part) or await needed(turn.planner, parts[number - 2].text, part.text)
            ):
                needs.append((number - 1,))
            else:
                needs.append(())
        return in_order([part.text for part in parts], needs)


async def _agreed(nodes: list[Node]) -> bool:
    """Return whether the person says yes to the plan; nobody there is no yes."""
    steps = "\n".join(f"{n.id}. {n.tool} {n.args}" for n in nodes)
    reply = await current().put(APPROVE.format(steps=steps)) or ""
    return reply.strip().lower().startswith(("y", "是", "好", "ok"))


compose = Compose()
