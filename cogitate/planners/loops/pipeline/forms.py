"""What a model may write as a plan: a list of calls whose arguments fit each tool.

The form is made from the tools, so that a call always parses; a number, too, may be a reference
to an earlier result. Fields are aliases, since a parameter may have any name.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Union, cast

from pydantic import BaseModel, Field, create_model

from cogitate.planners.loops.pipeline.nodes import Kind, Node, Signature

TEXT, CODE = 300, 500
"""Most characters of a text, and of a program or a query, in a plan."""
CODES = frozenset({"code", "sql"})

Reference = Annotated[str, Field(pattern="^#E[1-9]$")]


def plan_form(
    known: Mapping[str, Signature], *, least: int, most: int, names: Sequence[str] = ()
) -> type[BaseModel]:
    """Return the class of a plan over the given tools: `steps`, each with `tool` and `args`.

    Args:
        known: tools and modules.
        least: fewest steps.
        most: most steps.
        names: which of them; all when left out.
    """
    calls = [_call_form(index, known[name]) for index, name in enumerate(names or known)]
    step = calls[0] if len(calls) == 1 else Union[tuple(calls)]  # noqa: UP007 - built at run time
    steps = cast(Any, Annotated[list[step], Field(min_length=least, max_length=most)])  # type: ignore[valid-type]
    return create_model("PlannedCalls", steps=(steps, ...))


def _call_form(index: int, signature: Signature) -> type[BaseModel]:
    name = cast(Any, Literal)[signature.name]
    args = args_form(signature, f"Args{index}")
    return create_model(f"Call{index}", tool=(name, ...), args=(args, ...))


def args_form(signature: Signature, title: str = "Args") -> type[BaseModel]:
    """Return the class of a tool's arguments, each of its kind or a reference."""
    fields: dict[str, Any] = {}
    for index, (name, kind) in enumerate(signature.inputs.items()):
        shape = _shape(name, kind, signature.choices.get(name))
        if name in signature.required:
            fields[f"p{index}"] = (shape, Field(alias=name))
        else:
            fields[f"p{index}"] = (shape | None, Field(default=None, alias=name))
    return create_model(title, **fields)


def _shape(name: str, kind: Kind, choices: Sequence[Any] | None) -> Any:
    if choices:
        return cast(Any, Literal)[tuple(choices)]
    text = Annotated[str, Field(max_length=CODE if name in CODES else TEXT)]
    shapes: dict[str, Any] = {
        "text": text,
        "number": float | Reference,
        "bool": bool | Reference,
        "list": Annotated[list[text], Field(max_length=8)] | Reference,
        "json": Reference,
        "table": Reference,
    }
    return shapes.get(kind, float | bool | text)


def nodes_of(plan: BaseModel) -> list[Node]:
    """Return the nodes of a plan; their ids are ours, in the order in which they were written."""
    steps = plan.model_dump(mode="json", by_alias=True, exclude_none=True)["steps"]
    return [
        Node(id=number, tool=step["tool"], args=_plain(step["args"]))
        for number, step in enumerate(steps, 1)
    ]


def _plain(args: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments with whole numbers written as such."""
    return {k: int(v) if isinstance(v, float) and v.is_integer() else v for k, v in args.items()}


def line_of(signature: Signature) -> str:
    """Return one line that shows a tool to a planner: inputs with their kinds, and its output."""
    inputs = []
    for name, kind in signature.inputs.items():
        choices = signature.choices.get(name)
        shown = "|".join(map(str, choices)) if choices else kind
        inputs.append(f"{name}{'' if name in signature.required else '?'}: {shown}")
    return f"- {signature.name}({', '.join(inputs)}) -> {signature.output}: {signature.about}"
