"""The thought graph of a search as JSON, as Mermaid, and as a tree for the terminal."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cogitate.errors import SetupError

FILE = "thoughts.json"
MOST_TEXT = 100


def as_json(data: Mapping[str, Any]) -> str:
    """Return the graph as JSON text: method, task, thoughts, counts, and the answer's thought."""
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def as_mermaid(data: Mapping[str, Any]) -> str:
    """Return the graph in the language of Mermaid, the answer's thought in bold."""
    lines = ["flowchart TD"]
    for thought in data["thoughts"]:
        label = _label(thought).replace('"', "'").replace("#", "&num;")
        lines.append(f'  {thought["id"]}["{label}"]')
    for thought in data["thoughts"]:
        lines += [
            f"  {parent} -->|{thought['op']}| {thought['id']}" for parent in thought["parents"]
        ]
    if data.get("best"):
        lines.append(f"  style {data['best']} stroke-width:4px")
    return "\n".join(lines) + "\n"


def as_tree(data: Mapping[str, Any]) -> str:
    """Return the graph as an indented tree; a thought of several parents stands once."""
    children: dict[str, list[Mapping[str, Any]]] = {}
    for thought in data["thoughts"]:
        for parent in thought["parents"][:1]:
            children.setdefault(parent, []).append(thought)
    roots = [thought for thought in data["thoughts"] if not thought["parents"]]
    counts = "".join(f", {count} {what}" for what, count in sorted(data["counts"].items()))
    lines = [f"{data['method']}: {len(data['thoughts'])} thoughts{counts}"]
    stack = [(root, "", "") for root in reversed(roots)]
    while stack:
        thought, lead, branch = stack.pop()
        mark = " *" if thought["id"] == data.get("best") else ""
        others = thought["parents"][1:]
        joined = f" (also from {', '.join(others)})" if others else ""
        lines.append(f"{lead}{branch}{_label(thought)}{joined}{mark}")
        below = children.get(thought["id"], [])
        inner = lead + {"": "", "├─ ": "│  ", "└─ ": "   "}[branch]
        marked = [(t, inner, "├─ ") for t in below[:-1]] + [(t, inner, "└─ ") for t in below[-1:]]
        stack += reversed(marked)
    return "\n".join(lines) + "\n"


def _label(thought: Mapping[str, Any]) -> str:
    """Return a thought in one line, with its score and what the check says."""
    text = " ".join(str(thought["text"]).split())
    text = text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]}..."
    score = "" if thought["score"] is None else f" [{thought['score']:.3g}]"
    checked = {True: " solved", False: " not solved", None: ""}[thought["solved"]]
    wrong = " invalid" if thought["valid"] is False and thought["solved"] is None else ""
    return f"{thought['id']} {text}{score}{checked}{wrong}"


def files_in(workspace: Path) -> Sequence[Path]:
    """Return the thought graphs that a run left, those of its tasks after its own."""
    own = [path for path in [workspace / FILE] if path.is_file()]
    return own + sorted(workspace.glob("thoughts-*.json"))


def read_file(path: Path) -> dict[str, Any]:
    """Return the graph that a file holds.

    Raises:
        SetupError: it holds none.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SetupError(f"{str(path)!r} cannot be read: {error}; run the goal again") from error
    if not isinstance(data, dict) or not isinstance(data.get("thoughts"), list):
        raise SetupError(f"{str(path)!r} holds no thoughts; run the goal again")
    return data
