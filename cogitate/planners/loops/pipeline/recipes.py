"""Pipelines that are ready: a small model chooses one by its number instead of planning freely.

Planning collapses with the size of a model; choosing among a few stays possible. What a recipe
leaves open are its questions, and the arguments of a tool of the person's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cogitate.planners.loops.pipeline.nodes import Node, Signature

OWN = "(own)"
"""Stands for a tool of the person's own, which is chosen with its arguments."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One pipeline with blanks: each slot is a tool, and the earlier slots that it needs."""

    name: str
    when: str
    slots: tuple[tuple[str, tuple[int, ...]], ...]
    closing: str = ""
    """A module at the end that needs all slots and takes the goal as its question."""


RECIPES: tuple[Recipe, ...] = (
    Recipe(
        name="look up",
        when="one question about files, tables or notes, or one calculation",
        slots=(("look_up", ()),),
    ),
    Recipe(
        name="look up, then work out",
        when="a second question needs the answer to the first one",
        slots=(("look_up", ()), ("work_out", (1,))),
    ),
    Recipe(
        name="look up apart",
        when="two questions that have nothing to do with each other",
        slots=(("look_up", ()), ("look_up", ())),
    ),
    Recipe(
        name="use a tool",
        when="one of the special tools does what is asked",
        slots=((OWN, ()),),
    ),
    Recipe(
        name="look up and shorten",
        when="a summary of what stands in the files is asked for",
        slots=(("look_up", ()),),
        closing="summarise",
    ),
)
DEFAULT = RECIPES[0]


def in_order(parts: Sequence[str], needs: Sequence[tuple[int, ...]]) -> list[Node]:
    """Return the default pipeline of a goal in parts: each is looked up, or worked out from others.

    Args:
        parts: the questions.
        needs: for each, the numbers of the earlier ones that it needs.
    """
    return [
        Node(id=number, tool="work_out", args={"question": part, "known": marks(wanted)})
        if wanted
        else Node(id=number, tool="look_up", args={"question": part})
        for number, (part, wanted) in enumerate(zip(parts, needs, strict=True), 1)
    ]


def marks(numbers: Sequence[int]) -> str:
    """Return the references to nodes, as they stand in a text."""
    return f"${numbers[0]}" if len(numbers) == 1 else " ".join(f"#E{n}" for n in numbers)


def made(recipe: Recipe, questions: Sequence[str], goal: str) -> list[Node]:
    """Return the nodes of a recipe without tools of the person's own, its blanks filled in.

    Args:
        recipe: the recipe.
        questions: one for each slot.
        goal: the question of the closing module.
    """
    nodes = in_order(questions, [needs for _, needs in recipe.slots])
    if recipe.closing:
        every = marks([node.id for node in nodes])
        args = {"text": every} if recipe.closing == "summarise" else {}
        if not args:
            args = {"question": goal, "facts": every}
        nodes.append(Node(id=len(nodes) + 1, tool=recipe.closing, args=args))
    return nodes


def fitting(recipes: Sequence[Recipe], own: Mapping[str, Signature]) -> list[Recipe]:
    """Return the recipes that can be made with the tools that there are."""
    return [r for r in recipes if own or all(tool != OWN for tool, _ in r.slots)]
