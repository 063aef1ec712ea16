"""Tools as Python functions: the line by which a model that writes code is told of one."""

import keyword
import re
import typing
from typing import Any

from langchain_core.tools import BaseTool

_TYPES = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "array": "list",
    "object": "dict",
}
_SENTENCE = re.compile(r"(?<=[.。])\s|\n")
_FROM_JSON = (int, float, bool, list, dict, tuple)


def function_name(tool: BaseTool) -> str:
    """Return the name under which a program calls a tool."""
    name = re.sub(r"\W", "_", tool.name)
    if keyword.iskeyword(name):
        return f"{name}_"
    return name if name.isidentifier() else f"_{name}"


def signature(tool: BaseTool) -> str:
    """Return a tool as a line of Python: parameters, result, the first sentence of its meaning."""
    parts = []
    for name, field in tool.args.items():
        kind = _TYPES.get(str(field.get("type")), "")
        default = f" = {field['default']!r}" if "default" in field else ""
        parts.append(f"{name}: {kind}{default}" if kind else f"{name}{default}")
    returned = _returned(tool)
    shown = "str" if returned is None else typing.get_origin(returned) or returned
    gives = getattr(shown, "__name__", "str")
    meaning = _SENTENCE.split(tool.description.strip(), maxsplit=1)[0]
    return f"{function_name(tool)}({', '.join(parts)}) -> {gives}  # {meaning}"


def gives_value(tool: BaseTool) -> bool:
    """Return whether a tool declares that it returns a value that its text holds as JSON."""
    found = _returned(tool)
    return (typing.get_origin(found) or found) in _FROM_JSON


def _returned(tool: BaseTool) -> Any:
    """Return the declared type of a tool's result, None when it is text or not declared."""
    function = getattr(tool, "func", None) or getattr(tool, "coroutine", None)
    if function is None or getattr(tool, "response_format", "content") != "content":
        return None
    try:
        found = typing.get_type_hints(function).get("return")
    except (NameError, TypeError):
        return None
    return None if found is str else found
