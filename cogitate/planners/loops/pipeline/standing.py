"""How a pipeline stands: what its nodes gave, which failed, and what prompts show of it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from langchain_core.messages import ToolMessage

from cogitate.planners.base import Turn
from cogitate.planners.loops.pipeline.modules import MODULES, Expert
from cogitate.planners.loops.pipeline.nodes import Node, lost, ready, references
from cogitate.planners.loops.pipeline.reading import plain
from cogitate.runs.context import current
from cogitate.runs.events import Noted, TaskLine, TasksChanged, TaskStatus

TURNED_DOWN = "the plan was turned down"
"""Begins the note that a plan did not pass the check."""


@dataclass(frozen=True, kw_only=True)
class Policy:
    """How nodes are run: a setting, not another engine."""

    retries: int = 1
    parallel: int = 4
    seconds: float = 120.0
    """Most seconds of a module's model call; tools have limits of their own."""
    preview: int = 600
    """Characters of a long result that prompts show; all of it is in a file of the workspace."""
    shared: bool = False
    """Whether modules see all results so far (Chameleon's cache), or only those they name."""
    experts: Sequence[Expert] = ()
    """Models of which the planner chooses one for each module (HuggingGPT)."""


@dataclass(frozen=True)
class Standing:
    """How a pipeline stands."""

    values: dict[int, str]
    errors: dict[int, list[str]]
    failed: set[int] = field(default_factory=set)
    """What will not run any more, what needs it included."""


def standing(turn: Turn, nodes: Sequence[Node], policy: Policy) -> Standing:
    """Return how a pipeline stands, from the turn's messages alone."""
    values: dict[int, str] = {}
    errors: dict[int, list[str]] = {}
    for message in turn.messages:
        data = message.additional_kwargs.get("thinking") or {}
        values.update({int(n): text for n, text in data.get("made", {}).items()})
        for number, why in data.get("broken", {}).items():
            errors.setdefault(int(number), []).append(why)
        if isinstance(message, ToolMessage):
            number = node_of(message.tool_call_id)
            if number and message.status == "error":
                errors.setdefault(number, []).append(message.text)
            elif number:
                values[number] = message.text
    worn = {n for n, found in errors.items() if len(found) > policy.retries and n not in values}
    return Standing(values, errors, lost(nodes, worn))


def node_of(call_id: str) -> int:
    """Return the node that a call belongs to; 0 for other calls."""
    head = call_id.partition("-")[0]
    return int(head[1:]) if head[:1] == "n" and head[1:].isdigit() else 0


def asked_of(node: Node) -> list[str]:
    """Return the texts and numbers that a node was given, without references."""
    return [str(value) for value in node.args.values() if not references(value)]


def facts(nodes: Sequence[Node], found: Standing, policy: Policy) -> str:
    """Return what nodes gave, a line each, with what was asked of them."""
    lines = []
    for node in nodes:
        if node.id in found.values:
            args = ", ".join(f"{k}={v}" for k, v in node.args.items())
            asked = args.partition("=")[2] if node.tool in MODULES else f"{node.tool}({args})"
            lines.append(f"{asked} = {plain(preview(found.values[node.id], policy))}")
    return "\n".join(lines)


def preview(text: str, policy: Policy) -> str:
    """Return a result as prompts show it; a long one is kept whole in a file of the workspace."""
    if len(text) <= policy.preview:
        return text
    context = current()
    name = f"result-{uuid.uuid5(uuid.NAMESPACE_OID, text).hex[:8]}.txt"
    path = context.workspace / name
    if not path.exists():
        path.write_text(text, encoding="utf-8")
        context.artefacts.append(str(path))
    return f"{text[: policy.preview]} (… all of it is in {name})"


def show(nodes: Sequence[Node], found: Standing) -> None:
    """Show the nodes as they stand."""
    running = {node.id for node in ready(nodes, set(found.values), found.failed)}
    lines = []
    for node in nodes:
        status: TaskStatus = "done" if node.id in found.values else "queued"
        if node.id in found.failed:
            status = "dropped" if node.id not in found.errors else "failed"
        elif node.id in running:
            status = "running"
        name = f"{node.tool}({', '.join(f'{k}={v}' for k, v in node.args.items())})"
        after = [f"step-{number}" for number in node.needs]
        lines.append(
            TaskLine(
                id=f"step-{node.id}", name=name[:200], status=status, tool=node.tool, after=after
            )
        )
    current().emit(TasksChanged(tasks=tuple(lines)))


def failures(nodes: Sequence[Node], found: Standing) -> str:
    """Return which nodes failed and why, in a line."""
    shown = [
        f"step {node.id} ({node.tool}): {' '.join(found.errors[node.id][-1].split())[:160]}"
        for node in nodes
        if node.id in found.failed and node.id in found.errors
    ]
    return "; ".join(shown)


def noted(text: str) -> None:
    """Put a repair or a fallback into the trace."""
    current().emit(Noted(text=text))
