"""What stands in a text where a tool is to be called: short names, and the tools behind them.

A mark has one text: an expression, words to look for, a program. So a tool fits when it has one
required parameter, and that a text.
"""

from collections.abc import Sequence

from langchain_core.messages import AIMessage
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from cogitate.planners.ways.saying import call

SHORT = {
    "calc": ("calculate",),
    "code": ("python",),
    "find": ("search_files", "retrieve", "search", "web_search", "recall"),
}
"""Short names, and the tools that they stand for, the first that is there."""
MEANT = {"calc": "a sum", "code": "a program", "find": "words to look for"}
LONGEST_RESULT = 400
"""Characters of a result that is written into a text."""
MOST_MARKS = 8


def marks_of(tools: Sequence[BaseTool]) -> dict[str, tuple[str, str]]:
    """Return the marks that can be used: the name of each, its tool and that tool's parameter."""
    fitting = {tool.name: one for tool in tools if (one := _only_text(tool))}
    found: dict[str, tuple[str, str]] = {}
    for mark, names in SHORT.items():
        name = next((name for name in names if name in fitting), None)
        if name is not None:
            found[mark] = (name, fitting[name])
    behind = {name for names in SHORT.values() for name in names}
    own = [name for name in fitting if name not in behind | {"read_file", "fetch_page"}]
    for name in own[: MOST_MARKS - len(found)]:
        found[name] = (name, fitting[name])
    return found


def _only_text(tool: BaseTool) -> str | None:
    """Return the one required parameter of a tool, if it is a text."""
    shown = convert_to_openai_tool(tool)["function"].get("parameters", {})
    required = shown.get("required", [])
    if len(required) != 1:
        return None
    name = str(required[0])
    return name if shown["properties"][name].get("type") == "string" else None


def listed(marks: dict[str, tuple[str, str]], tools: Sequence[BaseTool]) -> str:
    """Return the marks with what each is for."""
    about = {tool.name: tool.description.strip().split("\n")[0][:80] for tool in tools}
    return "; ".join(
        f"{mark} ({MEANT.get(mark) or about[name]})" for mark, (name, _) in marks.items()
    )


def calling(mark: str, text: str, marks: dict[str, tuple[str, str]]) -> AIMessage:
    """Return the call that a mark stands for."""
    name, parameter = marks[mark]
    return call(name, **{parameter: text.strip()})


def shortened(text: str) -> str:
    """Return a result in one line, as it is written into a text."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_RESULT else line[: LONGEST_RESULT - 4] + " ..."
