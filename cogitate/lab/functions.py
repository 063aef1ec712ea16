"""The tools of a BFCL case as LangChain tools that take their call and do nothing.

Names lose their dots, which model servers do not allow; the right calls are renamed likewise.
"""

from collections.abc import Mapping
from typing import Any

from langchain_core.tools import BaseTool, StructuredTool

DONE = "Done."
"""What every such tool answers: the calls are scored, not what they would do."""


def plain_name(name: str) -> str:
    """Return a function's name without dots."""
    return name.replace(".", "_")


def renamed(data: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return a case's tools and its right calls, with names that servers allow."""
    tools = [
        {**tool, "function": {**tool["function"], "name": plain_name(tool["function"]["name"])}}
        for tool in data["tools"]
    ]
    wanted = [
        {plain_name(name): args for name, args in call.items()} for call in data["ground_truth"]
    ]
    return tools, wanted


def recording_tools(data: Mapping[str, Any]) -> list[BaseTool]:
    """Return the case's tools; calling one has no effect, so it may be called at any time."""
    return [_tool(tool["function"]) for tool in renamed(data)[0]]


def _tool(function: Mapping[str, Any]) -> BaseTool:
    def done(**_: Any) -> str:
        return DONE

    made = StructuredTool.from_function(
        func=done,
        name=function["name"],
        description=function.get("description") or function["name"],
        args_schema={"title": function["name"], **function["parameters"]},
        infer_schema=False,
    )
    made.metadata = {"effect": "read", "permission": "auto", "timeout": 10}
    return made
