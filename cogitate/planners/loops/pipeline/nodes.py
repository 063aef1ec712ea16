"""A pipeline: typed nodes whose arguments are literals or name the results of earlier nodes.

All of this is code and is done before anything runs: what a node may be, the check, what is
ready. `$1` as a whole argument is the result of node 1; `#E1` is the same anywhere in a text.
A field of a JSON result is named after a dot: `$1.price`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_type_hints

from langchain_core.tools import BaseTool, StructuredTool
from langchain_core.utils.function_calling import convert_to_openai_tool

Kind = Literal["text", "number", "bool", "list", "json", "table", "any"]
OnFail = Literal["skip", "abort"]

MOST_NODES = 10

_WHOLE = re.compile(r"^\s*(?:\$|#E)(\d{1,2})(?:\.(\w+))?\s*$")
_WITHIN = re.compile(r"#E(\d{1,2})(?:\.([A-Za-z_]\w*))?")
_LEAK = re.compile(r"#E\d|^\s*\$\d{1,2}(?:\.\w+)?\s*$|\$\{")
_KINDS: dict[str, Kind] = {
    "string": "text",
    "number": "number",
    "integer": "number",
    "boolean": "bool",
    "array": "list",
    "object": "json",
}
_RETURNS: dict[type, Kind] = {
    str: "text",
    int: "number",
    float: "number",
    bool: "bool",
    list: "list",
    tuple: "list",
    dict: "json",
}
_SHIPPED: dict[str, Kind] = {"query_tables": "table", "calculate": "number"}
_FITS: dict[Kind, frozenset[str]] = {
    "text": frozenset({"text", "number", "any"}),
    "number": frozenset({"number", "text", "any"}),
    "table": frozenset({"table", "text", "number", "any"}),
    "bool": frozenset({"bool", "text", "any"}),
    "list": frozenset({"list", "text", "any"}),
    "json": frozenset({"json", "text", "any"}),
    "any": frozenset({"text", "number", "bool", "list", "json", "table", "any"}),
}
"""Which inputs an output fits. A text or a table serves as a number where it holds just one."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """One call of a pipeline. Ids count from 1 and are given by code."""

    id: int
    tool: str
    args: dict[str, Any]
    on_fail: OnFail = "abort"
    """What its failure does: `skip` leaves out what needs it, `abort` ends the pipeline."""

    @property
    def needs(self) -> list[int]:
        """The ids of the nodes whose results its arguments name, in order."""
        return references(self.args)

    def data(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Signature:
    """What a tool or a module takes and gives, by kinds from a small closed set."""

    name: str
    about: str
    inputs: Mapping[str, Kind]
    required: frozenset[str]
    output: Kind = "text"
    once: bool = False
    choices: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """The values that an input may have, where they are listed."""


def references(value: Any) -> list[int]:
    """Return the ids of the nodes that a value names, each once."""
    found: list[int] = []
    if isinstance(value, str):
        whole = _WHOLE.match(value)
        found = [int(whole[1])] if whole else [int(m[1]) for m in _WITHIN.finditer(value)]
    elif isinstance(value, Mapping):
        found = [number for part in value.values() for number in references(part)]
    elif isinstance(value, list | tuple):
        found = [number for part in value for number in references(part)]
    return list(dict.fromkeys(found))


def without_references(text: str) -> str:
    """Return a question in words: what it names of an earlier one is "that"."""
    return " ".join(_WITHIN.sub("那个结果" if re.search("[一-鿿]", text) else "that", text).split())


def leaks(value: Any) -> bool:
    """Return whether a value still holds a placeholder, which no tool may be sent."""
    if isinstance(value, Mapping):
        return any(leaks(part) for part in value.values())
    if isinstance(value, list | tuple):
        return any(leaks(part) for part in value)
    return isinstance(value, str) and bool(_LEAK.search(value))


def filled(value: Any, read: Callable[[int, str, bool], Any]) -> Any:
    """Return a value with its references read.

    Args:
        value: an argument.
        read: gives the result of a node from its id, a field or "", and whether the reference is
            the whole value rather than a part of a text.
    """
    if isinstance(value, Mapping):
        return {key: filled(part, read) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [filled(part, read) for part in value]
    if not isinstance(value, str):
        return value
    whole = _WHOLE.match(value)
    if whole:
        return read(int(whole[1]), whole[2] or "", True)
    return _WITHIN.sub(lambda m: str(read(int(m[1]), m[2] or "", False)), value)


# ---------------------------------------------------------------------------------- signatures


def signature_of(tool: BaseTool) -> Signature:
    """Return what a tool takes and gives; a `returns` in its metadata goes before its types."""
    function = convert_to_openai_tool(tool)["function"]
    schema = function.get("parameters", {})
    parts = schema.get("properties", {})
    data = tool.metadata or {}
    return Signature(
        name=tool.name,
        about=str(function.get("description", "")).strip().split("\n")[0][:120],
        inputs={name: kind_of(part) for name, part in parts.items()},
        required=frozenset(schema.get("required", ())),
        output=data.get("returns") or _SHIPPED.get(tool.name) or _returned(tool),
        once=data.get("effect", "once") == "once",
        choices={name: part["enum"] for name, part in parts.items() if "enum" in part},
    )


def kind_of(schema: Mapping[str, Any]) -> Kind:
    """Return the kind of a parameter from its JSON schema."""
    kind = schema.get("type")
    if isinstance(kind, str):
        return _KINDS.get(kind, "any")
    kinds = {kind_of(option) for option in schema.get("anyOf", ()) if option.get("type") != "null"}
    return kinds.pop() if len(kinds) == 1 else "any"


def _returned(tool: BaseTool) -> Kind:
    function = (tool.coroutine or tool.func) if isinstance(tool, StructuredTool) else None
    try:
        said = get_type_hints(function).get("return") if function else None
    except (NameError, TypeError):  # an annotation that cannot be read says nothing
        said = None
    origin = getattr(said, "__origin__", said)
    return _RETURNS.get(origin, "text") if isinstance(origin, type) else "text"


# ---------------------------------------------------------------------------------- the check


def problems(
    nodes: Sequence[Node],
    known: Mapping[str, Signature],
    *,
    most: int = MOST_NODES,
    approved: bool = False,
    result: Kind = "any",
) -> list[str]:
    """Return what is wrong with a pipeline, in words that a planner can use; empty when nothing.

    Args:
        nodes: the pipeline, in order.
        known: the tools and modules that there are.
        most: how many nodes it may have.
        approved: whether a person agreed to more than one node with a lasting effect.
        result: the kind that the last node must give.
    """
    if not nodes:
        return ["there are no steps"]
    found: list[str] = []
    if len(nodes) > most:
        found.append(f"there are {len(nodes)} steps; at most {most} are allowed")
    numbers = [node.id for node in nodes]
    found += [
        f"two steps have the number {n}" for n in sorted(set(numbers)) if numbers.count(n) > 1
    ]
    seen: dict[int, Kind] = {}
    for node in nodes:
        signature = known.get(node.tool)
        if signature is None:
            found.append(f"step {node.id}: there is no tool {node.tool!r}; use {', '.join(known)}")
        else:
            found += _node_problems(node, signature, seen, set(numbers))
        seen[node.id] = signature.output if signature else "any"
    once = [str(node.id) for node in nodes if node.tool in known and known[node.tool].once]
    if len(once) > 1 and not approved:
        found.append(
            f"steps {', '.join(once)} each have a lasting effect; only one such step is allowed"
        )
    last = seen[nodes[-1].id]
    if result != "any" and result not in _FITS[last]:
        found.append(f"the last step gives {last}, but {result} is asked for")
    return found


def _node_problems(
    node: Node, signature: Signature, seen: Mapping[int, Kind], numbers: set[int]
) -> list[str]:
    found = []
    for name in sorted(signature.required - node.args.keys()):
        found.append(f"step {node.id}: {node.tool} needs {name!r}")
    for name, value in node.args.items():
        if name not in signature.inputs:
            takes = ", ".join(signature.inputs) or "nothing"
            found.append(f"step {node.id}: {node.tool} has no {name!r}; it takes {takes}")
            continue
        for number in references(value):
            if number not in seen:
                where = "comes later" if number in numbers else "is not there"
                found.append(f"step {node.id}: {name!r} refers to step {number}, which {where}")
        wrong = _misfit(value, signature, name, seen)
        if wrong:
            found.append(f"step {node.id}: {wrong}")
    return found


def _misfit(value: Any, signature: Signature, name: str, seen: Mapping[int, Kind]) -> str:
    """Return in what an argument does not fit its parameter."""
    wanted = signature.inputs[name]
    whole = _WHOLE.match(value) if isinstance(value, str) else None
    if whole:
        given: Kind = "any" if whole[2] else seen.get(int(whole[1]), "any")
        fits = wanted in _FITS[given]
        return "" if fits else f"{name!r} takes {wanted}, but step {whole[1]} gives {given}"
    choices = signature.choices.get(name)
    if choices is not None and value not in choices and not references(value):
        return f"{name!r} must be one of {', '.join(map(repr, choices))}, not {value!r}"
    if wanted == "any" or _literal(value) in (wanted, "any"):
        return ""
    return f"{name!r} takes {wanted}, not {value!r}"


def _literal(value: Any) -> Kind:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    kinds: dict[type, Kind] = {str: "text", list: "list", dict: "json"}
    return kinds.get(type(value), "any")


# ---------------------------------------------------------------------------------- the order


def levels(nodes: Sequence[Node]) -> list[list[Node]]:
    """Return the nodes in levels: those of one level need only nodes of earlier ones.

    What can never run, because it needs a node that is not there, is in no level.
    """
    found: list[list[Node]] = []
    done: set[int] = set()
    left = list(nodes)
    while level := [node for node in left if set(node.needs) <= done]:
        found.append(level)
        done |= {node.id for node in level}
        left = [node for node in left if node.id not in done]
    return found


def ready(nodes: Sequence[Node], done: set[int], failed: set[int]) -> list[Node]:
    """Return the nodes that can run now, as a new list."""
    return [n for n in nodes if n.id not in done | failed and set(n.needs) <= done]


def lost(nodes: Sequence[Node], failed: set[int]) -> set[int]:
    """Return the failed nodes and all that need one of them, directly or not."""
    found = set(failed)
    for node in nodes:  # references lead back only, so one pass in order sees all
        if set(node.needs) & found:
            found.add(node.id)
    return found
